# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/hypercall/dispatch.o core/hypercall/multicall.o \
         core/hypercall/sched_op.o core/hypercall/vcpu_op.o
