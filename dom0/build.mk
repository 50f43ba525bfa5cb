# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control domain, build/dom0.elf: a PVH guest of its own, linked with
# core/lib compiled once more for it, and nothing else of the hypervisor.
DOM0_OBJ := $(BUILD)/dom0obj
DOM0_CPPFLAGS := -I$(ROOT) -DDEBUG=$(DEBUG)
DOM0_CFLAGS := $(filter-out -mcmodel=kernel,$(CFLAGS)) -mcmodel=small \
    -Wsign-compare -Wconversion

dom0-src := $(wildcard dom0/*.c dom0/*/*.c) dom0/rt/start.S
dom0-lib := $(addprefix core/lib/,bitmap.c crc32.c decompress.c decompress_libc.c \
    elf_parse.c heap.c kernel_image.c printf_core.c snprintf.c sort.c str.c \
    string.c) arch/x86/asm/mem.S
dom0-objs := $(patsubst %,$(DOM0_OBJ)/%.o,\
    $(basename $(dom0-src) $(dom0-lib)))

all: $(BUILD)/dom0.elf

DOM0-CFLAGS-core/lib/string := -fno-builtin \
    $(if $(is-clang),,-fno-tree-loop-distribute-patterns)
DOM0-CFLAGS-core/lib/decompress_libc := -fno-builtin

$(DOM0_OBJ)/%.o: %.c $(BUILD)/flags dom0/build.mk
	$(call say,CC,$< for dom0)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DOM0_CPPFLAGS) $(DOM0_CFLAGS) $(DOM0-CFLAGS-$*) -MMD -MP \
	    -c -o $@ $<

$(DOM0_OBJ)/%.o: %.S $(BUILD)/flags dom0/build.mk
	$(call say,AS,$< for dom0)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DOM0_CPPFLAGS) $(filter-out -g,$(DOM0_CFLAGS)) $(ASFLAGS) \
	    -MMD -MP -c -o $@ $<

$(BUILD)/dom0.debug: $(dom0-objs) $(OBJ)/core/lib/decompress_libs.o \
    dom0/dom0.ld
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T dom0/dom0.ld -o $@ $(filter %.o,$^)

# Without what only a debugger reads: half a module, and a third of the boot.
$(BUILD)/dom0.elf: $(BUILD)/dom0.debug
	$(call say,STRIP,$@)
	$(Q)$(OBJCOPY) --strip-all $< $@

# The control domain in emulators, with small guests and with Linux.
.PHONY: test-dom0
test-dom0: $(BUILD)/hospes $(BUILD)/dom0.elf guest
	$(Q)sh dom0/guest/build.sh
	$(Q)$(PYTEST_JOBS) tests/dom0

-include $(dom0-objs:.o=.d)
