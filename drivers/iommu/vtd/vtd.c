/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VT-d: finds the units of the DMAR table, judges what they have in common,
 * and starts them.  A unit needs queued invalidation; with what else it has
 * or lacks the driver lives.  Either all units work or none is used.
 *
 * Locking: boot, one CPU.
 * Manual: VT-d specification, "Software Considerations" and "Register
 * Descriptions".
 */
#include <arch/x86/cpu/lapic.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <drivers/iommu/vtd/vtd_priv.h>

struct vtd_unit vtd_units[ACPI_MAX_IOMMUS];
unsigned int vtd_unit_count;

/* Bytes from the base on that hold all registers. */
static size_t INIT_TEXT regs_size(uint64_t cap)
{
    const size_t end = (size_t)(field_get(VTD_CAP_FRO, cap) +
                                field_get(VTD_CAP_NFR, cap) + 1u) *
                       VTD_FRCD_SIZE;

    return max(round_up(end, PAGE_SIZE), (size_t)VTD_REGS_MIN);
}

/* What keeps a unit from being used; NULL: nothing. */
static const char *INIT_TEXT objection(const struct vtd_unit *u)
{
    if (vtd_read32(u, VTD_VER) == UINT32_MAX || u->cap == UINT64_MAX) {
        return "does not answer: registers read all ones";
    }
    if (!(u->ecap & VTD_ECAP_QI)) {
        return "has no queued invalidation";
    }
    if (!(u->cap & (VTD_CAP_SAGAW_39 | VTD_CAP_SAGAW_48))) {
        return "has page tables of neither 3 nor 4 levels";
    }
    return NULL;
}

static int INIT_TEXT unit_probe(unsigned int nr)
{
    const struct acpi_iommu_unit *const a = &acpi_iommu.unit[nr];
    struct vtd_unit *const u = &vtd_units[vtd_unit_count];
    const char *why;

    *u = (struct vtd_unit){
        .addr = a->addr,
        .segment = a->segment,
        .nr = (uint8_t)nr,
        .covers_all = a->covers_all,
    };
    spin_init(&u->lock, LOCK_IOMMU);
    u->regs = arch_mm_ioremap(a->addr, VTD_REGS_MIN);
    if (u->regs == NULL) {
        return -ENOMEM;
    }
    u->cap = vtd_read64(u, VTD_CAP);
    u->ecap = vtd_read64(u, VTD_ECAP);
    why = objection(u);
    if (why != NULL) {
        printk(LOG_WARN, "VT-d unit at %#lx %s\n", (unsigned long)u->addr,
               why);
        return -ENODEV;
    }
    if (regs_size(u->cap) > VTD_REGS_MIN) {
        u->regs = arch_mm_ioremap(a->addr, regs_size(u->cap));
    }
    vtd_unit_count++;
    return u->regs != NULL ? 0 : -ENOMEM;
}

static int INIT_TEXT probe_all(void)
{
    int rc = 0;

    vtd_unit_count = 0;
    for (unsigned int i = 0; rc == 0 && i < acpi_iommu.unit_count; i++) {
        if (!acpi_iommu.unit[i].has_bdf) {
            rc = unit_probe(i);
        }
    }
    return vtd_unit_count == 0 && rc == 0 ? -ENODEV : rc;
}

/* The capabilities that all units have, and those that any has. */
struct common {
    uint64_t cap;
    uint64_t ecap;
    uint64_t any_cap;
};

static struct common INIT_TEXT common_of_units(void)
{
    struct common c = { .cap = UINT64_MAX, .ecap = UINT64_MAX };

    for_each_vtd_unit(u) {
        c.cap &= u->cap;
        c.ecap &= u->ecap;
        c.any_cap |= u->cap;
    }
    return c;
}

static int INIT_TEXT props_set(struct iommu_props *props, bool want_ir)
{
    const struct common c = common_of_units();

    if (!(c.cap & (VTD_CAP_SAGAW_39 | VTD_CAP_SAGAW_48))) {
        printk(LOG_WARN, "VT-d: the units have no page tables in common\n");
        return -ENODEV;
    }
    props->format = &vtd_pt_format;
    props->levels = c.cap & VTD_CAP_SAGAW_48 ? 4u : 3u;
    props->max_order = 0;
    if (c.cap & VTD_CAP_SLLPS_2M) {
        props->max_order = c.cap & VTD_CAP_SLLPS_1G ? 18u : 9u;
    }
    props->caches_absent = (c.any_cap & (VTD_CAP_CM | VTD_CAP_RWBF)) != 0;
    props->is_incoherent = !(c.ecap & VTD_ECAP_C);
    props->has_ir = want_ir && acpi_iommu.has_intr_remap &&
                    (c.ecap & VTD_ECAP_IR);
    vtd_pt_set_snoop((c.ecap & VTD_ECAP_SC) != 0);
    if (want_ir && !props->has_ir) {
        printk(LOG_WARN, "VT-d: no interrupt remapping, a device can raise "
               "any interrupt; look for it in the firmware setup\n");
    }
    for_each_vtd_unit(u) {
        u->has_eim = lapic_is_x2apic() && (c.ecap & VTD_ECAP_EIM);
    }
    return 0;
}

/* Off, as after a reset; firmware or a boot loader may have used it. */
static int INIT_TEXT unit_stop(const struct vtd_unit *u)
{
    static const struct {
        uint32_t bit;
        const char *what;
    } off[] = {
        { VTD_G_IRE, "interrupt remapping off" },
        { VTD_G_TE, "translation off" },
        { VTD_G_QIE, "queue off" },
    };
    int rc = 0;

    for (unsigned int i = 0; rc == 0 && i < ARRAY_SIZE(off); i++) {
        if (vtd_read32(u, VTD_GSTS) & off[i].bit) {
            rc = vtd_command(u, off[i].bit, false, off[i].what);
        }
    }
    return rc;
}

/* Firmware's own protection is not needed any more. */
static int INIT_TEXT protected_memory_off(const struct vtd_unit *u)
{
    if (!(u->cap & (VTD_CAP_PLMR | VTD_CAP_PHMR))) {
        return 0;
    }
    vtd_write32(u, VTD_PMEN, 0);
    return vtd_await(u, VTD_PMEN, VTD_PMEN_PRS, 0, "protected memory off");
}

static int INIT_TEXT unit_start(struct vtd_unit *u, bool with_ir)
{
    int rc = unit_stop(u);

    if (rc == 0) {
        vtd_write32(u, VTD_FECTL, VTD_FECTL_IM);
        vtd_write32(u, VTD_FSTS, VTD_FSTS_CLEAR);
        rc = vtd_qi_init(u);
    }
    if (rc == 0) {
        rc = vtd_ctx_init(u);
    }
    if (rc == 0 && with_ir) {
        rc = vtd_ir_init(u);
    }
    if (rc == 0) {
        rc = vtd_command(u, VTD_G_TE, true, "translation on");
    }
    return rc ? rc : protected_memory_off(u);
}

static int INIT_TEXT start_all(bool with_ir)
{
    int rc = 0;

    for_each_vtd_unit(u) {
        rc = rc ? rc : unit_start(u, with_ir);
    }
    if (rc == 0) {
        return 0;
    }
    /* Their tables stay allocated: a unit that does not stop may read them. */
    for_each_vtd_unit(u) {
        if (unit_stop(u) != 0) {
            printk(LOG_ERR, "VT-d unit at %#lx stays on\n",
                   (unsigned long)u->addr);
        }
    }
    return -ENODEV;
}

static int INIT_TEXT vtd_init(struct iommu_props *props, bool want_ir)
{
    int rc = acpi_iommu.is_broken ? -ENODEV : probe_all();

    if (rc == 0) {
        vtd_scope_init();
        rc = props_set(props, want_ir);
    }
    if (rc == 0) {
        rc = start_all(props->has_ir);
    }
    if (rc != 0) {
        vtd_unit_count = 0;
        printk(LOG_WARN, "VT-d is not used: update the firmware, or look for "
               "VT-d in its setup\n");
        return -ENODEV;
    }
    for_each_vtd_unit(u) {
        vtd_fault_init(u);
        printk(LOG_DEBUG, "VT-d unit at %#lx: cap %#lx, ecap %#lx\n",
               (unsigned long)u->addr, (unsigned long)u->cap,
               (unsigned long)u->ecap);
    }
    return 0;
}

static void vtd_dump(void)
{
    for_each_vtd_unit(u) {
        const uint32_t ver = vtd_read32(u, VTD_VER);

        printk_raw("VT-d unit at %#lx, version %u.%u, segment %u%s: status "
                   "%#x, faults %#x\n", (unsigned long)u->addr,
                   (unsigned int)field_get(VTD_VER_MAJOR, ver),
                   (unsigned int)field_get(VTD_VER_MINOR, ver), u->segment,
                   u->covers_all ? ", all other devices" : "",
                   vtd_read32(u, VTD_GSTS), vtd_read32(u, VTD_FSTS));
        spin_lock(&u->lock);
        vtd_ctx_dump(u);
        vtd_ir_dump(u);
        spin_unlock(&u->lock);
    }
}

const struct iommu_ops iommu_ops_vtd = {
    .name = "VT-d",
    .init = vtd_init,
    .attach = vtd_ctx_attach,
    .detach = vtd_ctx_detach,
    .flush = vtd_ctx_flush,
    .ir_set = vtd_ir_set,
    .ir_clear = vtd_ir_clear,
    .fault_drain = vtd_fault_drain,
    .dump = vtd_dump,
};
