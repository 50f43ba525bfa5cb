# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix core/sched/,cpupool.o sched.o sched_arinc653.o \
             sched_bvt.o sched_check.o sched_cpu.o sched_credit.o sched_credit2.o \
             sched_eevdf.o sched_gang.o sched_gang_pool.o sched_group.o \
             sched_guard.o sched_null.o sched_pact.o sched_place.o sched_pool.o \
             sched_rr.o sched_rtds.o sched_switch.o sched_table.o \
             sched_tableau.o sched_trace.o sched_vcpu.o)
hot-y += $(addprefix core/sched/,sched.o sched_switch.o sched_vcpu.o sched_rr.o)
hot-y += $(addprefix core/sched/,sched_credit.o sched_credit2.o sched_group.o sched_place.o)
