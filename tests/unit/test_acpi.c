/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI tables: sound, broken in every field, and none.
 * Links: core drivers/acpi/acpi.c drivers/acpi/acpi_tables.c
 * Links: drivers/acpi/acpi_madt.c drivers/acpi/acpi_fadt.c
 * Links: drivers/acpi/acpi_hpet.c drivers/acpi/acpi_mcfg.c
 * Links: drivers/acpi/acpi_srat.c drivers/acpi/acpi_dmar.c
 * Links: drivers/acpi/acpi_ivrs.c drivers/acpi/acpi_power.c
 * Links: drivers/pci/pci_cfg.c
 */
#include <string.h>

#include <core/lib/errno.h>
#include <drivers/acpi/acpi.h>
#include <drivers/acpi/acpi_power.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define MEM_BASE 0x100000u
#define MEM_SIZE 0x8000u

static uint8_t mem[MEM_SIZE];
static size_t mem_used;
static uint64_t roots[16];
static unsigned int root_count;

static const void *map(paddr_t addr, size_t len)
{
    if (addr < MEM_BASE || addr - MEM_BASE > MEM_SIZE ||
        len > MEM_SIZE - (addr - MEM_BASE)) {
        return NULL;
    }
    return mem + (addr - MEM_BASE);
}

static void set_up(void)
{
    fake_init(1);
    memset(mem, 0, sizeof(mem));
    mem_used = 0;
    root_count = 0;
}

static void fix_sum(struct acpi_header *h)
{
    h->checksum = 0;
    h->checksum = (uint8_t)-acpi_checksum(h, h->length);
}

/* A table with @len bytes behind its header; listed in the root table. */
static struct acpi_header *table(const char *sig, uint8_t revision,
                                 const void *body, size_t len)
{
    struct acpi_header *const h = (struct acpi_header *)(mem + mem_used);

    memcpy(h->signature, sig, 4);
    h->revision = revision;
    h->length = (uint32_t)(sizeof(*h) + len);
    memcpy(h + 1, body, len);
    fix_sum(h);
    roots[root_count++] = MEM_BASE + mem_used;
    mem_used += (h->length + 15u) & ~15u;
    return h;
}

static struct acpi_rsdp rsdp_for(bool is_xsdt)
{
    struct acpi_rsdp r = { .signature = "RSD PTR ", .length = sizeof(r) };
    uint32_t narrow[16];
    const unsigned int count = root_count;
    struct acpi_header *h;

    for (unsigned int i = 0; i < count; i++) {
        narrow[i] = (uint32_t)roots[i];
    }
    if (is_xsdt) {
        h = table("XSDT", 1, roots, count * sizeof(roots[0]));
        r.revision = 2;
        r.xsdt_address = MEM_BASE + (uint64_t)((uint8_t *)h - mem);
    } else {
        h = table("RSDT", 1, narrow, count * sizeof(narrow[0]));
        r.rsdt_address = (uint32_t)(MEM_BASE + ((uint8_t *)h - mem));
    }
    r.checksum = (uint8_t)-acpi_checksum(&r, ACPI_RSDP_V1_LEN);
    r.ext_checksum = (uint8_t)-acpi_checksum(&r, sizeof(r));
    return r;
}

static const uint8_t madt_body[] = {
    0x00, 0x00, 0xe0, 0xfe, 1, 0, 0, 0,
    0, 8, 0, 0, 1, 0, 0, 0,                            /* CPU, APIC id 0     */
    0, 8, 1, 2, 1, 0, 0, 0,                            /* CPU, APIC id 2     */
    0, 8, 2, 4, 0, 0, 0, 0,                            /* unusable           */
    0, 8, 3, 6, 2, 0, 0, 0,                            /* online capable     */
    9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0,   /* x2APIC id 0x100    */
    9, 16, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,   /* id 2 again         */
    1, 12, 7, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0,   /* I/O APIC           */
    2, 10, 0, 0, 2, 0, 0, 0, 0, 0,                     /* line 0 -> GSI 2    */
    2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0,                  /* line 9 level high  */
    4, 6, 0xff, 5, 0, 1,                               /* NMI on LINT1       */
    0x7f, 4, 1, 2,                                     /* unknown            */
};

TEST(madt)
{
    struct acpi_rsdp r;
    uint16_t flags;

    set_up();
    table("APIC", 4, madt_body, sizeof(madt_body));
    r = rsdp_for(true);
    REQUIRE(acpi_init(&r, sizeof(r), map) == 0);
    CHECK(acpi_madt.is_present && acpi_madt.has_8259);
    CHECK_EQ(acpi_madt.lapic_addr, 0xfee00000);
    CHECK_EQ(acpi_madt.cpu_count, 4);
    CHECK_EQ(acpi_madt.cpu[1].apic_id, 2);
    CHECK(!acpi_madt.cpu[2].is_enabled);
    CHECK_EQ(acpi_madt.cpu[3].apic_id, 0x100);
    CHECK_EQ(acpi_madt.cpu[3].uid, 9);
    CHECK_EQ(acpi_madt.ioapic_count, 1);
    CHECK_EQ(acpi_madt.ioapic[0].addr, 0xfec00000);
    CHECK_EQ(acpi_madt.nmi_count, 1);
    CHECK_EQ(acpi_madt.nmi[0].uid, ACPI_ANY_UID);
    CHECK_EQ(acpi_madt_isa_gsi(&acpi_madt, 0, &flags), 2);
    CHECK_EQ(flags, ACPI_POLARITY_HIGH | ACPI_TRIGGER_EDGE);
    CHECK_EQ(acpi_madt_isa_gsi(&acpi_madt, 9, &flags), 9);
    CHECK_EQ(flags, ACPI_POLARITY_HIGH | ACPI_TRIGGER_LEVEL);
    CHECK_EQ(acpi_madt_isa_gsi(&acpi_madt, 4, &flags), 4);
}

TEST(rsdt_of_acpi_1)
{
    struct acpi_rsdp r;

    set_up();
    table("APIC", 1, madt_body, sizeof(madt_body));
    r = rsdp_for(false);
    CHECK_EQ(acpi_init(&r, ACPI_RSDP_V1_LEN, map), 0);
    CHECK_EQ(acpi_table_count(), 1);
}

TEST(broken_tables_are_named)
{
    static const uint8_t hpet_body[] = {
        1, 2, 3, 4, 0, 64, 0, 0, 0, 0, 0xd0, 0xfe, 0, 0, 0, 0, 0, 5, 0, 0,
    };
    struct acpi_header *hpet;
    struct acpi_rsdp r;

    set_up();
    table("APIC", 4, madt_body, sizeof(madt_body));
    hpet = table("HPET", 1, hpet_body, sizeof(hpet_body));
    roots[root_count++] = 0x50; /* Nothing is mapped there. */
    r = rsdp_for(true);
    REQUIRE(acpi_init(&r, sizeof(r), map) == 0);
    CHECK(acpi_hpet.is_present);
    CHECK_EQ(acpi_hpet.addr, 0xfed00000);
    CHECK_EQ(acpi_hpet.min_tick, 5);
    CHECK(strstr(fake_printed(), "cannot map a table at 0x50") != NULL);

    hpet->checksum++;
    REQUIRE(acpi_init(&r, sizeof(r), map) == 0);
    CHECK(!acpi_hpet.is_present);
    CHECK(strstr(fake_printed(), "HPET at 0x100") != NULL);

    hpet->length = 7;
    REQUIRE(acpi_init(&r, sizeof(r), map) == 0);
    CHECK(strstr(fake_printed(), "bad length 7") != NULL);
}

TEST(no_usable_madt)
{
    struct acpi_header *madt;
    struct acpi_rsdp r;

    set_up();
    madt = table("APIC", 4, madt_body, sizeof(madt_body));
    r = rsdp_for(true);
    madt->checksum++;
    CHECK_EQ(acpi_init(&r, sizeof(r), map), -ENODEV);
    r.checksum++;
    CHECK_EQ(acpi_init(&r, sizeof(r), map), -ENODEV);
    CHECK_EQ(acpi_init(NULL, 0, map), -ENODEV);
}

TEST(bad_subtable_ends_the_walk)
{
    uint8_t body[sizeof(madt_body)];
    struct acpi_rsdp r;

    set_up();
    memcpy(body, madt_body, sizeof(body));
    body[8 + 9] = 0; /* Length of the second processor's entry. */
    table("APIC", 4, body, sizeof(body));
    r = rsdp_for(true);
    CHECK_EQ(acpi_init(&r, sizeof(r), map), 0);
    CHECK_EQ(acpi_madt.cpu_count, 1);
    CHECK(strstr(fake_printed(), "APIC has a bad entry") != NULL);
}

TEST(fadt_of_every_length)
{
    uint8_t body[240] = { 0 };
    struct acpi_fadt f;

    body[76 - 36] = 0x08;  /* PM timer at 0x608 */
    body[77 - 36] = 0x06;
    body[91 - 36] = 4;
    body[112 - 36] = 0;
    body[113 - 36] = 0x05; /* 32-bit timer, reset register */
    body[116 - 36] = ACPI_SPACE_IO;
    body[120 - 36] = 0xf9;
    body[121 - 36] = 0x0c;
    body[128 - 36] = 6;
    for (size_t len = 0; len <= sizeof(body); len++) {
        struct acpi_header *h;

        set_up();
        h = table("FACP", 3, body, len);
        if (len < 80) {
            CHECK_EQ(acpi_fadt_parse(h, &f), -EINVAL);
            continue;
        }
        REQUIRE(acpi_fadt_parse(h, &f) == 0);
        CHECK_EQ(f.pm_timer_port, 0x608);
        CHECK_EQ(f.pm_timer_bits, 32);
        if (len >= 93) {
            CHECK(f.has_reset && f.reset_reg.address == 0xcf9);
            CHECK_EQ(f.reset_value, 6);
        }
    }
}

TEST(mcfg)
{
    const uint8_t body[] = {
        0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0,
        1, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, /* odd address */
        0, 0, 0, 0xc0, 0, 0, 0, 0, 1, 0, 8, 7, 0, 0, 0, 0,   /* 8 to 7      */
        0, 0,
    };
    struct acpi_mcfg m;

    set_up();
    CHECK_EQ(acpi_mcfg_parse(table("MCFG", 1, body, sizeof(body)), &m), 0);
    CHECK_EQ(m.count, 1);
    CHECK_EQ(m.ecam[0].addr, 0xb0000000);
    CHECK_EQ(m.ecam[0].last_bus, 255);
}

TEST(srat_and_slit)
{
    uint8_t srat[12 + 16 + 40] = { 0 };
    uint8_t slit[8 + 9] = { 3, 0, 0, 0, 0, 0, 0, 0, 10, 20, 31, 20, 10, 20,
                            31, 20, 10 };
    static struct acpi_numa n;

    set_up();
    srat[12] = 0;
    srat[13] = 16;
    srat[14] = 2; /* proximity domain 2 */
    srat[15] = 5; /* APIC id */
    srat[16] = 1;
    srat[28] = 1;
    srat[29] = 40;
    srat[30] = 0; /* proximity domain 0 */
    srat[28 + 12] = 1; /* base 4 GiB */
    srat[28 + 8 + 4] = 1;
    srat[28 + 19] = 0x40;
    srat[28 + 28] = 1;
    CHECK_EQ(acpi_srat_parse(table("SRAT", 3, srat, sizeof(srat)), &n), 0);
    CHECK_EQ(n.node_count, 2);
    CHECK_EQ(n.cpu_count, 1);
    CHECK_EQ(n.range_count, 1);
    CHECK_EQ(acpi_slit_parse(table("SLIT", 1, slit, sizeof(slit)), &n), 0);
    CHECK_EQ(n.distance[0][1], 31);
    CHECK_EQ(n.distance[1][1], 10);
    slit[0] = 200;
    CHECK_EQ(acpi_slit_parse(table("SLIT", 1, slit, sizeof(slit)), &n),
             -EINVAL);
}

/* Bytes of a DMAR behind its header: all integers little endian. */
#define DMAR_HEAD(flags) 38, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define DMAR_DRHD(len, flags) \
    0, 0, len, 0, flags, 0, 0, 0, 0, 0, 0, 0xfe, 0, 0, 0, 0
#define DMAR_RMRR(limit_byte1) \
    1, 0, 24, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, \
    0, limit_byte1, 0, 0, 0, 0, 0, 0

static int parse_dmar(struct acpi_iommu *i, const uint8_t *body, size_t len)
{
    set_up();
    memset(i, 0, sizeof(*i));
    return acpi_dmar_parse(table("DMAR", 1, body, len), i);
}

TEST(dmar_scopes)
{
    const uint8_t good[] = {
        DMAR_HEAD(1), DMAR_DRHD(16 + 8 + 10 + 8 + 8, 0),
        1, 8, 0, 0, 0, 0, 0x1f, 2,          /* 00:1f.2                      */
        2, 10, 0, 0, 0, 0x80, 1, 0, 2, 3,   /* Behind 80:01.0, its 02.3     */
        3, 8, 0, 0, 9, 0xff, 0, 0,          /* I/O APIC 9 is ff:00.0        */
        5, 8, 0, 0, 1, 0, 1, 0,             /* ACPI name space: no matter   */
    };
    static struct acpi_iommu i;

    CHECK_EQ(parse_dmar(&i, good, sizeof(good)), 0);
    CHECK(!i.is_broken);
    CHECK_EQ(i.unit_count, 1);
    CHECK(!i.unit[0].covers_all);
    CHECK_EQ(i.scope_count, 3);
    CHECK_EQ(i.scope[0].kind, ACPI_SCOPE_DEVICE);
    CHECK_EQ(i.scope[0].path[0], 0xfa);
    CHECK_EQ(i.scope[1].kind, ACPI_SCOPE_BRIDGE);
    CHECK_EQ(i.scope[1].bus, 0x80);
    CHECK_EQ(i.scope[1].depth, 2);
    CHECK_EQ(i.scope[1].path[1], 0x13);
    CHECK_EQ(i.scope[2].kind, ACPI_SCOPE_IOAPIC);
    CHECK_EQ(i.scope[2].id, 9);
}

TEST(dmar_broken)
{
    static const uint8_t long_scope[] = {
        DMAR_HEAD(1), DMAR_DRHD(24, 0), 1, 9, 0, 0, 0, 0, 0x1f, 2,
    };
    static const uint8_t short_scope[] = {
        DMAR_HEAD(1), DMAR_DRHD(24, 0), 1, 5, 0, 0, 0, 0, 0x1f, 2,
    };
    static const uint8_t no_path[] = {
        DMAR_HEAD(1), DMAR_DRHD(22, 0), 1, 6, 0, 0, 0, 0,
    };
    static const uint8_t bad_device[] = {
        DMAR_HEAD(1), DMAR_DRHD(24, 0), 1, 8, 0, 0, 0, 0, 32, 0,
    };
    static const uint8_t long_unit[] = { DMAR_HEAD(1), DMAR_DRHD(17, 1) };
    static const uint8_t short_unit[] = {
        DMAR_HEAD(1), 0, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0, 0xfe,
    };
    static const uint8_t unaligned[] = {
        DMAR_HEAD(1), 0, 0, 16, 0, 1, 0, 0, 0, 8, 0, 0, 0xfe, 0, 0, 0, 0,
    };
    static const struct {
        const uint8_t *body;
        size_t len;
    } bad[] = {
        { long_scope, sizeof(long_scope) },
        { short_scope, sizeof(short_scope) },
        { no_path, sizeof(no_path) },
        { bad_device, sizeof(bad_device) },
        { long_unit, sizeof(long_unit) },
        { short_unit, sizeof(short_unit) },
        { unaligned, sizeof(unaligned) },
    };
    uint8_t deep[12 + 16 + 6 + 2 * (ACPI_SCOPE_DEPTH + 1)] = {
        DMAR_HEAD(1), DMAR_DRHD(sizeof(deep) - 12, 0),
        1, 6 + 2 * (ACPI_SCOPE_DEPTH + 1),
    };
    static uint8_t many[12 + (16 + 31 * 8) * 9];
    static struct acpi_iommu i;

    for (size_t n = 0; n < ARRAY_SIZE(bad); n++) {
        CHECK_EQ(parse_dmar(&i, bad[n].body, bad[n].len), -EINVAL);
        CHECK(i.is_broken);
    }
    CHECK_EQ(parse_dmar(&i, deep, sizeof(deep)), -EINVAL);
    CHECK(i.is_broken);
    /* More scopes than there is room for. */
    for (size_t at = 12; at < sizeof(many); at += 16 + 31 * 8) {
        const uint8_t unit[] = { DMAR_DRHD(8, 0) };

        memcpy(many + at, unit, sizeof(unit));
        many[at + 2] = (16 + 31 * 8) & 0xff;
        many[at + 3] = (16 + 31 * 8) >> 8;
        for (size_t s = 0; s < 31; s++) {
            many[at + 16 + 8 * s] = 1;
            many[at + 16 + 8 * s + 1] = 8;
        }
    }
    CHECK_EQ(parse_dmar(&i, many, sizeof(many)), -EINVAL);
    CHECK_EQ(i.scope_count, ACPI_MAX_SCOPES);
}

TEST(dmar_and_ivrs)
{
    const uint8_t dmar[] = { DMAR_HEAD(1), DMAR_DRHD(16, 1),
                             DMAR_RMRR(0x1f) };
    uint8_t ivrs[12 + 24 + 24] = { 0 };
    static struct acpi_iommu i;

    CHECK_EQ(parse_dmar(&i, dmar, sizeof(dmar)), 0);
    CHECK_EQ(i.unit_count, 1);
    CHECK_EQ(i.unit[0].addr, 0xfe000000);
    CHECK(i.unit[0].covers_all);
    CHECK_EQ(i.addr_width, 39);
    CHECK_EQ(i.reserved_count, 1);
    CHECK_EQ(i.reserved[0].end, 0x1f01);

    ivrs[12] = 0x10;
    ivrs[14] = 24;
    ivrs[16] = 0x10; /* 00:02.0 */
    ivrs[12 + 8 + 3] = 0xfd;
    memcpy(ivrs + 36, ivrs + 12, 24);
    ivrs[36] = 0x11;
    CHECK_EQ(acpi_ivrs_parse(table("IVRS", 1, ivrs, sizeof(ivrs)), &i), 0);
    CHECK_EQ(i.unit_count, 2);
    CHECK_EQ(i.unit[1].bdf, 0x10);
}

/* A block of devices as firmware writes it, and a higher type for the unit. */
TEST(ivrs_devices)
{
    static const uint8_t devs[] = {
        0x02, 0x08, 0x00, 0xd7,             /* select 00:01.0                */
        0x03, 0x00, 0x01, 0x00,             /* range 01:00.0 ...             */
        0x04, 0xff, 0x01, 0x00,             /* ... to 01:1f.7                */
        0x43, 0x00, 0x02, 0x00, 0, 0xa4, 0x00, 0,   /* alias range ...       */
        0x04, 0x07, 0x02, 0x00,
        0x48, 0x00, 0x00, 0xd7, 9, 0xa0, 0x00, 1,   /* I/O APIC 9 at 00:14.0 */
        0x48, 0x00, 0x00, 0x00, 0, 0xa0, 0x00, 2,   /* HPET                  */
        0xf0, 0xa5, 0x00, 0x00, 'A', 'C', 'P', 'I', '0', '0', '0', '1',
        0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 'x', 'y', 'z',
        0x02, 0x10, 0x00, 0x00,
        0x82, 0x00,                         /* cut off                       */
    };
    uint8_t ivrs[12 + 24 + 4 + 40 + sizeof(devs)] = { 0 };
    uint8_t *const low = ivrs + 12;
    uint8_t *const high = low + 28;
    static struct acpi_iommu i;

    set_up();
    memset(&i, 0, sizeof(i));
    low[0] = 0x10;
    low[2] = 28;
    low[4] = 0x02;
    low[8 + 3] = 0xfd;
    low[24] = 0x01;                         /* all devices                   */
    high[0] = 0x11;
    high[1] = 0xb0;
    high[2] = 40 + sizeof(devs);
    high[4] = 0x02;
    high[8 + 3] = 0xfd;
    memcpy(high + 40, devs, sizeof(devs));
    CHECK_EQ(acpi_ivrs_parse(table("IVRS", 1, ivrs, sizeof(ivrs)), &i), 0);
    CHECK_EQ(i.kind, ACPI_IOMMU_IVRS);
    CHECK_EQ(i.unit_count, 1);
    CHECK_EQ(i.unit[0].ivhd_flags, 0xb0);
    CHECK_EQ(i.range_count, 5);
    CHECK_EQ(i.range[0].first, 0x08);
    CHECK_EQ(i.range[0].last, 0x08);
    CHECK_EQ(i.range[0].dte_flags, 0xd7);
    CHECK_EQ(i.range[1].first, 0x100);
    CHECK_EQ(i.range[1].last, 0x1ff);
    CHECK(!i.range[1].has_alias);
    CHECK_EQ(i.range[2].first, 0x200);
    CHECK_EQ(i.range[2].last, 0x207);
    CHECK(i.range[2].has_alias);
    CHECK_EQ(i.range[2].alias, 0xa4);
    CHECK_EQ(i.range[3].first, 0xa5);
    CHECK_EQ(i.range[4].first, 0x10);
    CHECK_EQ(i.ioapic_count, 1);
    CHECK_EQ(i.ioapic[0].id, 9);
    CHECK_EQ(i.ioapic[0].bdf, 0xa0);
    CHECK_EQ(i.ioapic[0].dte_flags, 0xd7);
    /* The lower type behind the higher one changes nothing. */
    low[0] = 0x11;
    high[0] = 0x10;
    memset(&i, 0, sizeof(i));
    CHECK_EQ(acpi_ivrs_parse(table("IVRS", 1, ivrs, sizeof(ivrs)), &i), 0);
    CHECK_EQ(i.unit[0].ivhd_type, 0x11);
    CHECK_EQ(i.range_count, 0);
}

TEST(s5)
{
    const uint8_t good[] = { 0, 8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5,
                             0x0a, 7, 0, 0 };
    const uint8_t rooted[] = { 8, '\\', '_', 'S', '5', '_', 0x12, 6, 4, 1,
                               0, 0, 0 };
    const uint8_t method[] = { 0x14, '_', 'S', '5', '_', 0x12, 6, 4, 1, 0 };
    const uint8_t big[] = { 0, 8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 9,
                            0, 0, 0, 0 };
    struct acpi_sleep_type t;

    CHECK(acpi_s5_find(good, sizeof(good), &t));
    CHECK_EQ(t.a, 5);
    CHECK_EQ(t.b, 7);
    CHECK(acpi_s5_find(rooted, sizeof(rooted), &t));
    CHECK_EQ(t.a, 1);
    CHECK_EQ(t.b, 0);
    CHECK(!acpi_s5_find(method, sizeof(method), &t));
    CHECK(!acpi_s5_find(big, sizeof(big), &t));
    for (size_t len = 0; len < 11; len++) {
        CHECK(!acpi_s5_find(good, len, &t));
    }
}
