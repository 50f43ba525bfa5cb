/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of a guest: how many CPUs there are, and that there is
 * nothing else. Chapter: ACPI 6.4, "ACPI Software Programming Model"; the
 * ports are those of xl's guests, at which nothing is.
 */
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/builder/builder_priv.h>

#define RSDP_V1_LEN 20u
#define PM1A_EVENT 0xb000u
#define PM1A_CONTROL 0xb004u
#define GPE0_BLOCK 0xafe0u
#define GAS_IO 1u
#define LAPIC_ADDR 0xfee00000u
#define FADT_NO_VGA_NO_RTC 0x24u        /* IA-PC boot flags, bits 2 and 5. */
#define FADT_WBINVD_BUTTONS_RTC 0x71u   /* Bits 0, 4, 5 and 6.             */
#define MADT_LAPIC 0u
#define MADT_X2APIC 9u
#define MADT_ENABLED 1u
#define LAPIC_ID_MAX 254u

struct header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    uint32_t creator;
    uint32_t creator_revision;
} __packed;

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t ext_checksum;
    uint8_t rsvd_33[3];
} __packed;

struct gas {
    uint8_t space;
    uint8_t bits;
    uint8_t offset;
    uint8_t access;
    uint64_t address;
} __packed;

struct fadt {
    struct header h;
    uint32_t facs;
    uint32_t dsdt;
    uint8_t rsvd_44[12];
    uint32_t pm1a_event;        /* 56 */
    uint32_t rsvd_60;
    uint32_t pm1a_control;
    uint8_t rsvd_68[12];
    uint32_t gpe0;              /* 80 */
    uint32_t rsvd_84;
    uint8_t pm1_event_len;
    uint8_t pm1_control_len;
    uint8_t rsvd_90[2];
    uint8_t gpe0_len;           /* 92 */
    uint8_t rsvd_93[16];
    uint16_t boot_flags;        /* 109 */
    uint8_t rsvd_111;
    uint32_t flags;             /* 112 */
    struct gas reset;
    uint8_t rsvd_128[4];
    uint64_t x_facs;
    uint64_t x_dsdt;
    struct gas x_pm1a_event;
    struct gas x_pm1b_event;
    struct gas x_pm1a_control;
    struct gas x_pm1b_control;
    struct gas x_pm2_control;
    struct gas x_pm_timer;
    struct gas x_gpe0;
    struct gas x_gpe1;
    struct gas sleep[2];        /* Revision 5 ends behind them: 268. */
} __packed;

static_assert(offsetof(struct fadt, pm1a_event) == 56, "FADT");
static_assert(offsetof(struct fadt, gpe0) == 80, "FADT");
static_assert(offsetof(struct fadt, gpe0_len) == 92, "FADT");
static_assert(offsetof(struct fadt, boot_flags) == 109, "FADT");
static_assert(offsetof(struct fadt, x_dsdt) == 140, "FADT");
static_assert(sizeof(struct fadt) == 268, "FADT");

struct facs {
    char signature[4];
    uint32_t length;
    uint8_t rsvd_8[24];
    uint8_t version;
    uint8_t rsvd_33[31];
} __packed;

struct madt {
    struct header h;
    uint32_t lapic;
    uint32_t flags;
    uint8_t entries[];
} __packed;

/* What one page each holds, but for the MADT, which has the second. */
struct tables {
    struct rsdp rsdp;
    uint8_t rsvd_36[28];
    struct facs facs;
    struct {
        struct header h;
        uint64_t entry[2];
    } __packed xsdt;
    uint8_t rsvd_180[12];
    struct fadt fadt;
    uint8_t rsvd_460[20];
    struct header dsdt;
};

static_assert(offsetof(struct tables, facs) % 64 == 0, "alignment of FACS");
static_assert(offsetof(struct tables, dsdt) % 16 == 0, "alignment of DSDT");

static uint8_t builder_sum(const void *p, size_t n)
{
    const uint8_t *byte = p;
    uint8_t sum = 0;

    while (n-- != 0) {
        sum = (uint8_t)(sum + *byte++);
    }
    return sum;
}

static void builder_header(struct header *h, const char *signature,
                           uint8_t revision, size_t length)
{
    memcpy(h->signature, signature, sizeof(h->signature));
    h->length = (uint32_t)length;
    h->revision = revision;
    memcpy(h->oem_id, "HOSPES", sizeof(h->oem_id));
    memcpy(h->oem_table_id, "GUEST   ", sizeof(h->oem_table_id));
    h->checksum = (uint8_t)-builder_sum(h, length);
}

static struct gas builder_port(uint16_t port, uint8_t bytes)
{
    return (struct gas){ .space = GAS_IO, .bits = (uint8_t)(bytes * 8),
                         .address = port };
}

static void builder_fadt(struct tables *t)
{
    struct fadt *const f = &t->fadt;

    f->facs = (uint32_t)(BUILDER_ACPI + offsetof(struct tables, facs));
    f->dsdt = (uint32_t)(BUILDER_ACPI + offsetof(struct tables, dsdt));
    f->x_dsdt = f->dsdt;
    f->pm1a_event = PM1A_EVENT;
    f->pm1a_control = PM1A_CONTROL;
    f->gpe0 = GPE0_BLOCK;
    f->pm1_event_len = 4;
    f->pm1_control_len = 2;
    f->gpe0_len = 4;
    f->x_pm1a_event = builder_port(PM1A_EVENT, 4);
    f->x_pm1a_control = builder_port(PM1A_CONTROL, 2);
    f->x_gpe0 = builder_port(GPE0_BLOCK, 4);
    f->boot_flags = FADT_NO_VGA_NO_RTC;
    f->flags = FADT_WBINVD_BUTTONS_RTC;
    builder_header(&f->h, "FACP", 5, sizeof(*f));
}

/* APIC ids are twice the vCPU's number: CPUID says so as well. */
static uint8_t *builder_madt_cpu(uint8_t *p, unsigned int vcpu)
{
    const uint32_t id = vcpu * 2;

    if (id <= LAPIC_ID_MAX) {
        const uint8_t entry[8] = { MADT_LAPIC, 8, (uint8_t)vcpu, (uint8_t)id,
                                   MADT_ENABLED };

        memcpy(p, entry, sizeof(entry));
        return p + sizeof(entry);
    }
    const uint32_t entry[4] = { MADT_X2APIC | 16u << 8, id, MADT_ENABLED,
                                vcpu };

    memcpy(p, entry, sizeof(entry));
    return p + sizeof(entry);
}

uint64_t builder_acpi(void *out, unsigned int vcpus)
{
    struct tables *const t = out;
    struct madt *const m = (struct madt *)((char *)out + PAGE_SIZE);
    uint8_t *p = m->entries;

    m->lapic = LAPIC_ADDR;
    for (unsigned int i = 0; i < vcpus; i++) {
        p = builder_madt_cpu(p, i);
    }
    builder_header(&m->h, "APIC", 4, (size_t)(p - (uint8_t *)m));
    memcpy(t->facs.signature, "FACS", 4);
    t->facs.length = sizeof(t->facs);
    t->facs.version = 1;
    builder_header(&t->dsdt, "DSDT", 2, sizeof(t->dsdt));
    builder_fadt(t);
    t->xsdt.entry[0] = BUILDER_ACPI + offsetof(struct tables, fadt);
    t->xsdt.entry[1] = BUILDER_ACPI + PAGE_SIZE;
    builder_header(&t->xsdt.h, "XSDT", 1, sizeof(t->xsdt));
    memcpy(t->rsdp.signature, "RSD PTR ", 8);
    memcpy(t->rsdp.oem_id, "HOSPES", 6);
    t->rsdp.revision = 2;
    t->rsdp.length = sizeof(t->rsdp);
    t->rsdp.xsdt = BUILDER_ACPI + offsetof(struct tables, xsdt);
    t->rsdp.checksum = (uint8_t)-builder_sum(&t->rsdp, RSDP_V1_LEN);
    t->rsdp.ext_checksum = (uint8_t)-builder_sum(&t->rsdp, sizeof(t->rsdp));
    return BUILDER_ACPI;
}
