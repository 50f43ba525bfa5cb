# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/console/printk.o core/console/console.o \
         core/console/console_in.o core/console/con_ring.o
