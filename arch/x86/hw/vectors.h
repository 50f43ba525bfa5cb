/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Use of the 256 interrupt vectors.  Exceptions as in SDM, "Exception and
 * Interrupt Reference"; the rest is the hypervisor's choice: devices in the
 * middle, what comes from the local APIC on top, where its priority is
 * highest.
 */
#ifndef ARCH_X86_HW_VECTORS_H
#define ARCH_X86_HW_VECTORS_H

#define VECTOR_DE 0
#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_BP 3
#define VECTOR_OF 4
#define VECTOR_BR 5
#define VECTOR_UD 6
#define VECTOR_NM 7
#define VECTOR_DF 8
#define VECTOR_TS 10
#define VECTOR_NP 11
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_MF 16
#define VECTOR_AC 17
#define VECTOR_MC 18
#define VECTOR_XM 19
#define VECTOR_VE 20
#define VECTOR_CP 21
#define VECTOR_HV 28
#define VECTOR_VC 29
#define VECTOR_SX 30
#define VECTOR_EXCEPTIONS 32

/* Exceptions that push an error code. */
#define VECTOR_ERROR_CODE_MASK                                               \
    ((1 << VECTOR_DF) | (1 << VECTOR_TS) | (1 << VECTOR_NP) |                \
     (1 << VECTOR_SS) | (1 << VECTOR_GP) | (1 << VECTOR_PF) |                \
     (1 << VECTOR_AC) | (1 << VECTOR_CP) | (1 << VECTOR_VC) |                \
     (1 << VECTOR_SX))

/* The 8259s, masked, are parked here: what still comes is spurious. */
#define VECTOR_8259_BASE 0x20
#define VECTOR_8259_LAST 0x2f

/* Free for devices. */
#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST 0xdf

/* The local APIC's own. */
#define VECTOR_LAPIC_FIRST 0xf0
#define VECTOR_PERF 0xf9
#define VECTOR_THERMAL 0xfa
#define VECTOR_CMCI 0xfb
#define VECTOR_KICK 0xfc
#define VECTOR_TIMER 0xfd
#define VECTOR_ERROR 0xfe
#define VECTOR_SPURIOUS 0xff
#define VECTOR_COUNT 256

#endif /* ARCH_X86_HW_VECTORS_H */
