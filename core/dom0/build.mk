# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/dom0/dom0_mem.o core/dom0/dom0_memmap.o core/dom0/dom0_ram.o \
         core/dom0/dom0_kernel.o core/dom0/dom0_elf.o \
         core/dom0/decompress.o core/dom0/decompress_libc.o \
         core/dom0/dom0_acpi.o core/dom0/dom0_start_info.o \
         core/dom0/dom0_io.o core/dom0/dom0_pci.o core/dom0/dom0_keys.o \
         core/dom0/dom0_build.o

CFLAGS-core/dom0/decompress_libc.o := -fno-builtin

# The distribution's decompressors, as one object.
DECOMPRESS_LIBS := $(foreach l,lzma zstd z lz4,$(firstword $(wildcard \
    /usr/lib/x86_64-linux-gnu/lib$(l).a /usr/lib64/lib$(l).a) lib$(l).a))
DECOMPRESS_FUNCS := lzma_stream_header_decode lzma_block_header_decode \
    lzma_block_buffer_decode ZSTD_decompress ZSTD_isError \
    inflateInit2_ inflate LZ4_decompress_safe
libs-y += $(OBJ)/core/dom0/decompress_libs.o

$(OBJ)/core/dom0/decompress_libs.o: core/dom0/decompress.ld $(DECOMPRESS_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LD) -r -T $< $(DECOMPRESS_FUNCS:%=-u %) -o $@ $(DECOMPRESS_LIBS)
	$(Q)$(OBJCOPY) $(addprefix --keep-global-symbol=,$(DECOMPRESS_FUNCS) \
	    decompress_ctors decompress_ctors_end) $@
