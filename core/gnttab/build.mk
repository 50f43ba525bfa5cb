# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += core/gnttab/gnttab.o
obj-y += core/gnttab/gnttab_copy.o
obj-y += core/gnttab/gnttab_entry.o
obj-y += core/gnttab/gnttab_map.o
obj-y += core/gnttab/gnttab_pin.o
obj-y += core/gnttab/maptrack.o
