# SPDX-License-Identifier: GPL-2.0-or-later
# The test guest: one PVH ELF with all tests, and the benchmark guest.
# Included by the top Makefile; also works alone from the root:
#   make -f tests/guest/build.mk guest

GUEST_CC ?= gcc
GUEST_DIR := build/guest
GUEST_CFLAGS := -std=gnu17 -O2 -g -ffreestanding -mgeneral-regs-only \
    -mno-red-zone -mcmodel=small -fno-pic -fno-stack-protector \
    -fcf-protection=none -fno-strict-aliasing -fno-asynchronous-unwind-tables \
    -Wall -Wextra -Werror -Wshadow -Wundef -Wvla -Wstrict-prototypes \
    -Wmissing-prototypes -Wimplicit-fallthrough -I. \
    -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00041100
GUEST_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none \
    -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
    -T tests/guest/lib/guest.ld

GUEST_LIB_SRC := $(wildcard tests/guest/lib/*.c tests/guest/lib/*.S)
GUEST_TEST_SRC := $(wildcard tests/guest/*/test*.c)
GUEST_BENCH_SRC := $(wildcard tests/bench/guest/*.c tests/bench/guest/*.S)

guest_objs = $(patsubst %,$(GUEST_DIR)/%.o,$(basename $(1)))
GUEST_LIB_OBJ := $(call guest_objs,$(GUEST_LIB_SRC))
GUEST_TEST_OBJ := $(call guest_objs,$(filter-out tests/guest/lib/%,\
    $(GUEST_TEST_SRC)))
GUEST_BENCH_OBJ := $(call guest_objs,$(GUEST_BENCH_SRC))

.PHONY: guest
guest: $(GUEST_DIR)/guest.elf $(GUEST_DIR)/bench.elf

$(GUEST_DIR)/guest.elf: $(GUEST_LIB_OBJ) $(GUEST_TEST_OBJ) \
    tests/guest/lib/guest.ld
	$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^)

$(GUEST_DIR)/bench.elf: $(GUEST_LIB_OBJ) $(GUEST_BENCH_OBJ) \
    tests/guest/lib/guest.ld
	$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^)

$(GUEST_DIR)/%.o: %.c
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_DIR)/%.o: %.S
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_CFLAGS) -c -o $@ $<

-include $(GUEST_LIB_OBJ:.o=.d) $(GUEST_TEST_OBJ:.o=.d) \
    $(GUEST_BENCH_OBJ:.o=.d)

# BED is qemu or bochs, as for `make run`, or names from test_guest.py, or all.
guest-beds-qemu := hospes-qemu hospes-noxsave hospes-smp hospes-cores hospes-amdvi \
    hospes-vtd hospes-broken
guest-beds-bochs := hospes-bochs hospes-bochs-noapicv hospes-bochs-haswell \
    hospes-bochs-tigerlake hospes-bochs-amd hospes-bochs-cores
# What takes long begins first.
guest-beds-all := $(guest-beds-bochs) $(guest-beds-qemu)
guest-beds = $(foreach b,$(if $(filter file,$(origin BED)),all,$(BED)),$(or \
    $(guest-beds-$(b)),$(b)))

# The hypervisor with the policies of sched_broken/ besides its own.
ifneq ($(BUILD),)
BROKEN_OBJ := $(OBJ)/tests/guest/sched_broken
BROKEN_DEF := core/sched/sched_policies.def
$(BUILD)/broken/$(BROKEN_DEF): $(BROKEN_DEF) \
    tests/guest/sched_broken/policies.c
	@mkdir -p $(@D)
	$(Q){ cat $<; sed -n 's/^BROKEN(\([a-z_]*\),.*/SCHED_POLICY(\1)/p' \
	    tests/guest/sched_broken/policies.c; } >$@

# The folder that comes first has the longer table.
$(BROKEN_OBJ)/sched_table.o: core/sched/sched_table.c $(BUILD)/flags \
    $(BUILD)/broken/$(BROKEN_DEF)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(BUILD)/broken $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/broken/hospes: $(BROKEN_OBJ)/sched_table.o $(BROKEN_OBJ)/policies.o \
    $(BUILD)/hospes
	@mkdir -p $(@D)
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@.pass1 $(wordlist 1,2,$^) \
	    $(filter-out %/sched_table.o,$(objs)) $(libs-y)
	$(Q)$(NM) -n $@.pass1 | $(PYTHON) tools/gen_symbols.py >$@.S
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -g,$(CFLAGS)) $(ASFLAGS) -c \
	    -o $@.o $@.S
	$(Q)$(LD) $(LDFLAGS) -T linker.ld -o $@ $(wordlist 1,2,$^) \
	    $(filter-out %/sched_table.o,$(objs)) $@.o $(libs-y)
	$(Q)$(OBJCOPY) --strip-all $@
endif

.PHONY: test-guest
test-guest: guest $(if $(BUILD),$(BUILD)/hospes $(BUILD)/broken/hospes)
	/usr/bin/python3 -m pytest -n $(or $(JOBS),1) --dist loadgroup -q \
	    tests/guest \
	    $(foreach b,$(guest-beds),--bed $(b))

# The control domain of `lab run --on`, docs/lab.md.
GUEST_LOAD_OBJ := $(call guest_objs,$(wildcard lab/guest/*.c))
$(GUEST_DIR)/load.elf: $(GUEST_LIB_OBJ) $(GUEST_LOAD_OBJ) \
    tests/guest/lib/guest.ld
	$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ $(filter %.o,$^)

$(GUEST_DIR)/lab/guest/worker.o: GUEST_CFLAGS += -fpic -fno-jump-tables \
    -fno-builtin
-include $(GUEST_LOAD_OBJ:.o=.d)
