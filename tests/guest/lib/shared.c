/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start_info, shared_info and the paravirtual clock.
 * The clock is read as the public header says: again while version is odd
 * or has changed.
 */
#include <tests/guest/lib/shared.h>

#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

struct hvm_start_info shared_start_info;
char shared_cmdline[SHARED_CMDLINE_MAX];
volatile struct shared_info *shared_info;

#define XEN_CPUID_LEAF(n) (0x40000000u + (n))

static volatile struct vcpu_info *shared_vcpu_infos[GUEST_MAX_CPUS];

void shared_copy_start_info(uint32_t paddr)
{
    const char *cmdline;

    memcpy(&shared_start_info, (void *)(uint64_t)paddr,
           sizeof(shared_start_info));
    cmdline = (const char *)shared_start_info.cmdline_paddr;
    if (cmdline) {
        for (size_t i = 0; i + 1 < sizeof(shared_cmdline) && cmdline[i];
             i++) {
            shared_cmdline[i] = cmdline[i];
        }
    }
}

void shared_map(void)
{
    void *page = mm_alloc(1);
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_shared_info,
        .gpfn = mm_gfn(page),
    };

    if (memory_op(XENMEM_add_to_physmap, &xatp)) {
        test_abort("shared_info does not map");
    }
    shared_info = page;
    for (unsigned int i = 0; i < GUEST_MAX_CPUS; i++) {
        shared_vcpu_infos[i] = &shared_info->vcpu_info[i];
    }
}

volatile struct vcpu_info *shared_vcpu_info(unsigned int vcpu)
{
    return shared_vcpu_infos[vcpu];
}

void shared_set_vcpu_info(unsigned int vcpu, volatile struct vcpu_info *vi)
{
    shared_vcpu_infos[vcpu] = vi;
}

uint16_t shared_domid(void)
{
    return (uint16_t)cpuid(XEN_CPUID_LEAF(4), 0).ecx;
}

static uint64_t scale(uint64_t delta, uint32_t mul, int8_t shift)
{
    if (shift < 0) {
        delta >>= -shift;
    } else {
        delta <<= shift;
    }
    return (uint64_t)(((unsigned __int128)delta * mul) >> 32);
}

uint64_t shared_now_ns(void)
{
    const volatile struct vcpu_time_info *t =
        &shared_vcpu_info(this_cpu()->id)->time;
    uint32_t version;
    uint64_t now;

    do {
        version = t->version;
        barrier();
        now = t->system_time + scale(rdtsc() - t->tsc_timestamp,
                                     t->tsc_to_system_mul, t->tsc_shift);
        barrier();
    } while ((version & 1) || version != t->version);
    return now;
}

uint64_t shared_ns_to_tsc(uint64_t ns)
{
    const volatile struct vcpu_time_info *t =
        &shared_vcpu_info(this_cpu()->id)->time;
    uint64_t ticks = ns << 32;
    uint64_t high = ns >> 32;

    /* (ns << 32) / mul; the compiler would call a library for it. */
    asm("divq %2" : "+a"(ticks), "+d"(high)
        : "r"((uint64_t)t->tsc_to_system_mul));
    return t->tsc_shift < 0 ? ticks << -t->tsc_shift : ticks >> t->tsc_shift;
}

void shared_delay_ns(uint64_t ns)
{
    const uint64_t end = shared_now_ns() + ns;

    while (shared_now_ns() < end) {
        cpu_relax();
    }
}
