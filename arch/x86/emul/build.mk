# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += arch/x86/emul/decode.o arch/x86/emul/emul.o \
         arch/x86/emul/exec_alu.o arch/x86/emul/exec_mov.o \
         arch/x86/emul/exec_string.o
hot-y += arch/x86/emul/emul.o arch/x86/emul/exec_mov.o

CFLAGS-arch/x86/emul := -Wconversion -Wsign-compare
