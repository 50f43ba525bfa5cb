# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/lib/bitmap.o core/lib/crc32.o core/lib/decompress.o \
         core/lib/decompress_libc.o core/lib/elf_parse.o \
         core/lib/heap.o core/lib/kernel_image.o \
         core/lib/printf_core.o core/lib/rangeset.o \
         core/lib/rbtree.o core/lib/snprintf.o core/lib/sort.o \
         core/lib/str.o core/lib/string.o
hot-y += core/lib/rbtree.o

CFLAGS-core/lib := -Wconversion -Wsign-compare

# The memory functions must not be recognised as calls to themselves.
CFLAGS-core/lib/string.o := -fno-builtin
ifeq ($(is-clang),)
CFLAGS-core/lib/string.o += -fno-tree-loop-distribute-patterns
endif

CFLAGS-core/lib/decompress_libc.o := -fno-builtin

# The distribution's decompressors, as one object.
DECOMPRESS_LIBS := $(foreach l,lzma zstd z lz4,$(firstword $(wildcard \
    /usr/lib/x86_64-linux-gnu/lib$(l).a /usr/lib64/lib$(l).a) lib$(l).a))
DECOMPRESS_FUNCS := lzma_stream_header_decode lzma_block_header_decode \
    lzma_block_buffer_decode ZSTD_decompress ZSTD_isError \
    inflateInit2_ inflate LZ4_decompress_safe
libs-y += $(OBJ)/core/lib/decompress_libs.o

$(OBJ)/core/lib/decompress_libs.o: core/lib/decompress.ld $(DECOMPRESS_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LD) -r -T $< $(DECOMPRESS_FUNCS:%=-u %) -o $@ $(DECOMPRESS_LIBS)
	$(Q)$(OBJCOPY) $(addprefix --keep-global-symbol=,$(DECOMPRESS_FUNCS) \
	    decompress_ctors decompress_ctors_end) $@
