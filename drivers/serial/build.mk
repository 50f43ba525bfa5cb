# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/serial/uart16550.o drivers/serial/uart_parse.o
