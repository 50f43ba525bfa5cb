# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/evtchn/evtchn.o
obj-y += core/evtchn/evtchn_2l.o
obj-y += core/evtchn/evtchn_bind.o
obj-y += core/evtchn/evtchn_fifo.o
obj-y += core/evtchn/evtchn_op.o
obj-y += core/evtchn/evtchn_send.o
hot-y += $(addprefix core/evtchn/,evtchn.o evtchn_2l.o evtchn_fifo.o evtchn_send.o evtchn_op.o)
