/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls in the 32-bit convention, made from compatibility mode: the
 * registers, and each structure that a 32-bit guest lays out differently.
 * Public headers "arch-x86/xen-x86_32.h", "xen.h", "memory.h",
 * "grant_table.h", "sched.h", "vcpu.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/trap.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/grant_table.h>
#include <xen/hvm/params.h>

#define MS       1000000ull
#define FREE_GFN 0x340000u
#define REF      24u

typedef uint64_t __attribute__((aligned(4))) u64;

struct args {
    uint32_t nr;
    uint32_t arg[6];
};

/*
 * call32(args): through the 32-bit code segment that call() puts into the
 * GDT.  What 32-bit code cannot see of the registers may get lost there.
 */
asm(".pushsection .text\n"
    "call32:\n"
    "    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "    mov 0(%rdi), %eax\n"
    "    mov 4(%rdi), %ebx\n"
    "    mov 8(%rdi), %ecx\n"
    "    mov 12(%rdi), %edx\n"
    "    mov 16(%rdi), %esi\n"
    "    mov 24(%rdi), %ebp\n"
    "    mov 20(%rdi), %edi\n"
    "    pushq $0x38\n"
    "    pushq $1f\n"
    "    lretq\n"
    ".code32\n"
    "1:  cmpb $0, hypercall_is_vmmcall\n"
    "    je 2f\n"
    "    vmmcall\n"
    "    jmp 3f\n"
    "2:  vmcall\n"
    "3:  ljmp $0x08, $4f\n"
    ".code64\n"
    "4:  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "    ret\n"
    ".popsection\n");
int32_t call32(const struct args *a);

static int32_t call(uint32_t nr, uint32_t a1, const volatile void *a2,
                    uint32_t a3)
{
    const struct args a = { nr, { a1, (uint32_t)(uintptr_t)a2, a3 } };

    this_cpu()->gdt[7] = 0x00cf9b000000ffffull;
    return call32(&a);
}

static uint32_t narrow(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

static void versions(void)
{
    static uint32_t word[2] = { 0, 0x5a5a5a5a };
    static char text[17];

    check_eq("version", call(__HYPERVISOR_xen_version, XENVER_version, NULL,
                             0), 0x40011);
    check_eq("platform parameters",
             call(__HYPERVISOR_xen_version, XENVER_platform_parameters, word,
                  0), 0);
    check_eq("have four bytes", word[1], 0x5a5a5a5a);
    check_eq("extra version", call(__HYPERVISOR_xen_version,
                                   XENVER_extraversion, text, 0), 0);
    check_eq("an address of the window is none",
             call(__HYPERVISOR_xen_version, XENVER_extraversion,
                  (void *)0xfffff000, 0), -XEN_EFAULT);
}

static struct {
    uint32_t extents, nr, order, flags;
    domid_t domid;
} reservation;

static int32_t reserve(uint32_t op, const uint32_t *list, uint32_t nr)
{
    reservation.extents = narrow(list);
    reservation.nr = nr;
    reservation.domid = DOMID_SELF;
    return call(__HYPERVISOR_memory_op, op, &reservation, 0);
}

static void memory(void)
{
    static uint32_t list[200];
    volatile uint32_t *const page = mm_alloc(200);
    static domid_t self = DOMID_SELF;
    int32_t before;

    for (unsigned int i = 0; i < 200; i++) {
        list[i] = (uint32_t)mm_gfn((void *)(uintptr_t)page) + i;
    }
    before = call(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self,
                  0);
    check_eq("decrease of 200", reserve(XENMEM_decrease_reservation, list,
                                        200), 200);
    check_eq("as many fewer",
             before - call(__HYPERVISOR_memory_op,
                           XENMEM_current_reservation, &self, 0), 200);
    check_eq("populate of 200", reserve(XENMEM_populate_physmap, list, 200),
             200);
    page[199 * 1024] = 0x1234;
    check_eq("the last is RAM", page[199 * 1024], 0x1234);
}

static void physmap(void)
{
    static struct {
        domid_t domid;
        uint16_t size;
        uint32_t space, idx, gpfn;
    } add = { DOMID_SELF, 0, XENMAPSPACE_grant_table, 0, FREE_GFN };
    static struct {
        domid_t domid;
        uint32_t gpfn;
    } drop = { DOMID_SELF, FREE_GFN };
    static struct {
        domid_t domid;
        uint16_t space, size, u;
        uint32_t idxs, gpfns, errs;
    } batch = { DOMID_SELF, XENMAPSPACE_grant_table, 2, 0, 0, 0, 0 };
    static uint32_t idxs[2] = { 0, 1u << 20 };
    static uint32_t gfns[2] = { FREE_GFN, FREE_GFN + 1 };
    static int errs[2] = { 1, 1 };

    check_eq("add_to_physmap", call(__HYPERVISOR_memory_op,
                                    XENMEM_add_to_physmap, &add, 0), 0);
    check_eq("remove_from_physmap", call(__HYPERVISOR_memory_op,
                                         XENMEM_remove_from_physmap, &drop,
                                         0), 0);
    batch.idxs = narrow(idxs);
    batch.gpfns = narrow(gfns);
    batch.errs = narrow(errs);
    check_eq("add_to_physmap_batch",
             call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch,
                  &batch, 0), 0);
    check_eq("first", errs[0], 0);
    check_eq("second", errs[1], -XEN_EINVAL);
}

static void memory_map(void)
{
    static struct {
        uint32_t nr, buffer;
    } map = { 1, 0 };
    static struct __attribute__((packed)) {
        u64 addr, size;
        uint32_t type;
    } entry[2];

    map.buffer = narrow(entry);
    check_eq("memory_map", call(__HYPERVISOR_memory_op, XENMEM_memory_map,
                                &map, 0), 0);
    check_eq("one entry", map.nr, 1);
    CHECK("of what is at 0", entry[0].addr == 0 && entry[0].size > 0 &&
                                 entry[0].type != 0 && entry[1].type == 0);
}

/* Frame 0 of the grant table is at FREE_GFN since physmap(). */
static void grants(void)
{
    static struct {
        domid_t dom;
        uint32_t nr;
        int16_t status;
        uint32_t list;
    } setup = { DOMID_SELF, 1, 1, 0 };
    static struct {
        struct {
            uint32_t u;
            domid_t domid;
            uint16_t offset;
        } source, dest;
        uint16_t len, flags;
        int16_t status;
    } copy[2];
    static uint32_t frames[2] = { 0, 0x5a5a5a5a };
    volatile struct grant_entry_v1 *const table =
        mm_map(MM_WINDOW + 0x30000, (uint64_t)FREE_GFN << PAGE_SHIFT, PTE_RW);
    uint8_t *const from = mm_alloc(1);
    uint8_t *const to = mm_alloc(1);

    setup.list = narrow(frames);
    check_eq("setup_table", call(__HYPERVISOR_grant_table_op,
                                 GNTTABOP_setup_table, &setup, 1), 0);
    check_eq("status", setup.status, GNTST_okay);
    check_eq("where it is", frames[0], FREE_GFN);
    check_eq("one word", frames[1], 0x5a5a5a5a);
    memset(from, 0x77, PAGE_SIZE);
    table[REF].frame = (uint32_t)mm_gfn(from);
    table[REF].domid = shared_domid();
    asm volatile("" : : : "memory");
    table[REF].flags = GTF_permit_access;
    for (unsigned int i = 0; i < 2; i++) {
        copy[i].source.u = REF + 1000 * i;
        copy[i].source.domid = DOMID_SELF;
        copy[i].dest.u = (uint32_t)mm_gfn(to);
        copy[i].dest.domid = DOMID_SELF;
        copy[i].len = PAGE_SIZE;
        copy[i].flags = GNTCOPY_source_gref;
        copy[i].status = 1;
    }
    check_eq("two copies", call(__HYPERVISOR_grant_table_op, GNTTABOP_copy,
                                copy, 2), 0);
    check_eq("the first is done", copy[0].status, GNTST_okay);
    check_eq("all of it", memcmp(from, to, PAGE_SIZE), 0);
    CHECK("the second is refused", copy[1].status < 0);
    table[REF].flags = 0;
}

static void scheduling(void)
{
    static struct {
        uint32_t ports, nr;
        u64 timeout;
    } poll;
    static struct {
        int32_t state;
        u64 entry, time[4];
        uint32_t beyond;
    } run = { .beyond = 0x5a5a5a5a };
    const uint64_t now = shared_now_ns();
    struct args a = { __HYPERVISOR_set_timer_op, { 0 } };
    const uint32_t port = (uint32_t)evtchn_bind_virq(VIRQ_TIMER, 0);

    poll.timeout = now + 5 * MS;
    check_eq("poll", call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll, 0), 0);
    check("not early", shared_now_ns() + 1000 >= now + 5 * MS, "%lu",
          shared_now_ns() - now);
    a.arg[1] = narrow(&run);
    check_eq("get_runstate_info",
             call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, NULL,
                  narrow(&run)), 0);
    CHECK("running", run.state == RUNSTATE_running && run.beyond == 0x5a5a5a5a);
    CHECK("for some time", run.time[RUNSTATE_running] > 0 &&
                               run.entry < shared_now_ns());

    evtchn_unmask_raw(port);
    evtchn_count[port] = 0;
    a.arg[0] = (uint32_t)(shared_now_ns() + 5 * MS);
    a.arg[1] = (uint32_t)((shared_now_ns() + 5 * MS) >> 32);
    check_eq("set_timer_op", call32(&a), 0);
    while (!evtchn_count[port]) {
        sti_hlt_cli();
    }
    check_eq("one event", evtchn_count[port], 1);
    evtchn_close(port);
}

/*
 * A run state area that ends with its page as 32-bit code sees it, and is
 * longer for a 64-bit kernel: what is behind the page in the machine's memory
 * is not what is behind it in the guest's, and is not written.
 */
static void width_changes(void)
{
    static struct xen_hvm_param callback = {
        .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ,
    };
    static struct vcpu_register_runstate_memory_area area;
    static struct {
        uint32_t ports, nr;
        u64 timeout;
    } poll;
    uint8_t *const page = mm_alloc(3);
    const uint64_t second = (uint64_t)page + PAGE_SIZE;
    volatile uint32_t *const behind =
        mm_map(MM_WINDOW + 0x38000, second, PTE_RW);

    mm_map(second, second + PAGE_SIZE, PTE_RW);
    *behind = 0x5a5a5a5a;
    check_eq("the callback", hvm_op(HVMOP_get_param, &callback), 0);
    check_eq("set by 32-bit code",
             call(__HYPERVISOR_hvm_op, HVMOP_set_param, &callback, 0), 0);
    area.addr.p = second - 44;
    check_eq("an area at a page's end",
             call(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area,
                  NULL, narrow(&area)), 0);
    check_eq("set by 64-bit code", hvm_op(HVMOP_set_param, &callback), 0);
    /* The wall clock has been where ports from 2,048 on are. */
    for (unsigned int i = 32; i < 64; i++) {
        shared_info->evtchn_pending[i] = 0;
    }
    for (unsigned int i = 0; i < 4; i++) {
        poll.timeout = shared_now_ns() + MS;
        call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll, 0);
    }
    check_eq("the frame behind it is as it was", *behind, 0x5a5a5a5a);
    area.addr.p = (uint64_t)page;
    check_eq("another area", vcpu_op(VCPUOP_register_runstate_memory_area, 0,
                                     &area), 0);
    mm_map(second, second, PTE_RW);
}

static void multicalls(void)
{
    static struct {
        uint32_t op;
        int32_t result;
        uint32_t args[6];
    } e[40];
    unsigned int wrong = 0;

    for (unsigned int i = 0; i < 40; i++) {
        e[i].op = __HYPERVISOR_xen_version;
    }
    e[1].op = 63;
    {
        const struct args a = { __HYPERVISOR_multicall, { narrow(e), 40 } };

        check_eq("multicall", call32(&a), 0);
    }
    for (unsigned int i = 0; i < 40; i++) {
        wrong += e[i].result != (i == 1 ? -XEN_ENOSYS : 0x40011);
    }
    check_eq("its results", wrong, 0);
}

TEST(compat, "Hypercalls of 32-bit code", 0)
{
    versions();
    memory();
    physmap();
    memory_map();
    grants();
    scheduling();
    multicalls();
    width_changes();
}
