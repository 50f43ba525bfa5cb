/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device of dom0 reaches by DMA, with QEMU's "edu" device: dom0's own
 * memory and what is granted to it, as the grant allows; neither the
 * hypervisor's memory nor memory that is no domain's.  What was stopped is
 * named in the hypervisor's log.  And its interrupts: the message that dom0
 * programmed arrives, one that the device makes up does not.
 * QEMU documentation, "EDU device".
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/grant_table.h>
#include <xen/sysctl.h>

#define PCI_ADDR   0xcf8
#define PCI_DATA   0xcfc
#define PCI_ENABLE 0x80000000u
#define EDU_ID     0x11e81234u
#define CMD_MEMORY 2u
#define CMD_MASTER 4u
#define CAP_MSI    5u

/* Registers of the device, and its buffer of one page. */
#define EDU_RAISE   0x60
#define EDU_ACK     0x64
#define EDU_SOURCE  0x80
#define EDU_DEST    0x88
#define EDU_COUNT   0x90
#define EDU_COMMAND 0x98
#define EDU_BUFFER  0x40000ull
#define EDU_RUN     1u
#define EDU_TO_RAM  2u

/* QEMU 7.2 ends itself when told to move as much as the buffer has. */
#define CHUNK    2048u

#define MS       1000000ull
#define VEC      0x79
/* No vector of the hypervisor's own, and no remapping entry. */
#define VEC_FORGED 0xd5u
/*
 * To APIC 0 where nothing is remapped; to VT-d it names an entry that does not
 * exist.  QEMU 7.2's VT-d lets messages pass that name none.
 */
#define ADDR_FORGED (APIC_MMIO_BASE | 0xe10u)
#define GRANT_GFN  0x60000ull
#define TABLE_GFN  0x60100ull
#define REF        24u
#define LOG_SIZE   32768u
#define MAP_MAX    64u

static volatile uint8_t *edu;
static unsigned int edu_bdf;
static char *text;
static size_t text_size;

static uint32_t pci_read(unsigned int reg)
{
    outl(PCI_ADDR, PCI_ENABLE | edu_bdf << 8 | reg);
    return inl(PCI_DATA);
}

static void pci_write(unsigned int reg, uint32_t val)
{
    outl(PCI_ADDR, PCI_ENABLE | edu_bdf << 8 | reg);
    outl(PCI_DATA, val);
}

static bool find_edu(void)
{
    for (edu_bdf = 0; edu_bdf < 0x100; edu_bdf++) {
        if (pci_read(0) == EDU_ID) {
            pci_write(4, CMD_MEMORY | CMD_MASTER);
            edu = (uint8_t *)(uint64_t)(pci_read(0x10) & ~0xfu);
            return true;
        }
    }
    return false;
}

/* Move `count` bytes between the device's buffer and an address. */
static void dma(uint64_t addr, uint32_t count, bool to_ram)
{
    const uint64_t end = shared_now_ns() + 2000 * MS;

    *(volatile uint64_t *)(edu + EDU_SOURCE) = to_ram ? EDU_BUFFER : addr;
    *(volatile uint64_t *)(edu + EDU_DEST) = to_ram ? addr : EDU_BUFFER;
    *(volatile uint64_t *)(edu + EDU_COUNT) = count;
    *(volatile uint64_t *)(edu + EDU_COMMAND) =
        EDU_RUN | (to_ram ? EDU_TO_RAM : 0);
    while (*(volatile uint64_t *)(edu + EDU_COMMAND) & EDU_RUN) {
        if (!check_quiet("the device is done in time",
                         shared_now_ns() < end, "-")) {
            return;
        }
        shared_delay_ns(MS);
    }
}

/* Put a pattern into the device's buffer, from a page of ours. */
static void fill_device(uint8_t *page, uint8_t pattern)
{
    memset(page, pattern, CHUNK);
    dma((uint64_t)page, CHUNK, false);
}

static bool is_all(const volatile uint8_t *page, uint8_t pattern)
{
    for (unsigned int i = 0; i < CHUNK; i++) {
        if (page[i] != pattern) {
            return false;
        }
    }
    return true;
}

/* Take what is in the hypervisor's log. */
static void log_read(void)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_readconsole,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.readconsole = { .clear = 1, .count = LOG_SIZE },
    };

    set_xen_guest_handle(op.u.readconsole.buffer, text);
    text_size = hypercall2(__HYPERVISOR_sysctl, (uint64_t)&op, 0) == 0
                    ? op.u.readconsole.count : 0;
}

/* Is it in what was taken? */
static bool log_has(const char *word)
{
    const size_t len = strlen(word);

    for (size_t i = 0; i + len <= text_size; i++) {
        if (memcmp(text + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Does the hypervisor find that devices see what the p2m says? */
static void audit(const char *name)
{
    char keys[] = "a";
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_debug_keys,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.debug_keys.nr_keys = 1,
    };

    if (on_xen()) {
        return;
    }
    set_xen_guest_handle(op.u.debug_keys.keys, keys);
    log_read();
    check_eq(name, hypercall2(__HYPERVISOR_sysctl, (uint64_t)&op, 0), 0);
    log_read();
    CHECK("it finds nothing", log_has("audit: 0 faults"));
}

/*
 * "write to 0x60000000 stopped", as the hypervisor's log has it.  VT-d does
 * not say where in the page.
 */
static const char *report_of(uint64_t byte, bool to_ram)
{
    const uint64_t addr = byte & ~(uint64_t)(PAGE_SIZE - 1);
    static const char digits[] = "0123456789abcdef";
    static char line[64];
    const char *const verb = to_ram ? "write to 0x" : "read from 0x";
    size_t n = strlen(verb);
    int shift = 60;

    memcpy(line, verb, n);
    while (shift > 0 && !(addr >> shift)) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        line[n++] = digits[addr >> shift & 0xf];
    }
    memcpy(line + n, " stopped", 9);
    return line;
}

/*
 * QEMU 7.2's AMD-Vi never logs an event; that something was stopped shows in
 * its PCI status alone, which the hypervisor looks at a few times a second.
 */
static void check_report(const char *name, uint64_t addr, bool to_ram)
{
    const char *const what = report_of(addr, to_ram);
    const uint64_t end = shared_now_ns() + 2000 * MS;
    bool is_there = false;

    /* Real Xen has other words, and no way to learn of it in QEMU. */
    if (on_xen()) {
        return;
    }
    while (!is_there && shared_now_ns() < end) {
        shared_delay_ns(20 * MS);
        log_read();
        is_there = log_has(what) || log_has("stopped an access");
    }
    CHECK(name, is_there);
}

static void own_memory(uint8_t *a, uint8_t *b)
{
    fill_device(a, 0x11);
    dma((uint64_t)b, CHUNK, true);
    CHECK("to and from memory of dom0", is_all(b, 0x11));
    shared_delay_ns(500 * MS);
    log_read();
    CHECK("nothing is stopped", !log_has("stopped"));
}

/* The page of the hypervisor's that can be looked at from here. */
static void hypervisor_page(uint8_t *a)
{
    static uint8_t before[CHUNK];
    /* Behind all that goes on changing. */
    const uint64_t addr = (uint64_t)shared_info + PAGE_SIZE - CHUNK;

    /* On Xen it is a page like others to a device. */
    if (on_xen()) {
        return;
    }
    memcpy(before, (void *)addr, CHUNK);
    fill_device(a, 0x22);
    dma(addr, CHUNK, true);
    CHECK("shared_info is as it was",
          memcmp(before, (void *)addr, CHUNK) == 0);
    check_report("and the write is reported", addr, true);
}

/* RAM of the machine, from its size; below 4 GiB without holes here. */
static uint64_t machine_end(void)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_physinfo,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
    };

    if (hypercall2(__HYPERVISOR_sysctl, (uint64_t)&op, 0) != 0) {
        return 0;
    }
    return op.u.physinfo.total_pages << PAGE_SHIFT;
}

/*
 * Frames of RAM that are not dom0's: the first, which is free, and the last,
 * where the hypervisor is.
 */
static bool find_alien(uint64_t *first, uint64_t *last)
{
    static struct e820entry {
        uint64_t addr, size;
        uint32_t type;
    } __attribute__((packed)) own[MAP_MAX];
    struct xen_memory_map map = { .nr_entries = MAP_MAX };
    const uint64_t end = machine_end();

    set_xen_guest_handle(map.buffer, own);
    if (!check("dom0's memory map", memory_op(XENMEM_memory_map, &map) == 0,
               "-")) {
        return false;
    }
    for (uint64_t at = 0x100000; at < end; at += PAGE_SIZE) {
        bool is_own = false;

        for (unsigned int i = 0; i < map.nr_entries; i++) {
            is_own |= at >= own[i].addr && own[i].type == 1 &&
                      at < own[i].addr + own[i].size;
        }
        if (!is_own) {
            *first = *first ? *first : at;
            *last = at;
        }
    }
    return *first != 0;
}

/* A denied read leaves the buffer alone, or fills it with no data. */
static bool is_nothing(const uint8_t *page, uint8_t before)
{
    return is_all(page, before) || is_all(page, 0) || is_all(page, 0xff);
}

static void alien_frame(uint8_t *a, uint8_t *b, uint64_t addr)
{
    fill_device(a, 0x33);
    dma(addr, CHUNK, false);
    check_report("reading it is reported", addr, false);
    dma((uint64_t)b, CHUNK, true);
    CHECK("and brings nothing", is_nothing(b, 0x33));
    dma(addr, CHUNK, true);
    check_report("writing it is reported", addr, true);
}

static void alien_memory(uint8_t *a, uint8_t *b)
{
    uint64_t first = 0;
    uint64_t last = 0;

    if (!check("there is memory that is not dom0's",
               find_alien(&first, &last), "-")) {
        return;
    }
    test_note("free memory at %lx\n", first);
    alien_frame(a, b, first);
    test_note("memory of the hypervisor at %lx\n", last);
    alien_frame(a, b, last);
    dma(GRANT_GFN << PAGE_SHIFT, CHUNK, true);
    check_report("an empty frame is reported", GRANT_GFN << PAGE_SHIFT, true);
}

static bool grant_own(const void *page)
{
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table,
        .gpfn = TABLE_GFN,
    };
    volatile struct grant_entry_v1 *const table =
        mm_map(MM_WINDOW, TABLE_GFN << PAGE_SHIFT, PTE_RW);
    struct gnttab_set_version set = { .version = 1 };

    grant_op(GNTTABOP_set_version, &set, 1);
    if (memory_op(XENMEM_add_to_physmap, &xatp) != 0) {
        return false;
    }
    table[REF].frame = (uint32_t)mm_gfn(page);
    table[REF].domid = shared_domid();
    barrier();
    table[REF].flags = GTF_permit_access;
    return true;
}

static uint32_t map_grant(uint32_t flags)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = GRANT_GFN << PAGE_SHIFT, .ref = REF,
        .flags = GNTMAP_host_map | flags, .dom = shared_domid(),
    };

    grant_op(GNTTABOP_map_grant_ref, &map, 1);
    check_eq("the grant maps", map.status, 0);
    return map.handle;
}

static void unmap_grant(uint32_t handle)
{
    struct gnttab_unmap_grant_ref unmap = {
        .host_addr = GRANT_GFN << PAGE_SHIFT, .handle = handle,
    };

    grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
    check_eq("the grant unmaps", unmap.status, 0);
}

/* Through a frame number that is not the machine's. */
static void grants(uint8_t *a, uint8_t *b)
{
    const uint64_t addr = GRANT_GFN << PAGE_SHIFT;
    uint32_t handle;

    /* Xen moves a page that a domain grants to itself. */
    if (on_xen() || !check("grant frame 0 maps", grant_own(b), "-")) {
        return;
    }
    fill_device(a, 0x44);
    log_read();
    handle = map_grant(0);
    dma(addr, CHUNK, true);
    CHECK("what is granted can be written", is_all(b, 0x44));
    audit("audit while it is mapped");
    unmap_grant(handle);
    fill_device(a, 0x55);
    dma(addr, CHUNK, true);
    CHECK("but not when it was unmapped", is_all(b, 0x44));
    check_report("which is reported", addr, true);
    handle = map_grant(GNTMAP_readonly);
    dma(addr, CHUNK, false);
    dma((uint64_t)a, CHUNK, true);
    CHECK("what is granted read-only can be read", is_all(a, 0x44));
    memset(b, 0x66, CHUNK);
    dma(addr, CHUNK, true);
    CHECK("but not written", is_all(b, 0x66));
    unmap_grant(handle);
    memset((void *)(uintptr_t)b, 0x77, CHUNK);
    dma(addr, CHUNK, false);
    dma((uint64_t)a, CHUNK, true);
    CHECK("nor read when it was unmapped", is_nothing(a, 0x44));
}

static unsigned int find_msi(void)
{
    unsigned int reg = pci_read(0x34) & 0xfc;

    while (reg && (pci_read(reg) & 0xff) != CAP_MSI) {
        reg = pci_read(reg) >> 8 & 0xfc;
    }
    return reg;
}

static bool wait_for(unsigned int vector, uint32_t count)
{
    const uint64_t end = shared_now_ns() + 300 * MS;

    while (trap_irq_count[vector] < count && shared_now_ns() < end) {
        shared_delay_ns(MS);
    }
    return trap_irq_count[vector] == count;
}

static void interrupts(uint8_t *a)
{
    const unsigned int cap = find_msi();
    const bool is_64 = pci_read(cap) >> 16 & 0x80;
    const uint32_t before = trap_irq_count[VEC];

    if (!check("the device has MSI", cap != 0, "-")) {
        return;
    }
    pci_write(cap + 4, APIC_MMIO_BASE | apic_read(APIC_ID) >> 24 << 12);
    pci_write(cap + 8, is_64 ? 0 : VEC);
    if (is_64) {
        pci_write(cap + 12, VEC);
    }
    pci_write(cap, pci_read(cap) | 0x10000);
    asm volatile("sti");
    mmio_write32(edu + EDU_RAISE, 1);
    CHECK("the message that was programmed arrives",
          wait_for(VEC, before + 1));
    mmio_write32(edu + EDU_ACK, 1);
    *(uint32_t *)a = VEC_FORGED;
    dma((uint64_t)a, sizeof(uint32_t), false);
    log_read();
    dma(ADDR_FORGED, sizeof(uint32_t), true);
    CHECK("a forged message does not reach the guest",
          trap_irq_count[VEC_FORGED] == 0);
    log_read();
    CHECK("nor the hypervisor", !log_has("nobody owns vector"));
    mmio_write32(edu + EDU_RAISE, 1);
    CHECK("and the good one still does", wait_for(VEC, before + 2));
    mmio_write32(edu + EDU_ACK, 1);
    asm volatile("cli");
    pci_write(cap, pci_read(cap) & ~0x10000u);
}

TEST(iommu_dma, "DMA and messages of a device are held back by the IOMMU",
     TEST_DOM0)
{
    const uint64_t mark = mm_mark();
    uint8_t *const a = mm_alloc(1);
    uint8_t *const b = mm_alloc(1);

    if (!find_edu()) {
        kprintf("SKIP iommu_dma: no edu device\n");
        return;
    }
    text = mm_alloc(LOG_SIZE / PAGE_SIZE);
    apic_set_mode(APIC_XAPIC);
    log_read();
    own_memory(a, b);
    hypervisor_page(a);
    alien_memory(a, b);
    grants(a, b);
    interrupts(a);
    audit("audit in the end");
    mm_release(mark);
}
