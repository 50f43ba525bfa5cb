# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/pci/pci_cfg.o drivers/pci/pci_scan.o drivers/pci/pci_bar.o \
         drivers/pci/pci_cap.o drivers/pci/msi.o
