/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments of 32-bit guests: conversion both ways, arrays, single members,
 * frame numbers in place; and that a 64-bit guest's pass as they are.
 *
 * Links: core/hypercall/layout.c
 */
#include "unit.h"

#include <core/abi/grant_table.h>
#include <core/abi/memory.h>
#include <core/abi/vcpu.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>

#include <string.h>

/* The guest's memory; addresses are offsets. */
static uint8_t memory[512];
static bool is_64bit;

bool guest_is_64bit(void)
{
    return is_64bit;
}

int guest_copy_from(void *dst, gva_t src, size_t bytes)
{
    if (src > sizeof(memory) || bytes > sizeof(memory) - src) {
        return -EFAULT;
    }
    memcpy(dst, memory + src, bytes);
    return 0;
}

int guest_copy_to(gva_t dst, const void *src, size_t bytes)
{
    if (dst > sizeof(memory) || bytes > sizeof(memory) - dst) {
        return -EFAULT;
    }
    memcpy(memory + dst, src, bytes);
    return 0;
}

static void start(bool wide)
{
    is_64bit = wide;
    for (unsigned int i = 0; i < sizeof(memory); i++) {
        memory[i] = (uint8_t)(0x80 | i);
    }
}

TEST(numbers_grow_by_zeros)
{
    struct xen_add_to_physmap op;

    start(false);
    CHECK_EQ(layout_size(xen_add_to_physmap), 16);
    CHECK_EQ(layout_read(xen_add_to_physmap, &op, 0, 1), 0);
    CHECK_EQ(op.domid, 0x8180);
    CHECK_EQ(op.size, 0x8382);
    CHECK_EQ(op.space, 0x87868584);
    CHECK_EQ(op.idx, 0x8b8a8988);
    CHECK_EQ(op.gpfn, 0x8f8e8d8c);
    CHECK_EQ(layout_read(xen_add_to_physmap, &op, sizeof(memory) - 16, 1), 0);
    CHECK_EQ(layout_read(xen_add_to_physmap, &op, sizeof(memory) - 15, 1),
             -EFAULT);
}

TEST(arrays_and_members)
{
    struct gnttab_copy op[3];

    start(false);
    memory[2 * 24] = 7;
    CHECK_EQ(layout_read(gnttab_copy, op, 0, 3), 0);
    CHECK_EQ(op[2].source.u.ref, 0xb3b2b107);
    CHECK_EQ(op[2].dest.offset, 0xbfbe);
    op[2].status = -5;
    CHECK_EQ(layout_write_field(gnttab_copy, 48, &op[2], status), 0);
    CHECK_EQ(memory[48 + 20], 0xfb);
    CHECK_EQ(memory[48 + 21], 0xff);
    CHECK_EQ(memory[48 + 22], 0x80 | (48 + 22));
}

TEST(results_lose_their_upper_halves)
{
    struct vcpu_runstate_info rs = { .state = 2, .state_entry_time = 1 };
    struct multicall_entry e = { .op = 3, .result = (unsigned long)-22 };

    start(false);
    rs.time[3] = 0x1122334455667788;
    CHECK_EQ(layout_write(vcpu_runstate_info, 0, &rs, 1), 0);
    CHECK_EQ(memory[4], 1);
    CHECK_EQ(memory[36], 0x88);
    CHECK_EQ(memory[43], 0x11);
    CHECK_EQ(memory[44], 0x80 | 44);
    e.args[5] = 0xaabbccdd12345678;
    CHECK_EQ(layout_write(multicall_entry, 64, &e, 1), 0);
    CHECK_EQ(memory[68], 0xea);
    CHECK_EQ(memory[71], 0xff);
    CHECK_EQ(memory[92], 0x78);
    CHECK_EQ(memory[95], 0x12);
    CHECK_EQ(memory[96], (uint8_t)(0x80 | 96));
}

TEST(frames)
{
    uint64_t gfn[3];

    start(false);
    CHECK_EQ(layout_read_frames(gfn, 0, 1, 3), 0);
    CHECK_EQ(gfn[0], 0x87868584);
    CHECK_EQ(gfn[2], 0x8f8e8d8c);
    CHECK_EQ(layout_write_frame(0, 2, 0x1234567890), 0);
    CHECK_EQ(memory[8], 0x90);
    CHECK_EQ(memory[12], 0x8c);
    CHECK_EQ(layout_read_frames(gfn, sizeof(memory) - 8, 0, 3), -EFAULT);
}

TEST(a_64_bit_guest_is_not_converted)
{
    struct xen_add_to_physmap op;
    uint64_t gfn[2];

    start(true);
    CHECK_EQ(layout_size(xen_add_to_physmap), sizeof(op));
    CHECK_EQ(layout_read(xen_add_to_physmap, &op, 0, 1), 0);
    CHECK_EQ(op.gpfn, 0x9796959493929190);
    op.space = 5;
    CHECK_EQ(layout_write_field(xen_add_to_physmap, 0, &op, space), 0);
    CHECK_EQ(memory[4], 5);
    CHECK_EQ(layout_read_frames(gfn, 0, 1, 2), 0);
    CHECK_EQ(gfn[1], 0x9796959493929190);
    CHECK_EQ(layout_write_frame(0, 1, 1), 0);
    CHECK_EQ(memory[15], 0);
}
