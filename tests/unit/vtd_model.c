/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of VT-d units; see vtd_model.h.
 * Manual: VT-d specification, all chapters that vtd_regs.h names.
 */
#include <string.h>

#include <arch/x86/cpu/lapic.h>
#include <core/arch/arch_mm.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <drivers/iommu/vtd/vtd_priv.h>
#include <drivers/pci/pci.h>
#include <tests/unit/unit.h>
#include <tests/unit/vtd_model.h>

#define SHADOWS 128u
#define NEVER_CLEANED 0xa5

struct model_unit model_units[MODEL_UNITS];
struct iommu_fault model_faults[IOMMU_FAULT_BATCH];
unsigned int model_fault_count;
bool model_x2apic;
uint8_t model_vector;

/* Memory as a unit sees it that does not snoop. */
static struct {
    paddr_t page;
    uint8_t data[PAGE_SIZE];
} shadow[SHADOWS];
static unsigned int shadow_count;

static uint8_t *shadow_of(paddr_t pa)
{
    const paddr_t page = pa & ~(paddr_t)(PAGE_SIZE - 1);

    for (unsigned int i = 0; i < shadow_count; i++) {
        if (shadow[i].page == page) {
            return &shadow[i].data[pa - page];
        }
    }
    CHECK(shadow_count < SHADOWS);
    shadow[shadow_count].page = page;
    memset(shadow[shadow_count].data, NEVER_CLEANED, PAGE_SIZE);
    return &shadow[shadow_count++].data[pa - page];
}

void arch_mm_clean_cache(const void *va, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        const uint8_t *const p = (const uint8_t *)va + i;

        *shadow_of(arch_va_to_paddr(p)) = *p;
    }
}

static uint64_t mem_read(const struct model_unit *m, paddr_t pa)
{
    uint64_t val;

    memcpy(&val, m->ecap & VTD_ECAP_C ? arch_paddr_to_va(pa) : shadow_of(pa),
           sizeof(val));
    return val;
}

void model_reset(uint64_t cap, uint64_t ecap)
{
    memset(model_units, 0, sizeof(model_units));
    shadow_count = 0;
    model_fault_count = 0;
    model_x2apic = false;
    model_vector = 0x51;
    for (unsigned int i = 0; i < MODEL_UNITS; i++) {
        model_units[i].cap = cap;
        model_units[i].ecap = ecap;
        model_units[i].fectl = VTD_FECTL_IM;
    }
}

/* --- invalidation --- */

static void check_reserved(const struct vtd_entry *d, uint64_t low,
                           uint64_t high)
{
    CHECK_EQ(d->low & ~low, 0);
    CHECK_EQ(d->high & ~high, 0);
}

static void forget_context(struct model_unit *m, const struct vtd_entry *d)
{
    check_reserved(d, 0x0003ffffffff003f, 0);
    CHECK_EQ(field_get(VTD_DESC_SCOPE, d->low), VTD_SCOPE_ALL);
    memset(m->context, 0, sizeof(m->context));
}

static void forget_tlb(struct model_unit *m, const struct vtd_entry *d)
{
    const unsigned int scope = (unsigned int)field_get(VTD_DESC_SCOPE,
                                                       d->low);
    const unsigned int am = (unsigned int)field_get(VTD_DESC_HIGH_AM,
                                                    d->high);
    const uint64_t page = field_get(VTD_DESC_HIGH_ADDR, d->high);

    check_reserved(d, 0xffff003f | (m->cap & VTD_CAP_DWD ? 0x40 : 0) |
                   (m->cap & VTD_CAP_DRD ? 0x80 : 0),
                   VTD_DESC_HIGH_ADDR | VTD_DESC_HIGH_AM);
    CHECK(scope != 0);
    if (scope == VTD_SCOPE_PAGES) {
        CHECK(m->cap & VTD_CAP_PSI);
        CHECK(am <= field_get(VTD_CAP_MAMV, m->cap));
        CHECK_EQ(page & ((UINT64_C(1) << am) - 1), 0);
    }
    for (unsigned int i = 0; i < MODEL_CACHED; i++) {
        struct model_cached *const c = &m->tlb[i];

        if (scope == VTD_SCOPE_ALL ||
            (c->did == field_get(VTD_DESC_DID, d->low) &&
             (scope == VTD_SCOPE_DOMAIN ||
              (c->page < page + (UINT64_C(1) << am) &&
               page < c->page + (UINT64_C(1) << c->order))))) {
            c->is_used = false;
        }
    }
}

static void forget_irte(struct model_unit *m, const struct vtd_entry *d)
{
    check_reserved(d, 0x0000fffff800001f, 0);
    if (d->low & VTD_DESC_IEC_INDEXED) {
        m->irte_cached[field_get(VTD_DESC_IEC_INDEX, d->low)] = false;
    } else {
        memset(m->irte_cached, 0, sizeof(m->irte_cached));
    }
}

static bool execute(struct model_unit *m, const struct vtd_entry *d)
{
    const unsigned int type = d->low & 0xf;
    uint32_t data = (uint32_t)field_get(VTD_DESC_WAIT_DATA, d->low);

    if (type != VTD_DESC_WAIT) {
        m->commands++;
        m->last = *d;
    }
    switch (type) {
    case VTD_DESC_CONTEXT:
        forget_context(m, d);
        return true;
    case VTD_DESC_IOTLB:
        forget_tlb(m, d);
        return true;
    case VTD_DESC_IEC:
        forget_irte(m, d);
        return true;
    case VTD_DESC_WAIT:
        check_reserved(d, 0xffffffff0000007f, ~UINT64_C(3));
        CHECK(d->low & VTD_DESC_WAIT_SW);
        memcpy(arch_paddr_to_va(d->high), &data, sizeof(data));
        return true;
    default:
        return false;
    }
}

static void queue_run(struct model_unit *m, uint64_t tail)
{
    const paddr_t queue = m->iqa & ~UINT64_C(0xfff);

    while (m->status & VTD_G_QIE && !m->is_deaf && m->head != tail &&
           !(m->fsts & VTD_FSTS_IQE)) {
        const struct vtd_entry d = {
            .low = mem_read(m, queue + m->head),
            .high = mem_read(m, queue + m->head + 8),
        };

        if (!execute(m, &d)) {
            m->fsts |= VTD_FSTS_IQE;
            return;
        }
        m->head = (m->head + 16) % PAGE_SIZE;
    }
}

/* --- registers --- */

static struct model_unit *model_of(const struct vtd_unit *u)
{
    return (struct model_unit *)u->regs;
}

static uint64_t *record_of(struct model_unit *m, unsigned int reg)
{
    CHECK(reg >= MODEL_FRO && reg < MODEL_FRO + 16 * MODEL_RECORDS);
    return &m->record[(reg - MODEL_FRO) / 16][reg / 8 % 2];
}

uint32_t vtd_read32(const struct vtd_unit *u, unsigned int reg)
{
    struct model_unit *const m = model_of(u);

    switch (reg) {
    case VTD_VER: return m->cap == UINT64_MAX ? UINT32_MAX : 0x10;
    case VTD_GSTS: return m->status;
    case VTD_FSTS: return m->fsts;
    case VTD_FECTL: return m->fectl;
    case VTD_PMEN: return m->pmen;
    default:
        CHECK(false);
        return 0;
    }
}

uint64_t vtd_read64(const struct vtd_unit *u, unsigned int reg)
{
    struct model_unit *const m = model_of(u);

    switch (reg) {
    case VTD_CAP: return m->cap;
    case VTD_ECAP: return m->ecap;
    case VTD_IQH: return m->head;
    default: return *record_of(m, reg);
    }
}

static void command(struct model_unit *m, uint32_t val)
{
    const uint32_t done = m->status ^ val;
    const uint32_t ok = ~m->refuses;

    /* One command at a time. */
    CHECK(__builtin_popcount((done & VTD_G_STATE) |
                             (val & (VTD_G_RTP | VTD_G_IRTP | VTD_G_WBF))) <=
          1);
    m->status ^= done & VTD_G_STATE & ok;
    if (val & VTD_G_RTP & ok) {
        m->rtaddr_used = m->rtaddr;
        m->status |= VTD_G_RTP;
    }
    if (val & VTD_G_IRTP & ok) {
        m->irta_used = m->irta;
        m->status |= VTD_G_IRTP;
    }
    if (val & VTD_G_WBF) {
        CHECK(m->cap & VTD_CAP_RWBF);
        m->write_flushes++;
        m->status |= VTD_G_WBF & m->refuses;
    }
    if (done & val & VTD_G_QIE) {
        m->head = 0;
    }
}

static void records_changed(struct model_unit *m)
{
    m->fsts &= ~VTD_FSTS_PPF;
    for (unsigned int i = 0; i < MODEL_RECORDS; i++) {
        if (m->record[i][1] & VTD_FRCD_HIGH_F) {
            m->fsts |= VTD_FSTS_PPF;
        }
    }
}

void vtd_write32(const struct vtd_unit *u, unsigned int reg, uint32_t val)
{
    struct model_unit *const m = model_of(u);

    switch (reg) {
    case VTD_GCMD: command(m, val); break;
    case VTD_FSTS: m->fsts &= ~(val & VTD_FSTS_CLEAR); break;
    case VTD_FECTL: m->fectl = val; break;
    case VTD_FEDATA: m->fault_data = val; break;
    case VTD_FEADDR: m->fault_addr = val; break;
    case VTD_FEUADDR: m->fault_upper = val; break;
    case VTD_PMEN: m->pmen = val; break;
    default:
        CHECK_EQ(reg % 16, VTD_FRCD_WORD3);
        CHECK_EQ(val, VTD_FRCD_WORD3_F);
        *record_of(m, reg) &= ~VTD_FRCD_HIGH_F;
        records_changed(m);
        break;
    }
}

void vtd_write64(const struct vtd_unit *u, unsigned int reg, uint64_t val)
{
    struct model_unit *const m = model_of(u);

    switch (reg) {
    case VTD_RTADDR: m->rtaddr = val; break;
    case VTD_IQA: m->iqa = val; break;
    case VTD_IRTA: m->irta = val; break;
    case VTD_IQT:
        CHECK_EQ(val & ~UINT64_C(0xff0), 0);
        m->iqt = val;
        queue_run(m, val);
        break;
    default: CHECK(false); break;
    }
}

/* --- DMA and interrupts --- */

static void fault(struct model_unit *m, uint16_t sid, uint64_t info,
                  unsigned int reason, bool is_write)
{
    uint64_t *const r = m->record[m->next_record];

    if (r[1] & VTD_FRCD_HIGH_F) {
        m->fsts |= VTD_FSTS_PFO;
    }
    if (m->fsts & VTD_FSTS_PFO) {
        return;
    }
    r[0] = info;
    r[1] = VTD_FRCD_HIGH_F | sid | field_prep(VTD_FRCD_HIGH_FR, reason) |
           (is_write ? 0 : VTD_FRCD_HIGH_READ);
    if (!(m->fsts & VTD_FSTS_PPF)) {
        m->fsts = (uint32_t)field_set(m->fsts, VTD_FSTS_FRI, m->next_record);
        m->interrupts += !(m->fectl & VTD_FECTL_IM);
    }
    m->fsts |= VTD_FSTS_PPF;
    m->next_record = (m->next_record + 1) % MODEL_RECORDS;
}

static void remember(struct model_cached *cache, struct model_cached c)
{
    for (unsigned int i = 0; i < MODEL_CACHED; i++) {
        if (!cache[i].is_used) {
            cache[i] = c;
            cache[i].is_used = true;
            return;
        }
    }
}

static struct model_cached *find(struct model_cached *cache, uint16_t sid,
                                 uint64_t page)
{
    for (unsigned int i = 0; i < MODEL_CACHED; i++) {
        struct model_cached *const c = &cache[i];

        if (c->is_used && c->sid == sid && page >> c->order << c->order ==
                                               c->page) {
            return c;
        }
    }
    return NULL;
}

/* 0, or a reason. */
static unsigned int context_of(struct model_unit *m, uint16_t sid,
                               uint64_t *low, uint64_t *high)
{
    struct model_cached *const c = find(m->context, sid, 0);
    const uint64_t root = mem_read(m, m->rtaddr_used + 16u * (sid >> 8));
    paddr_t at;

    if (c != NULL) {
        *low = c->entry;
        *high = c->did;
        return c->entry ? 0 : 2;
    }
    if (!(root & VTD_ROOT_P)) {
        return 1;
    }
    CHECK_EQ(root & 0xffe, 0);
    at = (root & VTD_TABLE_ADDR) + 16u * (sid & 0xff);
    *low = mem_read(m, at);
    *high = mem_read(m, at + 8);
    if (!(*low & VTD_CTX_LOW_P)) {
        if (m->cap & VTD_CAP_CM) {
            remember(m->context, (struct model_cached){ .sid = sid });
        }
        return 2;
    }
    CHECK_EQ(*low & 0xffe, 0);
    CHECK_EQ(*high & ~(VTD_CTX_HIGH_AW | VTD_CTX_HIGH_DID), 0);
    CHECK_EQ(field_get(VTD_CTX_HIGH_AW, *high),
             m->cap & VTD_CAP_SAGAW_48 ? 2 : 1);
    *high = field_get(VTD_CTX_HIGH_DID, *high);
    remember(m->context, (struct model_cached){
        .sid = sid, .did = (uint16_t)*high, .entry = *low });
    return 0;
}

/* The leaf of @page; 0: none. */
static uint64_t walk(struct model_unit *m, paddr_t table, uint64_t page,
                     unsigned int *order)
{
    unsigned int level = m->cap & VTD_CAP_SAGAW_48 ? 3 : 2;

    for (;; level--) {
        const uint64_t e = mem_read(m, table + page / (1ul << 9 * level) %
                                               512 * 8);

        *order = 9 * level;
        if (!(e & (VTD_PT_R | VTD_PT_W))) {
            CHECK_EQ(e, 0);
            return 0;
        }
        CHECK_EQ(e & ~(VTD_TABLE_ADDR | VTD_PT_R | VTD_PT_W |
                       (level == 1 || level == 2 ? VTD_PT_PS : 0) |
                       (m->ecap & VTD_ECAP_SC ? VTD_PT_SNP : 0)), 0);
        if (level == 0 || e & VTD_PT_PS) {
            return e;
        }
        table = e & VTD_TABLE_ADDR;
    }
}

uint64_t model_dma(struct model_unit *m, uint16_t sid, uint64_t addr,
                   bool is_write)
{
    struct model_cached *const c = find(m->tlb, sid, addr >> PAGE_SHIFT);
    struct model_cached got;
    uint64_t low, high;
    unsigned int why;

    if (!(m->status & VTD_G_TE)) {
        return addr;
    }
    why = context_of(m, sid, &low, &high);
    if (why != 0) {
        fault(m, sid, addr & VTD_FRCD_LOW_FI, why, is_write);
        return UINT64_MAX;
    }
    if (c != NULL) {
        got = *c;
    } else {
        got.sid = sid;
        got.did = (uint16_t)high;
        got.entry = walk(m, low & VTD_TABLE_ADDR, addr >> PAGE_SHIFT,
                         &got.order);
        got.page = addr >> PAGE_SHIFT >> got.order << got.order;
        if (got.entry != 0 || m->cap & VTD_CAP_CM) {
            remember(m->tlb, got);
        }
    }
    if (!(got.entry & (is_write ? VTD_PT_W : VTD_PT_R))) {
        fault(m, sid, addr & VTD_FRCD_LOW_FI, is_write ? 5 : 6, is_write);
        return UINT64_MAX;
    }
    return (got.entry & VTD_TABLE_ADDR) + addr - (got.page << PAGE_SHIFT);
}

unsigned int model_interrupt(struct model_unit *m, uint16_t sid,
                             uint64_t addr, uint32_t data, uint32_t *apic_id,
                             uint8_t *vector)
{
    const bool is_wide = (m->irta_used & VTD_IRTA_EIME) != 0;
    struct vtd_entry *e;
    unsigned int why = 0;
    uint32_t index;

    CHECK(m->status & VTD_G_IRE);
    if (!(addr & VTD_MSI_ADDR_REMAP)) {
        fault(m, sid, 0, 0x25, true);
        return 0x25;
    }
    index = (uint32_t)(field_get(VTD_MSI_ADDR_INDEX, addr) |
                       field_get(VTD_MSI_ADDR_INDEX15, addr) << 15);
    index += addr & VTD_MSI_ADDR_SHV ? data & 0xffffu : 0;
    if (index >= 2u << field_get(VTD_IRTA_S, m->irta_used)) {
        fault(m, sid, (uint64_t)index << 48, 0x21, true);
        return 0x21;
    }
    e = &m->irte[index];
    if (!m->irte_cached[index]) {
        const paddr_t at = (m->irta_used & VTD_TABLE_ADDR) + 16u * index;

        e->low = mem_read(m, at);
        e->high = mem_read(m, at + 8);
        m->irte_cached[index] = true;
    }
    if (!(e->low & VTD_IRTE_LOW_P)) {
        why = 0x22;
    } else if (field_get(VTD_IRTE_HIGH_SVT, e->high) == VTD_SVT_SID
                   ? (e->high & 0xffff) != sid
                   : sid >> 8 < (e->high >> 8 & 0xff) ||
                         sid >> 8 > (e->high & 0xff)) {
        why = 0x26;
    }
    if (why != 0) {
        fault(m, sid, (uint64_t)index << 48, why, true);
        return why;
    }
    CHECK_EQ(e->low & 0xff00ffee, 0);
    *vector = (uint8_t)field_get(VTD_IRTE_LOW_VECTOR, e->low);
    *apic_id = (uint32_t)field_get(is_wide ? VTD_IRTE_LOW_DST
                                           : VTD_IRTE_LOW_DST_8, e->low);
    return 0;
}

/* --- what the driver wants of the rest --- */

void *arch_mm_ioremap(paddr_t pa, size_t bytes)
{
    CHECK(bytes >= MODEL_FRO + 16 * MODEL_RECORDS);
    for (unsigned int i = 0; i < MODEL_UNITS; i++) {
        if (pa == MODEL_ADDR(i)) {
            return &model_units[i];
        }
    }
    return NULL;
}

bool lapic_is_x2apic(void)
{
    return model_x2apic;
}

void iommu_fault(const struct iommu_fault *f)
{
    CHECK(model_fault_count < IOMMU_FAULT_BATCH);
    model_faults[model_fault_count++] = *f;
}

void iommu_fault_interrupt(void)
{
}

void irq_setup(struct irq *irq, const struct irq_chip *chip, uint32_t number)
{
    irq->chip = chip;
}

int irq_request(struct irq *irq, const char *name, irq_handler_fn *handler,
                void *arg, unsigned int cpu)
{
    if (model_vector == 0) {
        return -ENOSPC;
    }
    irq->chip->route(irq, 0x123, model_vector);
    return 0;
}

void irq_unmask(struct irq *irq)
{
    irq->chip->unmask(irq);
}

struct list_head pci_devices = LIST_HEAD_INIT(pci_devices);

struct pci_dev *pci_find(pci_sbdf_t sbdf)
{
    struct pci_dev *dev;

    list_for_each_entry(dev, &pci_devices, link) {
        if (dev->sbdf == sbdf) {
            return dev;
        }
    }
    return NULL;
}

/* 00:1c.0 leads to buses 2 to 4; 02:01.0 to bus 3. */
uint32_t pci_cfg_read(pci_sbdf_t sbdf, unsigned int reg, unsigned int size)
{
    const bool is_first = sbdf == PCI_SBDF(0, 0, 0x1c, 0);
    const bool is_second = sbdf == PCI_SBDF(0, 2, 1, 0);

    switch (reg) {
    case PCI_HEADER_TYPE:
        return is_first || is_second ? PCI_HEADER_BRIDGE : 0;
    case PCI_BRIDGE_BUSES + 1: return is_first ? 2 : is_second ? 3 : 0;
    case PCI_BRIDGE_BUSES + 2: return is_first ? 4 : is_second ? 3 : 0;
    default: return 0;
    }
}
