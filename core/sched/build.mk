# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/sched/cpupool.o core/sched/sched.o core/sched/sched_null.o \
         core/sched/sched_place.o core/sched/sched_rr.o \
         core/sched/sched_switch.o core/sched/sched_vcpu.o
hot-y += $(addprefix core/sched/,sched.o sched_switch.o sched_vcpu.o sched_rr.o)
