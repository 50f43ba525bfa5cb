# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/irq/irq.o drivers/irq/ioapic.o drivers/irq/i8259.o
