# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/vpci/vpci.o core/vpci/vpci_header.o core/vpci/vpci_msi.o \
         core/vpci/vpci_msix.o
