# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += drivers/timer/pit.o drivers/timer/pmtimer.o drivers/timer/hpet.o \
         drivers/timer/rtc.o drivers/timer/reference.o
