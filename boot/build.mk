# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += boot/mb2_header.o boot/entry32.o boot/entry64.o \
         boot/ap_trampoline.o boot/boot_main.o boot/boot_info.o \
         boot/boot_memory.o boot/boot_steps.o boot/boot_time.o boot/boot_devices.o boot/mb2_parse.o boot/boot_dom0.o boot/boot_hvm.o
