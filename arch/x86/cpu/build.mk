# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += arch/x86/cpu/bounded.o arch/x86/cpu/early_console.o \
         arch/x86/cpu/entry.o arch/x86/cpu/extable.o arch/x86/cpu/fpu.o \
         arch/x86/cpu/gdt.o arch/x86/cpu/identify.o arch/x86/cpu/idt.o \
         arch/x86/cpu/ipi.o arch/x86/cpu/lapic.o \
         arch/x86/cpu/lapic_timer.o arch/x86/cpu/mce.o arch/x86/cpu/nmi.o \
         arch/x86/cpu/percpu.o arch/x86/cpu/smp_boot.o \
         arch/x86/cpu/spec_ctrl.o arch/x86/cpu/stack.o \
         arch/x86/cpu/topology.o \
         arch/x86/cpu/traps.o arch/x86/cpu/tsc.o
hot-y += arch/x86/cpu/fpu.o
