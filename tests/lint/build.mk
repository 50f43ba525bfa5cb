# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make lint`: the rules of docs/style.md and docs/architecture.md that a
# script can see. `make tidy`: clang-tidy over the hypervisor's sources, or
# over those that FILES names. `make size`: code lines against the budgets.
# `make format FILES=...`: rewrite files in clang-format's taste.
.PHONY: lint tidy size format

lint:
	$(Q)$(PYTHON) tests/lint/run.py

size:
	$(Q)$(PYTHON) tests/lint/sizes.py --budget

tidy-flags = $(CPPFLAGS) $(CFLAGS-core/kernel/version.o) $(filter-out -Werror -fno-jump-tables \
    -Wno-packed-not-aligned,$(CFLAGS)) --target=x86_64-linux-gnu \
    -Wno-gnu-designator -Wno-unknown-warning-option

tidy: $(GEN)/asm_offsets.h
	$(Q)$(PYTHON) tests/lint/tidy.py \
	    $(or $(FILES),$(wildcard $(patsubst %.o,%.c,$(sort $(obj-y))))) \
	    -- $(tidy-flags)

format:
	$(Q)clang-format -i $(FILES)
