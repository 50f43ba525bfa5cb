# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/sync/spinlock.o core/sync/lock_check.o \
         core/sync/quiescent.o
