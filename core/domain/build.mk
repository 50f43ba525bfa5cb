# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/domain/access.o core/domain/audit.o core/domain/domain.o \
         core/domain/domain_create.o core/domain/domain_destroy.o core/domain/domain_keys.o \
         core/domain/domain_pages.o core/domain/domid.o \
         core/domain/physmap.o core/domain/vcpu.o \
         core/domain/vcpu_info.o core/domain/vcpu_pause.o \
         core/domain/vcpu_runstate.o core/domain/vcpu_timer.o \
         core/domain/wallclock.o core/domain/watchdog.o
obj-y += core/domain/e820.o core/domain/io_caps.o core/domain/pirq.o \
         core/domain/pod.o
hot-y += core/domain/vcpu.o core/domain/vcpu_info.o core/domain/vcpu_timer.o core/domain/vcpu_runstate.o
