# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += arch/x86/mm/directmap.o arch/x86/mm/ioremap.o \
         arch/x86/mm/memtype.o arch/x86/mm/pgtable.o \
         arch/x86/mm/pgtable_audit.o arch/x86/mm/tlb.o
