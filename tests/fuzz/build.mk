# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing on the host. Every tests/fuzz/fuzz_<name>.c defines
# LLVMFuzzerTestOneInput(), so that libFuzzer can drive it as well, and names
# its sources on a line "Links: ..." like the unit tests. `make fuzz` runs
# each for FUZZ_SECONDS with our own driver, or N inputs of it; FUZZ=<name>
# picks one. `make fuzz-dom0` runs those of the control domain;
# `make test-fuzz` runs all, a short time each.
FUZZ ?=
FUZZ_SECONDS ?= 10
FUZZ_SEED ?= 1
N ?=

fuzz-tests := $(patsubst tests/fuzz/fuzz_%.c,%,\
    $(sort $(wildcard tests/fuzz/fuzz_*.c)))

fuzz-links := $(shell awk '/^ \* Links:/ { \
    n = FILENAME; sub(/.*fuzz_/, "", n); sub(/\.c$$/, "", n); \
    for (i = 3; i <= NF; i++) print n "=" $$i }' \
    tests/fuzz/fuzz_*.c /dev/null)

fuzz-objs-of = $(addprefix $(UNIT_BUILD)/obj/,$(patsubst %.c,%.o,\
    $(sort $(foreach l,$(patsubst $(1)=%,%,$(filter $(1)=%,$(fuzz-links))),\
        $(if $(filter core,$(l)),$(unit-core),$(l))))))

define fuzz-rule
$(BUILD)/fuzz/fuzz_$(1): $(UNIT_BUILD)/obj/tests/fuzz/fuzz_$(1).o \
    $(UNIT_BUILD)/obj/tests/fuzz/driver.o $(call fuzz-objs-of,$(1))
	$$(call say,HOSTLD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$(HOSTCC) $(UNIT_CFLAGS) $(UNIT_LDFLAGS) -o $$@ $$^

.PHONY: fuzz-$(1)
fuzz-$(1): $(BUILD)/fuzz/fuzz_$(1)
	$$(Q)$$< $(FUZZ_SECONDS) $(FUZZ_SEED) $$(N)

fuzz: $(if $(if $(FUZZ),$(findstring $(FUZZ),$(1)),all),fuzz-$(1))
endef
$(foreach t,$(fuzz-tests),$(eval $(call fuzz-rule,$(t))))

.PHONY: fuzz-dom0 test-fuzz
fuzz-dom0: N := $(or $(N),10000000)
fuzz-dom0: fuzz-vblk fuzz-vnet fuzz-vcon fuzz-config fuzz-xs
test-fuzz: N := 4000
test-fuzz: $(addprefix fuzz-,$(fuzz-tests))

-include $(wildcard $(UNIT_BUILD)/obj/tests/fuzz/*.d)
