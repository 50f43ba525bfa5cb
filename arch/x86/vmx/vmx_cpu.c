/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VT-x on and off on each CPU, and what it offers.  SDM volume 3, "Enabling
 * and Entering VMX Operation", appendix "VMX Capability Reporting Facility".
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/cpu/spec_ctrl.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/vmx/vmx_priv.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>

#define BASIC_MEMTYPE_WB 6u
#define GUEST_SLICE_MS 1u

struct vmx_features vmx_features;

/* A control word: where its limits stand, what must and what may be set. */
struct control_row {
    const char *name;
    uint32_t msr;
    uint32_t msr_true;  /* 0: there is no other                              */
    uint32_t required;
    uint32_t optional;
};

enum { ROW_PIN, ROW_PROC, ROW_EXIT, ROW_ENTRY, ROW_PROC2, ROW_COUNT };

static const struct control_row control_rows[ROW_COUNT] = {
    [ROW_PIN] = { "pin-based", MSR_VMX_PIN, MSR_VMX_TRUE_PIN,
                  PIN_EXT_INTR | PIN_NMI | PIN_VIRTUAL_NMI,
                  PIN_PREEMPT_TIMER },
    [ROW_PROC] = { "processor-based", MSR_VMX_PROC, MSR_VMX_TRUE_PROC,
                   PROC_TSC_OFFSET | PROC_HLT | PROC_MWAIT | PROC_RDPMC |
                       PROC_CR8_LOAD | PROC_CR8_STORE | PROC_IO_BITMAPS |
                       PROC_MSR_BITMAPS | PROC_MONITOR | PROC_MOV_DR |
                       PROC_SECONDARY, 0 },
    [ROW_EXIT] = { "exit", MSR_VMX_EXIT, MSR_VMX_TRUE_EXIT,
                   EXIT_SAVE_DEBUG | EXIT_HOST_64 | EXIT_SAVE_PAT |
                       EXIT_LOAD_PAT | EXIT_SAVE_EFER | EXIT_LOAD_EFER,
                   EXIT_SAVE_TIMER },
    [ROW_ENTRY] = { "entry", MSR_VMX_ENTRY, MSR_VMX_TRUE_ENTRY,
                    ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER, 0 },
    [ROW_PROC2] = { "secondary", MSR_VMX_PROC2, 0,
                    PROC2_EPT | PROC2_UNRESTRICTED,
                    PROC2_RDTSCP | PROC2_VPID | PROC2_WBINVD | PROC2_PLE |
                        PROC2_INVPCID },
};

/* 0, or -ENODEV with a line that tells what is missing. */
static int control_choose(unsigned int nr, bool has_true, uint32_t *word)
{
    const struct control_row *const row = &control_rows[nr];
    const uint64_t cap = msr_read(has_true && row->msr_true ? row->msr_true
                                                            : row->msr);
    const uint32_t must = lo32(cap);
    const uint32_t may = hi32(cap);

    *word = ((row->required | row->optional) & may) | must;
    if (row->required & ~may) {
        printk(LOG_ERR, "this processor's VT-x lacks %s controls %#x, which "
               "are required\n", row->name, row->required & ~may);
        return -ENODEV;
    }
    return 0;
}

/* EPT and unrestricted guests: what the first processors did not have. */
static int detect_ept(uint32_t proc2_allowed)
{
    const char *lacks = NULL;
    uint64_t cap = 0;

    if (!(proc2_allowed & PROC2_EPT)) {
        lacks = "extended page tables (EPT)";
    } else if (!(proc2_allowed & PROC2_UNRESTRICTED)) {
        lacks = "unrestricted guests";
    } else {
        cap = msr_read(MSR_VMX_EPT_VPID_CAP);
        if (!(cap & EPT_CAP_WALK4) || !(cap & EPT_CAP_WB) ||
            !(cap & EPT_CAP_INVEPT) ||
            !(cap & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL))) {
            lacks = "write-back four-level EPT with INVEPT";
        }
    }
    if (lacks) {
        printk(LOG_ERR, "this processor's VT-x has no %s, which is required\n",
               lacks);
        return -ENODEV;
    }
    vmx_features.ept_vpid = cap;
    if (!(cap & EPT_CAP_2M)) {
        p2m_limits.max_order = 0;
    } else if (!(cap & EPT_CAP_1G)) {
        p2m_limits.max_order = min(p2m_limits.max_order, 9u);
    }
    return 0;
}

/* Without all-context INVVPID the numbers could not be used a second time. */
static void check_vpid(void)
{
    struct vmx_features *const f = &vmx_features;

    if (!(f->ept_vpid & VPID_CAP_INVVPID) || !(f->ept_vpid & VPID_CAP_ALL)) {
        f->proc2 &= ~PROC2_VPID;
    }
    if (!cpu_has(CPU_FEATURE_RDTSCP)) {
        f->proc2 &= ~PROC2_RDTSCP;
    }
}

/* In steps of the preemption timer, which counts a power of two of cycles. */
static void set_guest_slice(void)
{
    const unsigned int shift =
        (unsigned int)field_get(VMX_MISC_TIMER_SHIFT, msr_read(MSR_VMX_MISC));
    const uint64_t cycles = time_cycles_hz() / (1000 / GUEST_SLICE_MS);

    vmx_features.guest_slice = (uint32_t)max(cycles >> shift, UINT64_C(1));
}

static void print_features(void)
{
    const struct vmx_features *const f = &vmx_features;

    printk(LOG_INFO, "VT-x: revision %#x,%s%s%s%s%s%s%s\n", f->revision,
           f->ept_vpid & EPT_CAP_2M ? " EPT-2M" : "",
           f->ept_vpid & EPT_CAP_1G ? " EPT-1G" : "",
           f->proc2 & PROC2_VPID ? " VPID" : "",
           f->proc2 & PROC2_PLE ? " pause-loop-exiting" : "",
           f->pin & PIN_PREEMPT_TIMER ? " preemption-timer" : "",
           vmx_apicv_is_used() ? " APIC-virtualisation" : "",
           f->proc2_allowed & PROC2_TSC_SCALING ? " TSC-scaling" : "");
}

static int choose_controls(void)
{
    struct vmx_features *const f = &vmx_features;
    const uint64_t basic = msr_read(MSR_VMX_BASIC);
    const bool has_true = basic & VMX_BASIC_TRUE;
    int rc = control_choose(ROW_PROC, has_true, &f->proc);

    if (rc) {
        return rc;
    }
    f->revision = (uint32_t)field_get(VMX_BASIC_REVISION, basic);
    f->proc2_allowed = hi32(msr_read(MSR_VMX_PROC2));
    rc = detect_ept(f->proc2_allowed);
    if (!rc) {
        rc = control_choose(ROW_PROC2, has_true, &f->proc2);
    }
    if (!rc) {
        rc = control_choose(ROW_PIN, has_true, &f->pin);
    }
    if (!rc) {
        rc = control_choose(ROW_EXIT, has_true, &f->exit);
    }
    if (!rc) {
        rc = control_choose(ROW_ENTRY, has_true, &f->entry);
    }
    return rc;
}

/* Once, on the boot CPU: 0, -ENODEV, -ENOMEM. */
static int vmx_detect(void)
{
    const uint64_t basic = msr_read(MSR_VMX_BASIC);
    const int rc = choose_controls();

    if (rc) {
        return rc;
    }
    if (field_get(VMX_BASIC_MEMTYPE, basic) != BASIC_MEMTYPE_WB) {
        printk(LOG_WARN, "VT-x wants its structures uncached: slow\n");
    }
    check_vpid();
    if (!(vmx_features.pin & PIN_PREEMPT_TIMER)) {
        vmx_features.exit &= ~EXIT_SAVE_TIMER;
    }
    set_guest_slice();
    if (spec_ctrl.use_l1d || spec_ctrl.use_verw) {
        vmx_features.due_always = VMX_DUE_BUFFERS;
    }
    vmx_features.cr0_fixed0 = msr_read(MSR_VMX_CR0_FIXED0);
    vmx_features.cr4_fixed0 = msr_read(MSR_VMX_CR4_FIXED0);
    vmx_apicv_init(hi32(msr_read(MSR_VMX_PROC)) & PROC_TPR_SHADOW);
    if (vmx_io_init() || vmx_msr_init()) {
        return -ENOMEM;
    }
    print_features();
    return 0;
}

/* The firmware locks the register; where it did not, we do. */
static int feature_control_open(void)
{
    const uint64_t wanted = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX;
    const uint64_t val = msr_read(MSR_FEATURE_CONTROL);

    if (!(val & FEATURE_CONTROL_LOCK)) {
        msr_write(MSR_FEATURE_CONTROL, val | wanted);
        return 0;
    }
    if (!(val & FEATURE_CONTROL_VMX)) {
        printk(LOG_ERR, "VT-x is locked off by the firmware "
               "(IA32_FEATURE_CONTROL is %#lx); switch it on in its set-up\n",
               val);
        return -ENODEV;
    }
    return 0;
}

/* Another kind of CPU could refuse what was chosen on the first. */
static int check_same(void)
{
    const struct vmx_features *const f = &vmx_features;
    const bool has_true = msr_read(MSR_VMX_BASIC) & VMX_BASIC_TRUE;
    const uint32_t words[ROW_COUNT] = {
        [ROW_PIN] = f->pin, [ROW_PROC] = f->proc, [ROW_EXIT] = f->exit,
        [ROW_ENTRY] = f->entry, [ROW_PROC2] = f->proc2,
    };

    for (unsigned int i = 0; i < ROW_COUNT; i++) {
        const struct control_row *const row = &control_rows[i];
        const uint64_t cap = msr_read(
            has_true && row->msr_true ? row->msr_true : row->msr);

        if ((words[i] & ~hi32(cap)) || (lo32(cap) & ~words[i])) {
            printk(LOG_ERR, "CPU %u: its VT-x differs in the %s controls\n",
                   this_cpu_id(), row->name);
            return -ENODEV;
        }
    }
    return 0;
}

static struct vmx_cpu *vmx_cpu_alloc(void)
{
    struct vmx_cpu *const vc = xzalloc(sizeof(*vc));

    if (!vc) {
        return NULL;
    }
    vc->vmxon = xpage_alloc(0);
    if (!vc->vmxon) {
        xfree(vc);
        return NULL;
    }
    memset(vc->vmxon, 0, PAGE_SIZE);
    *(uint32_t *)vc->vmxon = vmx_features.revision;
    vmx_state_cpu_init(vc);
    vc->next_vpid = 1;
    vc->vpid_generation = 1;
    return vc;
}

static int vmxon(const struct vmx_cpu *vc)
{
    const paddr_t pa = mfn_to_paddr(page_mfn(va_page(vc->vmxon)));
    bool ok;

    cr4_write(cr4_read() | CR4_VMXE);
    asm volatile("vmxon %[pa]" : "=@cca"(ok) : [pa] "m"(pa) : "memory");
    if (!ok) {
        cr4_write(cr4_read() & ~CR4_VMXE);
        printk(LOG_ERR, "CPU %u: VMXON failed; is another hypervisor active?\n",
               this_cpu_id());
        return -ENODEV;
    }
    return 0;
}

int vmx_cpu_enable(void)
{
    struct vmx_cpu **const slot = &this_cpu()->arch->vmx;
    int rc = feature_control_open();

    if (rc) {
        return rc;
    }
    rc = vmx_features.proc2_allowed ? check_same() : vmx_detect();
    if (rc) {
        return rc;
    }
    if (!*slot) {
        *slot = vmx_cpu_alloc();
        if (!*slot) {
            return -ENOMEM;
        }
    }
    return vmxon(*slot);
}
