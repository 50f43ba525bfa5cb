/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI as a 32-bit x86 guest lays it out: the structures that
 * differ from the 64-bit ones, named compat_<structure>.  Pointers, handles,
 * frame numbers and longs have 4 bytes, 64-bit numbers begin at multiples
 * of 4.  A handle is a plain address here.
 */
#ifndef CORE_ABI_COMPAT_H
#define CORE_ABI_COMPAT_H

#include <core/abi/xen.h>

typedef uint64_t __attribute__((aligned(4))) compat_u64;
typedef uint32_t compat_handle;
typedef uint32_t compat_pfn;

struct compat_multicall_entry {
    uint32_t op;
    int32_t result;
    uint32_t args[6];
};

struct compat_xen_platform_parameters {
    uint32_t virt_start;
};

struct compat_xen_memory_reservation {
    compat_handle extent_start;
    uint32_t nr_extents;
    uint32_t extent_order;
    uint32_t mem_flags;
    domid_t domid;
};

struct compat_xen_add_to_physmap {
    domid_t domid;
    uint16_t size;
    uint32_t space;
    uint32_t idx;
    compat_pfn gpfn;
};

struct compat_xen_add_to_physmap_batch {
    domid_t domid;
    uint16_t space;
    uint16_t size;
    uint16_t u;
    compat_handle idxs;
    compat_handle gpfns;
    compat_handle errs;
};

struct compat_xen_remove_from_physmap {
    domid_t domid;
    compat_pfn gpfn;
};

struct compat_xen_memory_map {
    uint32_t nr_entries;
    compat_handle buffer;
};

struct compat_gnttab_setup_table {
    domid_t dom;
    uint32_t nr_frames;
    int16_t status;
    compat_handle frame_list;
};

struct compat_gnttab_copy {
    struct {
        uint32_t u;
        domid_t domid;
        uint16_t offset;
    } source, dest;
    uint16_t len;
    uint16_t flags;
    int16_t status;
};

struct compat_sched_poll {
    compat_handle ports;
    uint32_t nr_ports;
    compat_u64 timeout;
};

struct compat_vcpu_runstate_info {
    int32_t state;
    compat_u64 state_entry_time;
    compat_u64 time[4];
};

struct compat_vcpu_set_singleshot_timer {
    compat_u64 timeout_abs_ns;
    uint32_t flags;
};

/* shared_info up to where the wall clock ends; vcpu_info is as large. */
struct compat_shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    uint32_t evtchn_pending[32];
    uint32_t evtchn_mask[32];
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t arch_other[6];
    uint32_t wc_sec_hi;
};

#endif
