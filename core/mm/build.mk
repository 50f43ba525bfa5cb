# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/mm/page_alloc.o core/mm/page_ref.o core/mm/boot_alloc.o \
         core/mm/slab.o core/mm/mm_dump.o core/mm/page_find.o
hot-y += $(addprefix core/mm/,page_ref.o)
