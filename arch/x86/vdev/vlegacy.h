/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of the PC in a PVH guest: an interval timer that is not there
 * but says so quickly, and, for the domain that drives the machine, the real
 * CMOS clock.
 */
#ifndef ARCH_X86_VDEV_VLEGACY_H
#define ARCH_X86_VDEV_VLEGACY_H

struct domain;

void vlegacy_init(struct domain *d);

#endif /* ARCH_X86_VDEV_VLEGACY_H */
