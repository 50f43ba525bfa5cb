# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += arch/x86/asm/mem.o
