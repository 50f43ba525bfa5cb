/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts a control domain again that crashed, in its place: number, memory
 * and devices stay, other domains run on.  Only one whose kernel has a note
 * of ours, which says that it can begin anew among living guests and from
 * which address on its image keeps what it must not forget
 * (docs/decisions/0007-dom0-restart.md).
 *
 * What it cannot do without is out of its reach: the kernel's file is copied
 * at boot, the initrd, the tables and the start info are write-protected.
 *
 * Locking: none of its own; all of it runs at the loop head of some CPU while
 * the domain is shut down and off all CPUs.
 */
#include <core/abi/sched.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/dom0/dom0_priv.h>
#include <core/domain/domain.h>
#include <core/domain/vcpu.h>
#include <core/domain/watchdog.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/kernel/time.h>
#include <core/lib/elf_parse.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/sync/quiescent.h>
#include <core/vpci/vpci.h>
#include <drivers/pci/pci.h>

#define NOTE_NAME "Hospes"
#define NOTE_RESTART 1u
/* More than so many in that time: it would crash for ever. */
#define CRASHES_MAX 10u
#define CRASHES_NS (60 * NSEC_PER_SEC)
#define WATCHDOGS 2u

static struct {
    struct dom0_kernel kernel;  /* Its file is our copy; NULL: no restart    */
    paddr_t start_info;
    struct quiescent_head head;
    bool is_closing;            /* Its event channels                        */
    unsigned int crashes;       /* Since then                                */
    nsec_t since;
} restart;

void dom0_restart_keep(const struct dom0_kernel *k)
{
    const unsigned int order = order_of_pages(bytes_to_pages(k->size));
    struct elf_image elf;
    struct elf_note note;
    uint64_t keep_from;
    void *copy;

    if (elf_open(&elf, k->image, k->size) != 0 ||
        elf_find_note(&elf, NOTE_NAME, NOTE_RESTART, &note) != 0 ||
        note.desc_size != sizeof(keep_from)) {
        return;
    }
    copy = xpage_alloc(order);
    if (copy == NULL) {
        printk(LOG_WARN, "dom0: no memory to start it again if it crashes\n");
        return;
    }
    memcpy(copy, k->image, k->size);
    memcpy(&keep_from, note.desc, sizeof(keep_from));
    restart.kernel = *k;
    restart.kernel.image = copy;
    restart.kernel.keep_from = keep_from + (uint64_t)k->offset;
}

/* Interrupts and DMA of what it drove end; what is decoded stays so. */
static void quiet_devices(struct domain *d)
{
    struct pci_dev *pci;

    list_for_each_entry(pci, &pci_devices, link) {
        const uint32_t command = vpci_read(d, pci->sbdf, PCI_COMMAND, 2);

        if (!pci->is_hidden && pci->header == PCI_HEADER_NORMAL) {
            vpci_write(d, pci->sbdf, PCI_COMMAND, 2,
                       command & ~PCI_COMMAND_MASTER);
        }
    }
    if (vpci_domain_init(d) != 0) {
        panic("dom0: no memory to start it again\n");
    }
}

static void reset_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        vcpu_park(v);
        vcpu_notify(v);
        vcpu_reset_registrations(v);
        vcpu_timer_stop_singleshot(v);
        vcpu_timer_set_periodic(v, 0);
    }
    for (unsigned int id = 1; id <= WATCHDOGS; id++) {
        (void)!watchdog_set(d, id, 0);
    }
}

/* 0; -ERESTART: once more at a later loop head. */
static int let_go(struct domain *d)
{
    struct vcpu *v;
    int rc = 0;

    for_each_vcpu(d, v) {
        if (!vcpu_is_saved(v)) {
            return -ERESTART;
        }
    }
    if (!restart.is_closing) {
        rc = gnttab_release_mappings(d);
    }
    if (rc == 0) {
        rc = evtchn_reset(d, restart.is_closing);
        restart.is_closing = true;
    }
    return rc;
}

/* Frames of its image that it gave away may be another domain's now. */
static bool has_image(struct domain *d)
{
    const struct dom0_kernel *const k = &restart.kernel;

    for (mfn_t at = paddr_to_mfn(k->load_start);
         mfn_x(at) < mfn_x(paddr_to_mfn(k->load_end + PAGE_SIZE - 1));
         at = mfn_add(at, 1)) {
        const struct p2m_entry e = p2m_lookup(d, GFN(mfn_x(at)));

        if (e.type != P2M_RAM_RW || mfn_x(e.mfn) != mfn_x(at) ||
            page_of(at)->owner != d->id) {
            return false;
        }
    }
    return true;
}

static void begin_anew(struct quiescent_head *head)
{
    struct domain *const d = hardware_domain;
    const char *why = "it gave memory of its kernel away";
    const int rc = let_go(d);

    if (rc == -ERESTART) {
        quiescent_defer(head, begin_anew);
        return;
    }
    restart.is_closing = false;
    quiet_devices(d);
    reset_vcpus(d);
    if (rc != 0) {
        panic("dom0: cannot be started again (error %d)\n", rc);
    }
    if (!has_image(d) || dom0_elf_load(&restart.kernel, &why) != 0) {
        panic("dom0: cannot be started again: %s\n", why);
    }
    arch_vcpu_set_pvh_entry(d->vcpu[0], (uint32_t)restart.kernel.entry,
                            (uint32_t)restart.start_info);
    vcpu_up(d->vcpu[0]);
    if (domain_resume(d) != 0) {
        BUG();
    }
}

/* A hook of domain_shutdown(): false if the machine has to follow. */
static bool stopped(struct domain *d)
{
    const nsec_t now = time_now();

    if (now - restart.since > CRASHES_NS) {
        restart.since = now;
        restart.crashes = 0;
    }
    if (restart.crashes == CRASHES_MAX) {
        printk(LOG_ERR, "dom0: crashed %u times within a minute\n",
               CRASHES_MAX + 1);
        return false;
    }
    restart.crashes++;
    printk(LOG_WARN, "dom0: starting it again; the guests run on\n");
    quiescent_defer(&restart.head, begin_anew);
    return true;
}

void dom0_restart_arm(struct domain *d, paddr_t start_info)
{
    const struct dom0_kernel *const k = &restart.kernel;
    int rc = 0;

    if (k->image == NULL) {
        return;
    }
    for (unsigned int i = 0; rc == 0 && i < dom0_layout.busy_count; i++) {
        const struct dom0_range *const r = &dom0_layout.busy[i];
        const mfn_t start = paddr_to_mfn(r->start);

        if (r->start != k->load_start) {
            rc = p2m_map_range(d, GFN(mfn_x(start)), start,
                               bytes_to_pages(r->end - mfn_to_paddr(start)),
                               P2M_RAM_RO);
        }
    }
    if (rc != 0) {
        panic("dom0: no memory to write-protect its files\n");
    }
    restart.start_info = start_info;
    /* Others may mean a reboot by it; one that begins anew does not. */
    d->hvm_params.value[HVM_PARAM_TRIPLE_FAULT_REASON] = SHUTDOWN_crash;
    hardware_restart = stopped;
}
