# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += boot/mb2_header.o boot/entry32.o boot/entry64.o boot/boot_main.o
