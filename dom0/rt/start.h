/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What start.S and C share: selectors and the vectors that have an entry.
 */
#ifndef DOM0_RT_START_H
#define DOM0_RT_START_H

#define START_CS 0x08
#define START_DS 0x10

/* Exceptions, the event channel upcall and messages of devices. */
#define START_VECTORS 64
#define START_VECTOR_UPCALL 0x30
#define START_VECTOR_MSI 0x31

/* Exceptions for which the processor pushes an error code: 8, 10-14, 17, 21,
 * 29, 30. */
#define START_ERROR_CODES 0x60227d00

#endif
