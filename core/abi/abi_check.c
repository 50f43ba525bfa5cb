/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compile-time proof that the installed public headers describe the ABI that
 * Debian's kernel and toolstack were measured to use: every size and offset
 * the hypervisor relies on. No code, no locking; chapter: Xen public headers
 * 4.17, x86-64.
 */
#include <core/abi/cpuid.h>
#include <core/abi/dm_op.h>
#include <core/abi/domctl.h>
#include <core/abi/elfnote.h>
#include <core/abi/event_channel.h>
#include <core/abi/grant_table.h>
#include <core/abi/hvm.h>
#include <core/abi/hvm_save.h>
#include <core/abi/memory.h>
#include <core/abi/physdev.h>
#include <core/abi/platform.h>
#include <core/abi/sched.h>
#include <core/abi/start_info.h>
#include <core/abi/sysctl.h>
#include <core/abi/vcpu.h>
#include <core/abi/version.h>
#include <core/abi/xen.h>

#define SIZE(type, bytes) \
    _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define OFFSET(type, field, bytes) \
    _Static_assert(offsetof(type, field) == (bytes), \
                   "offset of " #field " in " #type)
#define VALUE(constant, number) \
    _Static_assert((constant) == (number), "value of " #constant)

/* Control interfaces: versions, envelopes, payloads. */
VALUE(XEN_DOMCTL_INTERFACE_VERSION, 0x15);
VALUE(XEN_SYSCTL_INTERFACE_VERSION, 0x15);
VALUE(XENPF_INTERFACE_VERSION, 0x03000001);
SIZE(struct xen_domctl, 144);
OFFSET(struct xen_domctl, u, 16);
SIZE(struct xen_sysctl, 136);
OFFSET(struct xen_sysctl, u, 8);
SIZE(struct xen_platform_op, 136);
OFFSET(struct xen_platform_op, u, 8);
SIZE(struct xen_domctl_createdomain, 64);
SIZE(struct xen_domctl_getdomaininfo, 112);
SIZE(struct xen_sysctl_physinfo, 112);
SIZE(xen_cpuid_leaf_t, 24);
VALUE(XEN_DOMCTL_CDF_hvm, 1);
VALUE(XEN_DOMCTL_CDF_hap, 2);
VALUE(XEN_X86_EMU_LAPIC, 1);
VALUE(XEN_DOMINF_shutdownshift, 16);
VALUE(XEN_DOMINF_hap, 0x100);

/* Calls. */
SIZE(struct multicall_entry, 64);
OFFSET(struct multicall_entry, result, 8);
OFFSET(struct multicall_entry, args, 16);
VALUE(__HYPERVISOR_memory_op, 12);
VALUE(__HYPERVISOR_event_channel_op, 32);
VALUE(__HYPERVISOR_domctl, 36);
SIZE(struct xen_add_to_physmap, 24);
SIZE(struct xen_add_to_physmap_batch, 32);
SIZE(struct xen_mem_acquire_resource, 32);
SIZE(struct xen_memory_reservation, 32);
SIZE(struct xen_hvm_param, 16);
SIZE(struct evtchn_bind_interdomain, 12);
SIZE(struct evtchn_init_control, 24);
SIZE(struct xen_hvm_evtchn_upcall_vector, 8);

/* PVH start of day. */
VALUE(XEN_ELFNOTE_PHYS32_ENTRY, 18);
VALUE(XEN_HVM_START_MAGIC_VALUE, 0x336ec578);
SIZE(struct hvm_start_info, 56);
OFFSET(struct hvm_start_info, modlist_paddr, 16);
OFFSET(struct hvm_start_info, cmdline_paddr, 24);
OFFSET(struct hvm_start_info, rsdp_paddr, 32);
OFFSET(struct hvm_start_info, memmap_paddr, 40);
OFFSET(struct hvm_start_info, memmap_entries, 48);
SIZE(struct hvm_modlist_entry, 32);
SIZE(struct hvm_memmap_table_entry, 24);

/* Shared memory. */
SIZE(struct shared_info, 3136);
OFFSET(struct shared_info, evtchn_pending, 2048);
OFFSET(struct shared_info, evtchn_mask, 2560);
OFFSET(struct shared_info, wc_version, 3072);
OFFSET(struct shared_info, wc_sec_hi, 3084);
OFFSET(struct shared_info, arch, 3088);
VALUE(XEN_LEGACY_MAX_VCPUS, 32);
SIZE(struct vcpu_info, 64);
OFFSET(struct vcpu_info, evtchn_upcall_mask, 1);
OFFSET(struct vcpu_info, evtchn_pending_sel, 8);
OFFSET(struct vcpu_info, arch.cr2, 16);
OFFSET(struct vcpu_info, time, 32);
SIZE(struct vcpu_time_info, 32);
OFFSET(struct vcpu_time_info, tsc_timestamp, 8);
OFFSET(struct vcpu_time_info, system_time, 16);
OFFSET(struct vcpu_time_info, tsc_to_system_mul, 24);
OFFSET(struct vcpu_time_info, tsc_shift, 28);
OFFSET(struct vcpu_time_info, flags, 29);
SIZE(struct vcpu_runstate_info, 48);
OFFSET(struct vcpu_runstate_info, state_entry_time, 8);
OFFSET(struct vcpu_runstate_info, time, 16);
SIZE(struct vcpu_set_singleshot_timer, 16);
SIZE(struct evtchn_fifo_control_block, 72);
OFFSET(struct evtchn_fifo_control_block, head, 8);
VALUE(EVTCHN_FIFO_PENDING, 31);
VALUE(EVTCHN_FIFO_MASKED, 30);
VALUE(EVTCHN_FIFO_LINKED, 29);
VALUE(EVTCHN_FIFO_BUSY, 28);
VALUE(EVTCHN_FIFO_LINK_BITS, 17);
SIZE(struct grant_entry_v1, 8);
SIZE(union grant_entry_v2, 16);
SIZE(struct gnttab_map_grant_ref, 32);
SIZE(struct gnttab_unmap_grant_ref, 24);
SIZE(struct gnttab_copy, 40);

/* State of an HVM domain. */
VALUE(HVM_FILE_MAGIC, 0x54381286);
VALUE(HVM_FILE_VERSION, 1);
SIZE(struct hvm_save_descriptor, 8);
SIZE(struct hvm_hw_cpu, 1032);
SIZE(struct hvm_hw_mtrr, 240);
SIZE(struct hvm_hw_lapic, 24);
SIZE(struct hvm_hw_lapic_regs, 1024);

/* Guest handles are one 64-bit guest-virtual pointer. */
SIZE(XEN_GUEST_HANDLE(void), 8);
SIZE(XEN_GUEST_HANDLE_64(uint8), 8);
