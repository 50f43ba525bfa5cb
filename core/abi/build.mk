# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/abi/abi_check.o
