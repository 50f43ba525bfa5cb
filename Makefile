# SPDX-License-Identifier: GPL-2.0-or-later
#
# One make for the whole tree. Every folder has a build.mk which appends to
# the lists below, with paths from the root:
#   obj-y         objects of the hypervisor
#   libs-y        static libraries, or objects made elsewhere, to link
#   lib-syms-y    functions of libs-y which the hypervisor calls
#   CFLAGS-<dir>  extra compiler flags for one folder, e.g. CFLAGS-arch/x86/mm
#   hot-y         those of obj-y that lie on the path of every exit
#   CFLAGS-<obj>  extra compiler flags for one object, e.g. CFLAGS-boot/a.o
# Nothing is written outside build/.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:

ROOT  := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD := build
OBJ   := $(BUILD)/obj
GEN   := $(BUILD)/generated

DEBUG ?= 0
V     ?= 0
CC    := gcc
LD    := ld
NM    := nm
OBJCOPY := objcopy
PYTHON  := /usr/bin/python3
HOSTCC  := gcc

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)')

is-clang := $(findstring clang,$(CC))

CPPFLAGS := -I$(ROOT) -I$(BUILD) -DHOSPES -DDEBUG=$(DEBUG)
CFLAGS := -std=gnu17 -O2 -g -ffreestanding -fno-pie -mgeneral-regs-only \
          -mno-red-zone -mcmodel=kernel -fno-strict-aliasing \
          -fno-omit-frame-pointer -fno-optimize-sibling-calls \
          -fno-asynchronous-unwind-tables -fno-common -fwrapv \
          -fno-delete-null-pointer-checks \
          -fstack-protector-strong -fcf-protection=none \
          -ffunction-sections -fdata-sections \
          -Werror -Wall -Wextra -Wshadow -Wundef -Wvla -Wstrict-prototypes \
          -Wmissing-prototypes -Wimplicit-fallthrough -Wno-unused-parameter \
          -Wno-sign-compare -Wpointer-arith -Wwrite-strings
ifneq ($(is-clang),)
CFLAGS += --target=x86_64-linux-gnu -Wthread-safety \
          -Wno-address-of-packed-member -Wno-gnu-designator
else
CFLAGS += -Wno-packed-not-aligned -Wno-address-of-packed-member
endif
# On the path of every exit a frame each is not worth a line in a backtrace.
HOT_CFLAGS := -fomit-frame-pointer -foptimize-sibling-calls
ASFLAGS := -g -Wa,--noexecstack
LDFLAGS := -m elf_x86_64 -nostdlib -static -z max-page-size=4096 \
           -z noexecstack --no-warn-rwx-segments --build-id=none --gc-sections

obj-y :=
hot-y :=
libs-y :=
lib-syms-y :=

all: $(BUILD)/hospes

include $(sort $(wildcard boot/build.mk core/*/build.mk arch/x86/*/build.mk \
                          drivers/*/build.mk drivers/*/*/build.mk))
-include $(wildcard tests/unit/build.mk tests/fuzz/build.mk \
                    tests/lint/build.mk tests/boot/build.mk \
                    tests/guest/build.mk tests/bench/build.mk \
                    boot/image/build.mk dom0/build.mk lab/build.mk \
                    tools/build.mk)

objs := $(sort $(addprefix $(OBJ)/,$(obj-y)))

# --- compile ----------------------------------------------------------------

# Flags are part of what an object depends on.
flags-now := $(CC) $(CPPFLAGS) $(CFLAGS) $(ASFLAGS) $(LDFLAGS)
$(shell mkdir -p $(OBJ) $(GEN); \
    [ "$$(cat $(BUILD)/flags 2>/dev/null)" = '$(flags-now)' ] || \
    printf '%s\n' '$(flags-now)' >$(BUILD)/flags)

obj-flags = $(CFLAGS-$(patsubst %/,%,$(dir $(1)))) $(CFLAGS-$(1)) \
    $(if $(filter $(1),$(hot-y)),$(HOT_CFLAGS))

$(OBJ)/%.o: %.c $(BUILD)/flags $(GEN)/asm_offsets.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(call obj-flags,$*.o) -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.S $(BUILD)/flags $(GEN)/asm_offsets.h
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -g,$(CFLAGS)) $(ASFLAGS) -MMD -MP \
	    -c -o $@ $<

# Structure offsets for assembly: the C file emits ".ascii" lines which sed
# turns into #defines.
$(GEN)/asm_offsets.h: arch/x86/asm/asm_offsets.c $(BUILD)/flags
	$(call say,GEN,$@)
	@mkdir -p $(@D) $(OBJ)/arch/x86/asm
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -g,$(CFLAGS)) -MMD -MP -MT $@ \
	    -MF $(OBJ)/arch/x86/asm/asm_offsets.d -S \
	    -o $(OBJ)/arch/x86/asm/asm_offsets.s $<
	$(Q){ echo '/* Generated from asm_offsets.c. */'; \
	    sed -n 's/^.*@@\([A-Z0-9_]*\) \$$\{0,1\}\([-0-9]*\)@@.*$$/#define \1 \2/p' \
	    $(OBJ)/arch/x86/asm/asm_offsets.s; } >$@

# --- link -------------------------------------------------------------------

# First without symbols, to learn the addresses; then with them. The table
# lies behind all text, so it moves no function.
$(OBJ)/hospes.pass1: $(objs) $(libs-y) linker.ld $(BUILD)/flags
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(objs) $(libs-y)

$(GEN)/symbols.S: $(OBJ)/hospes.pass1 tools/gen_symbols.py
	$(call say,GEN,$@)
	$(Q)$(NM) -n $< | $(PYTHON) tools/gen_symbols.py >$@

$(OBJ)/symbols.o: $(GEN)/symbols.S
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -g,$(CFLAGS)) $(ASFLAGS) -c -o $@ $<

$(BUILD)/hospes.debug: $(OBJ)/hospes.pass1 $(OBJ)/symbols.o
	$(call say,LD,$@)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(objs) $(OBJ)/symbols.o $(libs-y)

# GRUB loads every section it finds, so what is booted has none but its own.
$(BUILD)/hospes: $(BUILD)/hospes.debug
	$(call say,STRIP,$@)
	$(Q)$(OBJCOPY) --strip-all $< $@
	$(Q)chmod 755 $@

# --- the rest ---------------------------------------------------------------

# The targets below get their work from the build.mk files of tests/, boot/image
# and tools/ as prerequisites; those without any say so by doing nothing.
.PHONY: all run run-uefi run-bochs test test-unit test-guest iso bench lint \
        tidy docs size fuzz clean

clean:
	rm -rf $(BUILD)

-include $(objs:.o=.d) $(OBJ)/arch/x86/asm/asm_offsets.d
