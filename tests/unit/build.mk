# SPDX-License-Identifier: GPL-2.0-or-later
#
# Host tests. Every tests/unit/test_<name>.c becomes build/unit/test_<name>,
# linked with unit.c and the sources that its line "Links: ..." names (paths
# from the root; "fake" stands for tests/unit/fake_arch.c, "core" for it and
# the layers 0 to 2 of core, "policies" for the scheduling policies). `make test-unit`
# runs all, `make test-unit UNIT=heap` those whose name contains heap.
UNIT ?=
UNIT_BUILD := $(BUILD)/unit
UNIT_CFLAGS := -std=gnu17 -g -O1 -I$(ROOT) -I$(BUILD) -DDEBUG=1 -DUNIT_TEST=1 \
    -Wall -Wextra -Werror -Wshadow -Wno-unused-parameter -Wno-sign-compare \
    -Wno-missing-field-initializers -fno-strict-aliasing -fwrapv \
    -fno-builtin-printf -ffunction-sections -fdata-sections \
    -fsanitize=address,undefined -fno-sanitize=alignment \
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer
UNIT_LDFLAGS := -Wl,--gc-sections

unit-tests := $(patsubst tests/unit/test_%.c,%,$(sort $(wildcard tests/unit/test_*.c)))

# All of the core below domains, but for what fake_arch.c stands in for.
unit-core := tests/unit/fake_arch.c \
    $(addprefix core/kernel/,cpu.c panic.c shutdown.c smp_call.c softirq.c \
        symbols.c time.c time_scale.c timer.c) \
    $(wildcard core/sync/*.c core/mm/*.c core/console/*.c) \
    $(addprefix core/lib/,bitmap.c printf_core.c str.c rangeset.c rbtree.c \
        heap.c sort.c crc32.c)

unit-policies := core/sched/sched_table.c core/sched/sched_place.c \
    core/sched/sched_group.c core/lib/rbtree.c core/lib/bitmap.c \
    core/lib/string.c $(shell sed -n \
    's|^SCHED_POLICY(\(.*\))|core/sched/sched_\1.c|p' \
    core/sched/sched_policies.def)

# name=links pairs, one shell for all.
unit-links := $(shell awk '/^ \* Links:/ { \
    n = FILENAME; sub(/.*test_/, "", n); sub(/\.c$$/, "", n); \
    for (i = 3; i <= NF; i++) print n "=" $$i }' \
    tests/unit/test_*.c /dev/null)

unit-objs-of = $(addprefix $(UNIT_BUILD)/obj/,$(patsubst %.c,%.o,\
    $(patsubst fake,tests/unit/fake_arch.c,\
    $(sort $(foreach l,$(patsubst $(1)=%,%,$(filter $(1)=%,$(unit-links))),\
        $(if $(filter core,$(l)),$(unit-core),\
        $(if $(filter policies,$(l)),$(unit-policies),$(l))))))))

# Libraries of the build machine that a line "Libs: -l..." names.
unit-libs := $(shell awk '/^ \* Libs:/ { \
    n = FILENAME; sub(/.*test_/, "", n); sub(/\.c$$/, "", n); \
    for (i = 3; i <= NF; i++) print n "=" $$i }' \
    tests/unit/test_*.c /dev/null)

define unit-rule
$(UNIT_BUILD)/test_$(1): $(UNIT_BUILD)/obj/tests/unit/test_$(1).o \
    $(UNIT_BUILD)/obj/tests/unit/unit.o $(call unit-objs-of,$(1))
	$$(call say,HOSTLD,$$@)
	$$(Q)$(HOSTCC) $(UNIT_CFLAGS) $(UNIT_LDFLAGS) -o $$@ $$^ \
	    $(patsubst $(1)=%,%,$(filter $(1)=%,$(unit-libs)))
endef
$(foreach t,$(unit-tests),$(eval $(call unit-rule,$(t))))

$(UNIT_BUILD)/obj/%.o: %.c tests/unit/build.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: test-unit
test-unit: $(foreach t,$(unit-tests),$(if $(if $(UNIT),$(findstring \
    $(UNIT),$(t)),all),$(UNIT_BUILD)/test_$(t)))
	$(Q)$(PYTHON) tests/unit/run.py $^

# A million random operations for each scheduling policy, and as many for
# all together; SCHED_POLICY=rr only for that one, =all only those together.
.PHONY: test-sched-long
test-sched-long: $(UNIT_BUILD)/test_sched_pool
	$(Q)SCHED_OPS=1000000 $<

-include $(wildcard $(UNIT_BUILD)/obj/tests/unit/*.d \
    $(UNIT_BUILD)/obj/*/*/*.d $(UNIT_BUILD)/obj/*/*/*/*.d)
