# SPDX-License-Identifier: GPL-2.0-or-later
#
# The scheduling laboratory: build/lab/sim, a program of the build machine,
# build/lab/sim-check, the same with invariants, sanitizers and the checks of
# debug builds, and build/lab/sim-count, which counts the scheduler's steps.
# `make lab` builds, `make test-lab` tests.
LAB_BUILD := $(BUILD)/lab
LAB_SRC := $(wildcard lab/*.c core/sched/*.c) \
    $(addprefix core/lib/,bitmap.c heap.c sort.c rbtree.c) core/sync/spinlock.c
LAB_CFLAGS := -std=gnu17 -g -I$(ROOT) -I$(BUILD) -Wall -Wextra -Werror \
    -Wshadow -Wno-unused-parameter -Wno-sign-compare \
    -Wno-missing-field-initializers -fno-strict-aliasing -fwrapv \
    -fno-builtin-printf -ffunction-sections -fdata-sections \
    -DVCPU_RUNSTATE_HOOK
LAB_FAST := -O2 -flto=auto -DDEBUG=0
LAB_CHECK := -O1 -DDEBUG=1 -DLOCK_CHECK=0 -fsanitize=address,undefined \
    -fno-sanitize=alignment -fno-sanitize-recover=undefined
# Steps of core/ are counted, and the same on each machine: no -flto.
LAB_COUNT := -O1 -DDEBUG=0
LAB_LDFLAGS := -Wl,--gc-sections -lm

$(LAB_BUILD)/fast/%.o: %.c lab/build.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_FAST) -MMD -MP -c -o $@ $<

$(LAB_BUILD)/check/%.o: %.c lab/build.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_CHECK) -MMD -MP -c -o $@ $<

$(LAB_BUILD)/count/%.o: %.c lab/build.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_COUNT) \
	    $(if $(filter core/%,$<),-fsanitize-coverage=trace-pc) -MMD -MP \
	    -c -o $@ $<

$(LAB_BUILD)/sim: $(LAB_SRC:%.c=$(LAB_BUILD)/fast/%.o)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_FAST) -o $@ $^ $(LAB_LDFLAGS)

$(LAB_BUILD)/sim-check: $(LAB_SRC:%.c=$(LAB_BUILD)/check/%.o)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_CHECK) -o $@ $^ $(LAB_LDFLAGS)

$(LAB_BUILD)/sim-count: $(LAB_SRC:%.c=$(LAB_BUILD)/count/%.o)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_COUNT) -o $@ $^ $(LAB_LDFLAGS)

# Policies that break their promises, tests/guest/sched_broken.
LAB_BROKEN := $(LAB_BUILD)/check/broken
$(LAB_BROKEN)/sched_table.o: core/sched/sched_table.c lab/build.mk \
    $(BUILD)/broken/core/sched/sched_policies.def
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -I$(BUILD)/broken $(LAB_CFLAGS) $(LAB_CHECK) -c -o $@ $<

$(LAB_BUILD)/sim-broken: $(LAB_BROKEN)/sched_table.o \
    $(LAB_BUILD)/check/tests/guest/sched_broken/policies.o \
    $(filter-out %/sched_table.o,$(LAB_SRC:%.c=$(LAB_BUILD)/check/%.o))
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(LAB_CFLAGS) $(LAB_CHECK) -o $@ $^ $(LAB_LDFLAGS)

# LAB_LONG=1 is the long form.
.PHONY: lab lab-check test-lab
lab: $(LAB_BUILD)/sim $(LAB_BUILD)/sim-count
# For experiments with `check = true`.
lab-check: $(LAB_BUILD)/sim-check
# And what `lab run --on` boots.
.PHONY: lab-on
lab-on: lab $(BUILD)/hospes build/guest/load.elf
test-lab: lab-on build/guest/guest.elf $(LAB_BUILD)/sim-check \
    $(LAB_BUILD)/sim-broken
	$(Q)LAB_LONG=$(LAB_LONG) $(PYTHON) -m pytest -p no:cacheprovider -q \
	    tests/lab

-include $(wildcard $(LAB_BUILD)/*/*/*.d $(LAB_BUILD)/*/*/*/*.d)
