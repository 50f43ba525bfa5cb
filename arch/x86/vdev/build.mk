# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/vdev/,vioapic.o vlapic.o vlegacy.o vlapic_ipi.o \
           vlapic_regs.o vlapic_save.o vlapic_timer.o)
hot-y += $(addprefix arch/x86/vdev/,vlapic.o vlapic_ipi.o vlapic_regs.o vioapic.o)
