# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark: `make bench`, `make bench BED=bochs`. The guest itself is
# built by tests/guest/build.mk.

$(GUEST_DIR)/probe.elf: tests/bench/guest/probe/probe.S \
    tests/bench/guest/probe/probe.ld
	@mkdir -p $(@D)
	$(GUEST_CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none \
	    -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -Wa,--noexecstack \
	    -T tests/bench/guest/probe/probe.ld -o $@ $<

.PHONY: bench
bench: guest $(GUEST_DIR)/probe.elf \
    $(if $(BUILD),$(BUILD)/hospes $(BUILD)/dom0.elf)
	/usr/bin/python3 tests/bench/bench.py --bed $(or $(BED),qemu)
