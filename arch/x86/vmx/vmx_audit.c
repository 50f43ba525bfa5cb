/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would VM entry refuse the current VMCS, and why.  The rows follow SDM volume
 * 3, "VM Entries": "Checks on VMX Controls", "Checks on Host-State Area",
 * "Checking and Loading Guest State"; run when an entry fails.  Controls that
 * are never set have no rows.
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/vmx/vmx_priv.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>

#define TYPE_LDT 2u
#define TYPE_TSS16_BUSY 3u
#define TYPE_TSS32_BUSY 11u
#define TYPE_CODE BIT(3)
#define TYPE_CONFORMING BIT(2)
#define TYPE_RW BIT(1)
#define TYPE_ACCESSED BIT(0)
#define SEL_TI BIT(2)
#define SEL_LOW GENMASK64(2, 0)
#define RFLAGS_RSVD                                                          \
    (GENMASK64(63, 22) | BIT(15) | BIT(5) | BIT(3))
#define EFER_KNOWN (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define PENDING_RSVD                                                         \
    (GENMASK64(63, 17) | BIT(15) | BIT(13) | GENMASK64(11, 4))
#define TABLE_LIMIT_MAX 0xffffu
#define PHYS_BITS_MAX 52u

struct check {
    bool failed;
    const char *what;
};

static bool report(const struct check *checks, unsigned int nr)
{
    bool ok = true;

    for (unsigned int i = 0; i < nr; i++) {
        if (checks[i].failed) {
            printk(LOG_ERR, "VMCS audit: %s\n", checks[i].what);
            ok = false;
        }
    }
    return ok;
}

#define REPORT(checks) report((checks), ARRAY_SIZE(checks))

static bool is_canonical(uint64_t addr)
{
    const unsigned int shift = 64u - cpu_info.virt_bits;

    return (uint64_t)((int64_t)(addr << shift) >> shift) == addr;
}

/* Beyond the width of physical addresses, or not at a page. */
static bool is_bad_page(uint64_t pa)
{
    return pa % PAGE_SIZE ||
           (cpu_info.phys_bits < PHYS_BITS_MAX &&
            pa >> cpu_info.phys_bits);
}

static bool pat_is_bad(uint64_t pat)
{
    for (unsigned int i = 0; i < 8; i++) {
        const uint8_t type = (uint8_t)(pat >> (i * 8));

        if (type > 7 || type == 2 || type == 3) {
            return true;
        }
    }
    return false;
}

static bool word_is_bad(uint32_t word, uint32_t msr)
{
    const uint64_t cap = msr_read(msr);

    return (word & ~hi32(cap)) || (lo32(cap) & ~word);
}

static bool audit_words(void)
{
    const bool has_true = msr_read(MSR_VMX_BASIC) & VMX_BASIC_TRUE;
    const struct check checks[] = {
        { word_is_bad(vmcs_get_pin(),
                      has_true ? MSR_VMX_TRUE_PIN : MSR_VMX_PIN),
          "pin-based controls that this CPU does not allow" },
        { word_is_bad(vmcs_get_proc(),
                      has_true ? MSR_VMX_TRUE_PROC : MSR_VMX_PROC),
          "processor-based controls that this CPU does not allow" },
        { word_is_bad(vmcs_get_proc2(), MSR_VMX_PROC2),
          "secondary controls that this CPU does not allow" },
        { word_is_bad(vmcs_get_exit(),
                      has_true ? MSR_VMX_TRUE_EXIT : MSR_VMX_EXIT),
          "exit controls that this CPU does not allow" },
        { word_is_bad(vmcs_get_entry(),
                      has_true ? MSR_VMX_TRUE_ENTRY : MSR_VMX_ENTRY),
          "entry controls that this CPU does not allow" },
    };

    return REPORT(checks);
}

static bool audit_controls(void)
{
    const uint32_t pin = vmcs_get_pin();
    const uint32_t proc = vmcs_get_proc();
    const uint32_t proc2 = vmcs_get_proc2();
    const bool tpr = proc & PROC_TPR_SHADOW;
    const struct check checks[] = {
        { vmcs_get_cr3_target_count() > 4, "more than four CR3 targets" },
        { (proc & PROC_IO_BITMAPS) && (is_bad_page(vmcs_get_io_bitmap_a()) ||
                                       is_bad_page(vmcs_get_io_bitmap_b())),
          "address of an I/O bitmap" },
        { (proc & PROC_MSR_BITMAPS) && is_bad_page(vmcs_get_msr_bitmap()),
          "address of the MSR bitmap" },
        { tpr && is_bad_page(vmcs_get_virtual_apic()),
          "address of the virtual-APIC page" },
        { tpr && !(proc2 & PROC2_VINTR) && vmcs_get_tpr_threshold() >> 4,
          "TPR threshold above 15" },
        { !tpr && (proc2 & (PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR)),
          "APIC virtualisation without a TPR shadow" },
        { (proc2 & PROC2_X2APIC) && (proc2 & PROC2_APIC_ACCESS),
          "x2APIC and APIC-access virtualisation together" },
        { (proc2 & PROC2_VINTR) && !(pin & PIN_EXT_INTR),
          "virtual interrupts without external-interrupt exiting" },
        { !(pin & PIN_NMI) && (pin & PIN_VIRTUAL_NMI),
          "virtual NMIs without NMI exiting" },
        { !(pin & PIN_VIRTUAL_NMI) && (proc & PROC_NMI_WINDOW),
          "NMI-window exiting without virtual NMIs" },
        { (proc2 & PROC2_VPID) && vmcs_get_vpid() == 0, "VPID 0" },
        { is_bad_page(vmcs_get_ept_pointer() & PAGE_MASK) ||
              (vmcs_get_ept_pointer() & ~PAGE_MASK) !=
                  (EPTP_WALK4 | EPTP_WB),
          "EPT pointer" },
        { (proc2 & PROC2_UNRESTRICTED) && !(proc2 & PROC2_EPT),
          "unrestricted guest without EPT" },
        { vmcs_get_exit_msr_store_count() || vmcs_get_exit_msr_load_count() ||
              vmcs_get_entry_msr_load_count(),
          "an MSR area, of which there is none" },
        { vmcs_get_entry() & (ENTRY_SMM | ENTRY_DUAL_MONITOR),
          "entry to system management mode" },
    };

    return REPORT(checks);
}

static bool event_error_is_bad(uint32_t ev, uint64_t type, uint64_t vector)
{
    const uint64_t with_error = BIT(8) | BIT(10) | BIT(11) | BIT(12) |
                                BIT(13) | BIT(14) | BIT(17);
    const bool wants = type == VMX_EV_EXCEPTION && vector < 32 &&
                       (with_error & BIT(vector)) &&
                       (vmcs_get_guest_cr0() & CR0_PE);

    return wants != !!(ev & VMX_EV_ERROR);
}

static bool audit_event(void)
{
    const uint32_t ev = vmcs_get_entry_intr_info();
    const uint64_t type = field_get(VMX_EV_TYPE, ev);
    const uint64_t vector = field_get(VMX_EV_VECTOR, ev);
    const uint32_t blocking = vmcs_get_guest_interruptibility();
    const bool is_soft = type == VMX_EV_SOFT_INT ||
                         type == VMX_EV_SOFT_EXC || type == VMX_EV_PRIV_EXC;
    const uint32_t len = vmcs_get_entry_insn_len();

    if (!(ev & VMX_EV_VALID)) {
        return true;
    }
    const struct check checks[] = {
        { ev & VMX_EV_RSVD, "event with reserved bits" },
        { type == 1, "event of reserved type 1" },
        { type == VMX_EV_NMI && vector != 2, "NMI with another vector" },
        { type == VMX_EV_EXCEPTION && vector > 31, "exception above 31" },
        { type == VMX_EV_OTHER, "other event, which is never injected" },
        { event_error_is_bad(ev, type, vector), "error code of the event" },
        { (ev & VMX_EV_ERROR) && vmcs_get_entry_intr_error() >> 16,
          "error code with reserved bits" },
        { is_soft && (len == 0 || len > 15),
          "length of the software event's instruction" },
        { type == VMX_EV_INTR && !(vmcs_get_guest_rflags() & RFLAGS_IF),
          "interrupt with RFLAGS.IF clear" },
        { type == VMX_EV_INTR &&
              (blocking & (VMX_BLOCK_STI | VMX_BLOCK_MOV_SS)),
          "interrupt into the shadow of STI or MOV SS" },
        { type == VMX_EV_NMI && (blocking & VMX_BLOCK_MOV_SS),
          "NMI into the shadow of MOV SS" },
        { type == VMX_EV_NMI && (blocking & VMX_BLOCK_NMI),
          "NMI while NMIs are blocked" },
    };

    return REPORT(checks);
}

static bool audit_host(void)
{
    const uint64_t cr0 = vmcs_get_host_cr0();
    const uint64_t cr4 = vmcs_get_host_cr4();
    const uint64_t efer = vmcs_get_host_efer();
    const uint64_t selectors =
        vmcs_get_host_cs_sel() | vmcs_get_host_ss_sel() |
        vmcs_get_host_ds_sel() | vmcs_get_host_es_sel() |
        vmcs_get_host_fs_sel() | vmcs_get_host_gs_sel() |
        vmcs_get_host_tr_sel();
    const struct check checks[] = {
        { (cr0 & vmx_features.cr0_fixed0) != vmx_features.cr0_fixed0,
          "host CR0 lacks fixed bits" },
        { (cr4 & vmx_features.cr4_fixed0) != vmx_features.cr4_fixed0,
          "host CR4 lacks fixed bits" },
        { !(cr4 & CR4_PAE), "host CR4.PAE is clear" },
        { is_bad_page(vmcs_get_host_cr3() & PAGE_MASK), "host CR3" },
        { pat_is_bad(vmcs_get_host_pat()), "host PAT" },
        { !(efer & EFER_LMA) || !(efer & EFER_LME),
          "host EFER is not of 64-bit mode" },
        { !(vmcs_get_exit() & EXIT_HOST_64), "host is not 64-bit" },
        { selectors & SEL_LOW, "host selector with TI or RPL" },
        { vmcs_get_host_cs_sel() == 0, "host CS is null" },
        { vmcs_get_host_tr_sel() == 0, "host TR is null" },
        { !is_canonical(vmcs_get_host_fs_base()) ||
              !is_canonical(vmcs_get_host_gs_base()) ||
              !is_canonical(vmcs_get_host_tr_base()) ||
              !is_canonical(vmcs_get_host_gdtr_base()) ||
              !is_canonical(vmcs_get_host_idtr_base()),
          "host base is not canonical" },
        { !is_canonical(vmcs_get_host_rip()), "host RIP is not canonical" },
    };

    return REPORT(checks);
}

static bool audit_guest_cr(void)
{
    const uint64_t cr0 = vmcs_get_guest_cr0();
    const uint64_t cr4 = vmcs_get_guest_cr4();
    const uint64_t efer = vmcs_get_guest_efer();
    const bool ia32e = vmcs_get_entry() & ENTRY_IA32E;
    const uint64_t fixed0 = vmx_features.cr0_fixed0 & ~(CR0_PE | CR0_PG);
    const struct check checks[] = {
        { (cr0 & fixed0) != fixed0, "CR0 lacks fixed bits" },
        { cr0 >> 32, "CR0 has bits above 31" },
        { (cr0 & CR0_PG) && !(cr0 & CR0_PE), "CR0.PG without CR0.PE" },
        { (cr4 & vmx_features.cr4_fixed0) != vmx_features.cr4_fixed0,
          "CR4 lacks fixed bits" },
        { cr4 & ~msr_read(MSR_VMX_CR4_FIXED1), "CR4 has reserved bits" },
        { ia32e && !(cr0 & CR0_PG), "IA-32e mode without CR0.PG" },
        { ia32e && !(cr4 & CR4_PAE), "IA-32e mode without CR4.PAE" },
        { !ia32e && (cr4 & CR4_PCIDE), "CR4.PCIDE outside IA-32e mode" },
        { cpu_info.phys_bits < 64 &&
              vmcs_get_guest_cr3() >> cpu_info.phys_bits,
          "CR3 beyond the physical addresses" },
        { vmcs_get_guest_dr7() >> 32, "DR7 has bits above 31" },
        { !is_canonical(vmcs_get_guest_sysenter_esp()) ||
              !is_canonical(vmcs_get_guest_sysenter_eip()),
          "SYSENTER address is not canonical" },
        { pat_is_bad(vmcs_get_guest_pat()), "PAT" },
        { efer & ~EFER_KNOWN, "EFER has reserved bits" },
        { !!(efer & EFER_LMA) != ia32e, "EFER.LMA is not the entry control" },
        { (cr0 & CR0_PG) && !(efer & EFER_LMA) != !(efer & EFER_LME),
          "EFER.LME is not EFER.LMA under paging" },
    };

    return REPORT(checks);
}

static const char *const seg_names[] = {
    "ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR",
};

/* Limit, access rights and granularity that belong together. */
static bool granularity_is_bad(uint32_t limit, uint32_t ar)
{
    return ((limit & GENMASK64(11, 0)) != GENMASK64(11, 0) &&
            (ar & VMX_AR_G)) ||
           ((limit & GENMASK64(31, 20)) && !(ar & VMX_AR_G));
}

static bool audit_v86(unsigned int i)
{
    const uint64_t sel = vmcs_read_raw(VMCS_GUEST_SEL(i));
    const uint64_t v86_ar = 0xf3;
    const struct check checks[] = {
        { vmcs_read_raw(VMCS_GUEST_BASE(i)) != sel << 4,
          "base is not of virtual-8086 mode" },
        { vmcs_read_raw(VMCS_GUEST_LIMIT(i)) != 0xffff,
          "limit is not of virtual-8086 mode" },
        { vmcs_read_raw(VMCS_GUEST_AR(i)) != v86_ar,
          "access rights are not of virtual-8086 mode" },
    };

    return REPORT(checks);
}

/* The code segment's type, and its privilege against that of the stack's. */
static bool code_is_bad(uint32_t ar, uint32_t ss_ar)
{
    const uint64_t type = field_get(SEG_ATTR_TYPE, ar);
    const uint64_t dpl = field_get(SEG_ATTR_DPL, ar);
    const uint64_t ss_dpl = field_get(SEG_ATTR_DPL, ss_ar);

    if (type == (TYPE_RW | TYPE_ACCESSED)) {
        return dpl != 0;
    }
    if (!(type & TYPE_CODE) || !(type & TYPE_ACCESSED)) {
        return true;
    }
    return type & TYPE_CONFORMING ? dpl > ss_dpl : dpl != ss_dpl;
}

static bool data_is_bad(uint32_t ar, bool is_stack)
{
    const uint64_t type = field_get(SEG_ATTR_TYPE, ar);

    if (is_stack) {
        return (type & TYPE_CODE) || !(type & TYPE_RW) ||
               !(type & TYPE_ACCESSED);
    }
    return !(type & TYPE_ACCESSED) ||
           ((type & TYPE_CODE) && !(type & TYPE_RW));
}

static bool audit_segment(unsigned int i, bool ia32e)
{
    const uint32_t ar = (uint32_t)vmcs_read_raw(VMCS_GUEST_AR(i));
    const uint32_t limit = (uint32_t)vmcs_read_raw(VMCS_GUEST_LIMIT(i));
    const bool usable = !(ar & VMX_AR_UNUSABLE);
    const bool is_cs = i == SEG_CS;
    const struct check checks[] = {
        { is_cs && !usable, "is unusable" },
        { is_cs && code_is_bad(ar, vmcs_get_guest_ss_ar()),
          "type or privilege" },
        { !is_cs && usable && data_is_bad(ar, i == SEG_SS), "type" },
        { usable && !(ar & SEG_ATTR_S), "is a system segment" },
        { usable && !(ar & SEG_ATTR_P), "is not present" },
        { usable && (ar & VMX_AR_RSVD), "access rights with reserved bits" },
        { is_cs && ia32e && (ar & VMX_AR_L) && (ar & VMX_AR_DB),
          "L and D/B" },
        { usable && granularity_is_bad(limit, ar),
          "limit against granularity" },
    };
    const bool ok = REPORT(checks);

    if (!ok) {
        printk(LOG_ERR, "  in %s, access rights %#x, limit %#x\n",
               seg_names[i], ar, limit);
    }
    return ok;
}

static bool audit_segments(void)
{
    const bool ia32e = vmcs_get_entry() & ENTRY_IA32E;
    const bool is_v86 = vmcs_get_guest_rflags() & RFLAGS_VM;
    bool ok = true;

    for (unsigned int i = SEG_ES; i <= SEG_GS; i++) {
        ok = (is_v86 ? audit_v86(i) : audit_segment(i, ia32e)) && ok;
    }
    return ok;
}

static bool audit_system_segments(void)
{
    const bool ia32e = vmcs_get_entry() & ENTRY_IA32E;
    const uint32_t tr = vmcs_get_guest_tr_ar();
    const uint32_t ldtr = vmcs_get_guest_ldtr_ar();
    const bool has_ldt = !(ldtr & VMX_AR_UNUSABLE);
    const uint64_t type = field_get(SEG_ATTR_TYPE, tr);
    const struct check checks[] = {
        { tr & VMX_AR_UNUSABLE, "TR is unusable" },
        { type != TYPE_TSS32_BUSY && (ia32e || type != TYPE_TSS16_BUSY),
          "TR is not a busy TSS" },
        { !(tr & SEG_ATTR_P) || (tr & SEG_ATTR_S) || (tr & VMX_AR_RSVD),
          "access rights of TR" },
        { granularity_is_bad(vmcs_get_guest_tr_limit(), tr),
          "limit of TR against granularity" },
        { vmcs_get_guest_tr_sel() & SEL_TI, "TR is in the LDT" },
        { has_ldt && field_get(SEG_ATTR_TYPE, ldtr) != TYPE_LDT,
          "LDTR is not an LDT" },
        { has_ldt && (!(ldtr & SEG_ATTR_P) || (ldtr & SEG_ATTR_S) ||
                      (ldtr & VMX_AR_RSVD)),
          "access rights of LDTR" },
        { has_ldt && granularity_is_bad(vmcs_get_guest_ldtr_limit(), ldtr),
          "limit of LDTR against granularity" },
        { has_ldt && (vmcs_get_guest_ldtr_sel() & SEL_TI),
          "LDTR is in the LDT" },
        { vmcs_get_guest_gdtr_limit() > TABLE_LIMIT_MAX ||
              vmcs_get_guest_idtr_limit() > TABLE_LIMIT_MAX,
          "limit of GDTR or IDTR" },
        { !is_canonical(vmcs_get_guest_gdtr_base()) ||
              !is_canonical(vmcs_get_guest_idtr_base()) ||
              !is_canonical(vmcs_get_guest_tr_base()) ||
              (has_ldt && !is_canonical(vmcs_get_guest_ldtr_base())),
          "base of GDTR, IDTR, TR or LDTR is not canonical" },
        { !is_canonical(vmcs_get_guest_fs_base()) ||
              !is_canonical(vmcs_get_guest_gs_base()),
          "base of FS or GS is not canonical" },
    };

    return REPORT(checks);
}

static bool audit_rest(void)
{
    const uint64_t rip = vmcs_get_guest_rip();
    const uint64_t rflags = vmcs_get_guest_rflags();
    const uint32_t block = vmcs_get_guest_interruptibility();
    const bool ia32e = vmcs_get_entry() & ENTRY_IA32E;
    const bool is_64 = ia32e && (vmcs_get_guest_cs_ar() & VMX_AR_L);
    const bool shadow = block & (VMX_BLOCK_STI | VMX_BLOCK_MOV_SS);
    const struct check checks[] = {
        { !is_64 && rip >> 32, "RIP has bits above 31" },
        { is_64 && !is_canonical(rip), "RIP is not canonical" },
        { (rflags & RFLAGS_RSVD) || !(rflags & RFLAGS_MBS),
          "RFLAGS reserved bits" },
        { (rflags & RFLAGS_VM) &&
              (ia32e || !(vmcs_get_guest_cr0() & CR0_PE)),
          "RFLAGS.VM in IA-32e or real mode" },
        { vmcs_get_guest_activity() > 3, "activity state" },
        { block >> 4, "interruptibility reserved bits" },
        { (block & VMX_BLOCK_STI) && (block & VMX_BLOCK_MOV_SS),
          "blocking by STI and by MOV SS" },
        { (block & VMX_BLOCK_STI) && !(rflags & RFLAGS_IF),
          "blocking by STI with RFLAGS.IF clear" },
        { block & VMX_BLOCK_SMI, "blocking by SMI" },
        { vmcs_get_guest_pending_dbg() & PENDING_RSVD,
          "pending debug exceptions, reserved bits" },
        { shadow && (rflags & RFLAGS_TF) &&
              !(vmcs_get_guest_pending_dbg() & VMX_PENDING_DBG_BS),
          "single step in a shadow is not pending" },
        { vmcs_get_vmcs_link() != UINT64_MAX, "VMCS link pointer" },
    };

    return REPORT(checks);
}

/* Each part is reported, whatever became of those before. */
int vmcs_audit(void)
{
    bool ok = audit_words();

    ok = audit_controls() && ok;
    ok = audit_event() && ok;
    ok = audit_host() && ok;
    ok = audit_guest_cr() && ok;
    ok = audit_segments() && ok;
    ok = audit_system_segments() && ok;
    ok = audit_rest() && ok;
    return ok ? 0 : -EINVAL;
}
