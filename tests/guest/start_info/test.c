/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot ABI hands over: start_info, and the memory map by hypercall.
 * Public header "arch-x86/hvm/start_info.h"; "memory.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define E820_RAM   1
#define E820_MAX   128
#define FOUR_GIB   0x100000000ull

struct e820_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __attribute__((packed));

static struct e820_entry map[E820_MAX];

static void rsdp(void)
{
    const uint8_t *p = (uint8_t *)shared_start_info.rsdp_paddr;
    uint8_t sum = 0;

    CHECK("there is an RSDP below 4 GiB",
          p && shared_start_info.rsdp_paddr < FOUR_GIB);
    CHECK("RSDP signature", memcmp(p, "RSD PTR ", 8) == 0);
    for (unsigned int i = 0; i < 20; i++) {
        sum = (uint8_t)(sum + p[i]);
    }
    check_eq("RSDP checksum", sum, 0);
    CHECK("RSDP revision 2", p[15] >= 2);
    sum = 0;
    for (unsigned int i = 0; i < 36; i++) {
        sum = (uint8_t)(sum + p[i]);
    }
    check_eq("RSDP extended checksum", sum, 0);
}

static int64_t get_map(unsigned int capacity, unsigned int *count)
{
    struct xen_memory_map mm = { .nr_entries = capacity };
    int64_t rc;

    set_xen_guest_handle(mm.buffer, (void *)map);
    rc = memory_op(XENMEM_memory_map, &mm);
    *count = mm.nr_entries;
    return rc;
}

static void memory_map(void)
{
    unsigned int n = 0;
    unsigned int small = 0;
    uint64_t ram = 0;
    bool kernel_in_ram = false;
    bool sorted = true;

    check_eq("memory_map", get_map(E820_MAX, &n), 0);
    check("map has entries", n >= 2 && n < E820_MAX, "%u", n);
    for (unsigned int i = 0; i < n && i < E820_MAX; i++) {
        sorted &= i == 0 ||
                  map[i].addr >= map[i - 1].addr + map[i - 1].size;
        if (map[i].type == E820_RAM) {
            ram += map[i].size;
            kernel_in_ram |= map[i].addr <= 0x200000 &&
                             map[i].addr + map[i].size >= MM_POOL_END;
        }
    }
    CHECK("map is sorted and without overlaps", sorted);
    CHECK("the kernel and its pool are in RAM", kernel_in_ram);
    check("RAM is at least 64 MiB", ram >= 64ull << 20, "%lx", ram);
    CHECK("RAM is within the reservation",
          ram >> 12 <= (uint64_t)memory_op(XENMEM_maximum_reservation,
                                           &(domid_t){ DOMID_SELF }) + 512);
    /* A buffer too small gets as much as fits, and the count of that. */
    check_eq("memory_map into one entry", get_map(1, &small), 0);
    check_eq("count of one entry", small, 1);
}

static void ram_is_ours(void)
{
    unsigned int n = 0;
    unsigned int bad = 0;

    get_map(E820_MAX, &n);
    for (unsigned int i = 0; i < n && i < E820_MAX; i++) {
        const uint64_t end = map[i].addr + map[i].size;

        if (map[i].type != E820_RAM) {
            continue;
        }
        for (uint64_t a = (map[i].addr + 0xfff) & ~0xfffull;
             a + 0x1000 <= end && a < FOUR_GIB; a += 0x100000) {
            volatile uint32_t *p = (uint32_t *)a;
            const uint32_t old = *p;

            if (a == 0) {
                continue;
            }
            *p = ~old;
            bad += *p != ~old;
            *p = old;
        }
    }
    check_eq("RAM of the map holds what is written", bad, 0);
}

TEST(start_info, "Boot ABI: start_info, RSDP and the memory map", 0)
{
    check_eq("magic", shared_start_info.magic, XEN_HVM_START_MAGIC_VALUE);
    CHECK("command line below 4 GiB",
          shared_start_info.cmdline_paddr < FOUR_GIB);
    CHECK("command line says hv=", strlen(shared_cmdline) > 3);
    check_eq("privileged and initial domain agree",
             !!(shared_start_info.flags & SIF_PRIVILEGED),
             !!(shared_start_info.flags & SIF_INITDOMAIN));
    check_eq("no module, no module list", shared_start_info.nr_modules, 0);
    rsdp();
    memory_map();
    ram_is_ours();
}
