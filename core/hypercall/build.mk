# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/hypercall/dispatch.o core/hypercall/layout.o \
         core/hypercall/multicall.o \
         core/hypercall/sched_op.o core/hypercall/vcpu_op.o
obj-y += core/hypercall/console_io.o core/hypercall/event_channel_op.o \
         core/hypercall/grant_table_op.o core/hypercall/hvm_op.o \
         core/hypercall/hvm_params.o core/hypercall/memory_map.o \
         core/hypercall/memory_op.o core/hypercall/memory_reservation.o \
         core/hypercall/physdev_op.o core/hypercall/platform_op.o \
         core/hypercall/xen_version.o
obj-y += core/hypercall/domctl.o core/hypercall/domctl_domain.o \
         core/hypercall/domctl_io.o core/hypercall/domctl_mem.o \
         core/hypercall/domctl_context.o core/hypercall/domctl_policy.o \
         core/hypercall/domctl_shadow.o \
         core/hypercall/domctl_vcpu.o core/hypercall/guest_bitmap.o \
         core/hypercall/sysctl.o core/hypercall/sysctl_info.o \
         core/hypercall/sysctl_sched.o
hot-y += $(addprefix core/hypercall/,dispatch.o xen_version.o event_channel_op.o \
           sched_op.o)
