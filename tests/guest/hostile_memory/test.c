/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Touches the whole physical address space: holes, device pages, memory that
 * is the hypervisor's, by every kind of access. Whatever faults, faults in
 * the guest; afterwards the hypervisor lives and RAM is as it was.
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define VA  (MM_WINDOW + 0x60000)
#define VA2 (MM_WINDOW + 0x8000000000ull)
#define MIB 0x100000ull

static uint8_t *scratch;
static unsigned int faults;

static void locked(void *arg)
{
    asm volatile("lock incl (%0); lock cmpxchg8b (%0); xaddl %%eax, (%0)"
                 : : "r"(arg), "a"(1), "b"(2), "c"(3), "d"(4) : "memory");
}

static void wide(void *arg)
{
    asm volatile("movups (%0), %%xmm1; movups %%xmm1, (%0); fldl (%0);"
                 "fstpl (%0); fxsave (%0)" : : "r"(arg) : "memory");
}

static void strings(void *arg)
{
    void *a = arg;
    void *b = scratch;
    uint64_t n = 64;

    asm volatile("rep movsb" : "+D"(b), "+S"(a), "+c"(n) : : "memory");
    a = (uint8_t *)arg + 4064;
    b = scratch;
    n = 64;
    asm volatile("rep movsb" : "+D"(a), "+S"(b), "+c"(n) : : "memory");
}

static void stack(void *arg)
{
    asm volatile("movq %%rsp, %%rbx; leaq 256(%0), %%rsp; pushq %%rax;"
                 "popq %%rax; movq %%rbx, %%rsp"
                 : : "r"(arg) : "rax", "rbx", "memory");
}

static void odd(void *arg)
{
    asm volatile("movl 4093(%0), %%eax; movl %%eax, 4093(%0);"
                 "orb $1, 1(%0); notw 3(%0); bswap %%eax; adcl $5, (%0);"
                 "cmpxchg %%rcx, 8(%0); popcnt 16(%0), %%rax"
                 : : "r"(arg) : "rax", "rcx", "memory", "cc");
}

static void jump(void *arg)
{
    ((void (*)(void))arg)();
}

static void (*const accesses[])(void *arg) = {
    locked, wide, strings, stack, odd, jump,
};

static void touch(uint64_t pa, bool write)
{
    uint32_t val;

    mm_map(VA, pa & ~0xfffull, PTE_RW);
    mm_map(VA + PAGE_SIZE, pa & ~0xfffull, PTE_RW);
    faults += read32_safe((void *)VA, &val) != 0;
    faults += read32_safe((void *)(VA + 0xffc), &val) != 0;
    if (!write) {
        return;
    }
    faults += write32_safe((void *)VA, 0xdeadbeef) != 0;
    for (unsigned int i = 0; i < sizeof(accesses) / sizeof(accesses[0]);
         i++) {
        faults += trap_try(accesses[i], (void *)VA) != 0;
    }
}

/* A page table that lies in a hole: its entries read as ones or as nothing,
 * and the walk must end in a fault of the guest's. */
static void tables_in(uint64_t pa)
{
    uint64_t *entry = (uint64_t *)(read_cr3() & PTE_ADDR_MASK);
    uint32_t val;

    entry += (VA2 >> 39) & 511;
    *entry = pa | PTE_RW;
    faults += read32_safe((void *)VA2, &val) != 0;
    faults += write32_safe((void *)VA2, 1) != 0;
    *entry = 0;
    write_cr3(read_cr3());
}

static void everywhere(void)
{
    const unsigned int width = mm_maxphysaddr();

    for (unsigned int bit = 32; bit < width; bit++) {
        touch(1ull << bit, true);
        touch((1ull << bit) - PAGE_SIZE, bit > 33);
        touch((3ull << bit) >> 1, true);
    }
    touch((1ull << width) - PAGE_SIZE, true);
    check("the space above 4 GiB", true, "-");
    /* Reads alone where devices or the hypervisor may be. */
    for (uint64_t pa = 0; pa < 0x100000000ull; pa += 16 * MIB) {
        touch(pa, false);
    }
    for (uint64_t pa = 0xfe000000; pa < 0x100000000ull; pa += MIB) {
        touch(pa, false);
    }
    check("the space below 4 GiB", true, "-");
    for (uint64_t pa = 0xa0000; pa < 0x100000; pa += PAGE_SIZE) {
        touch(pa, false);
    }
    /* Holes and pages the hypervisor guards. */
    touch(0xfed40000, true);
    touch(0xfee01000, true);
    touch(0xfec01000, true);
    touch(0xffff0000, true);
    check("holes and guarded pages", true, "-");
}

/* Memory of the machine that is not this domain's: as dom0's map says. */
static void not_ours(void)
{
    uint32_t val = 0;

    mm_map(VA, 0x30000000, PTE_RW);
    write32_safe((void *)VA, 0x12345678);
    read32_safe((void *)VA, &val);
    check("memory beyond the own cannot be changed", val != 0x12345678,
          "%x", val);
}

TEST(hostile_memory, "Touch the whole physical address space", TEST_HOSTILE)
{
    uint8_t *keep = mm_alloc(4);

    scratch = mm_alloc(1);
    memset(keep, 0xc3, 4 * PAGE_SIZE);
    everywhere();
    not_ours();
    tables_in(1ull << (mm_maxphysaddr() - 1));
    tables_in(0xfed40000);
    check("page tables in holes", true, "-");
    mm_map(VA, 0, 0);
    mm_map(VA + PAGE_SIZE, 0, 0);
    kprintf("note: %u faults\n", faults);
    CHECK("own memory is as it was",
          memcmp(keep, keep + 1, 4 * PAGE_SIZE - 1) == 0);
    check_eq("the hypervisor lives", xen_version(XENVER_version, NULL),
             0x40011);
}
