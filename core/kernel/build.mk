# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/kernel/cpu.o core/kernel/softirq.o core/kernel/smp_call.o \
         core/kernel/timer.o core/kernel/time.o core/kernel/time_scale.o \
         core/kernel/panic.o core/kernel/symbols.o core/kernel/shutdown.o \
         core/kernel/keyhandler.o core/kernel/version.o \
         core/kernel/param.o core/kernel/param_parse.o
hot-y += core/kernel/softirq.o core/kernel/timer.o

# Of the last commit, so that the same tree always builds the same bytes.
version-commit := $(shell git -C $(ROOT) rev-parse --short HEAD 2>/dev/null || \
                          echo unknown)
version-date := $(shell git -C $(ROOT) log -1 --format=%cI 2>/dev/null || \
                        echo unknown)
CFLAGS-core/kernel/version.o := -DVERSION_COMMIT='"$(version-commit)"' \
                                -DVERSION_DATE='"$(version-date)"'
$(OBJ)/core/kernel/version.o: $(wildcard $(ROOT)/.git/logs/HEAD)
