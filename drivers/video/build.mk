# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/video/vga_text.o drivers/video/efifb.o drivers/video/font.o
