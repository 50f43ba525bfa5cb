# SPDX-License-Identifier: GPL-2.0-or-later
TRACE ?= 1
obj-y += core/trace/counter.o \
         core/trace/$(if $(filter 1,$(TRACE)),trace.o,trace_off.o)
