# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/lib/bitmap.o core/lib/crc32.o core/lib/elf_parse.o \
         core/lib/heap.o core/lib/printf_core.o core/lib/rangeset.o \
         core/lib/rbtree.o core/lib/snprintf.o core/lib/sort.o \
         core/lib/str.o core/lib/string.o

CFLAGS-core/lib := -Wconversion -Wsign-compare

# The memory functions must not be recognised as calls to themselves.
CFLAGS-core/lib/string.o := -fno-builtin
ifeq ($(is-clang),)
CFLAGS-core/lib/string.o += -fno-tree-loop-distribute-patterns
endif
