# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += arch/x86/cpu/early_console.o arch/x86/cpu/percpu.o
