# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/dom0/dom0_mem.o core/dom0/dom0_memmap.o core/dom0/dom0_ram.o \
         core/dom0/dom0_elf.o \
         core/dom0/dom0_acpi.o core/dom0/dom0_start_info.o \
         core/dom0/dom0_io.o core/dom0/dom0_pci.o core/dom0/dom0_keys.o \
         core/dom0/dom0_build.o core/dom0/dom0_restart.o
