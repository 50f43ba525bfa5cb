/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control registers and EFER: what can be set reads back, reserved bits and
 * forbidden combinations fault, CR2 and CR3 hold what is written.
 * AMD64 Architecture Programmer's Manual, "System-Control Registers".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define CR4_FIRST_RESERVED 25

/* QEMU's processor takes any CR0 that the hypervisor does not look at, and
 * the next VMRUN fails. Real Xen looks, but not at NW. */
static void bad_cr0(uint64_t old)
{
    if (hypercall_is_vmmcall && !on_xen()) {
        return;
    }
    check_fault("CR0.PG without PE", write_cr0_safe(old & ~(uint64_t)CR0_PE),
                FAULT_GP);
    check_fault("CR0 high half", write_cr0_safe(old | 1ull << 32),
                FAULT_GP);
    check_fault("CR0.PG off in long mode",
                write_cr0_safe(old & ~(uint64_t)CR0_PG), FAULT_GP);
    if (!on_xen()) {
        check_fault("CR0.NW without CD",
                    write_cr0_safe((old | CR0_NW) & ~(uint64_t)CR0_CD),
                    FAULT_GP);
    }
}

static void cr0(void)
{
    const uint64_t old = read_cr0();

    bad_cr0(old);
    check_fault("CR0.TS", write_cr0_safe(old | CR0_TS), 0);
    CHECK("TS reads back", read_cr0() & CR0_TS);
    asm volatile("clts");
    CHECK("CLTS", !(read_cr0() & CR0_TS));
    check_fault("CR0.CD", write_cr0_safe(old | CR0_CD), 0);
    CHECK("CD reads back", read_cr0() & CR0_CD);
    check_fault("CR0.AM", write_cr0_safe(old | CR0_AM), 0);
    CHECK("AM reads back", read_cr0() & CR0_AM);
    write_cr0(old & ~(uint64_t)CR0_ET);
    CHECK("ET is always 1", read_cr0() & CR0_ET);
    asm volatile("lmsw %w0" : : "r"((uint32_t)old | CR0_TS));
    CHECK("LMSW sets TS", read_cr0() & CR0_TS);
    asm volatile("lmsw %w0" : : "r"((uint32_t)old & ~CR0_PE));
    CHECK("LMSW cannot clear PE", read_cr0() & CR0_PE);
    write_cr0(old);
    check_eq("restored", (int64_t)read_cr0(), (int64_t)(old | CR0_ET));
}

static void cr4(void)
{
    const uint64_t old = read_cr4();

    check_fault("CR4.PAE off in long mode",
                write_cr4_safe(old & ~(uint64_t)CR4_PAE), FAULT_GP);
    check_fault("CR4.VMXE", write_cr4_safe(old | CR4_VMXE), FAULT_GP);
    for (unsigned int bit = CR4_FIRST_RESERVED; bit < 64; bit++) {
        const uint32_t f = write_cr4_safe(old | 1ull << bit);

        check_quiet("reserved bit of CR4", f == FAULT_GP, "bit %u: %x", bit,
                    f);
    }
    check_fault("CR4 bit 15", write_cr4_safe(old | 1u << 15), FAULT_GP);
    check_fault("CR4.PGE", write_cr4_safe(old | CR4_PGE), 0);
    CHECK("PGE reads back", read_cr4() & CR4_PGE);
    if (!(cpuid(1, 0).ecx & (1u << 26))) {
        check_fault("CR4.OSXSAVE without XSAVE",
                    write_cr4_safe(old | CR4_OSXSAVE), FAULT_GP);
    }
    if (!(cpuid(1, 0).ecx & (1u << 17))) {
        check_fault("CR4.PCIDE without PCID",
                    write_cr4_safe(old | CR4_PCIDE), FAULT_GP);
    }
    if (cpuid(7, 0).ebx & (1u << 7)) {
        uint8_t *page = mm_map(MM_WINDOW, (uint64_t)mm_alloc(1),
                               PTE_RW | PTE_U);

        *page = 0xc3;
        check_fault("user page runs without SMEP", trap_try_code(page), 0);
        check_fault("CR4.SMEP", write_cr4_safe(old | CR4_SMEP), 0);
        check_fault("and not with it", trap_try_code(page),
                    FAULT(TRAP_PF, 0x11));
    }
    write_cr4(old);
    check_eq("restored", (int64_t)read_cr4(), (int64_t)old);
}

static void others(void)
{
    const uint64_t cr3 = read_cr3();

    write_cr2(0x123456789abcdefull);
    check_eq("CR2", (int64_t)read_cr2(), 0x123456789abcdef);
    /* QEMU lets a MOV to CR3 set any bit, and the next VMRUN fails. */
    if (!hypercall_is_vmmcall) {
        check_fault("CR3 beyond the address width",
                    write_cr3_safe(cr3 | 1ull << 60), FAULT_GP);
    }
    check_fault("CR3 itself", write_cr3_safe(cr3), 0);
    check_eq("CR3 reads back", (int64_t)read_cr3(), (int64_t)cr3);
    /* See apic_priority: QEMU aborts on this one when Xen does not intercept
     * it. */
    if (!on_xen()) {
        check_fault("CR8 of more than 4 bits", write_cr8_safe(16), FAULT_GP);
    }
}

static void efer(void)
{
    const uint64_t old = rdmsr(MSR_EFER);

    CHECK("LME and LMA", (old & EFER_LME) && (old & EFER_LMA));
    CHECK("SVME does not show", !(old & EFER_SVME));
    check_fault("EFER.SVME", wrmsr_safe(MSR_EFER, old | EFER_SVME),
                FAULT_GP);
    check_fault("EFER.LME off while paging",
                wrmsr_safe(MSR_EFER, old & ~(uint64_t)EFER_LME), FAULT_GP);
    check_fault("EFER bit 1", wrmsr_safe(MSR_EFER, old | 2), FAULT_GP);
    check_fault("EFER bit 63", wrmsr_safe(MSR_EFER, old | 1ull << 63),
                FAULT_GP);
    check_fault("EFER.SCE", wrmsr_safe(MSR_EFER, old | EFER_SCE), 0);
    CHECK("SCE reads back", rdmsr(MSR_EFER) & EFER_SCE);
    check_fault("EFER.NXE off",
                wrmsr_safe(MSR_EFER, old & ~(uint64_t)EFER_NXE), 0);
    mm_map(MM_WINDOW, (uint64_t)mm_alloc(1), PTE_RW | PTE_NX);
    check_fault("NX is reserved then",
                read32_safe((void *)MM_WINDOW, &(uint32_t){ 0 }) &
                ~(1u << 8), FAULT(TRAP_PF, 8));
    wrmsr(MSR_EFER, old);
    mm_map(MM_WINDOW, 0, 0);
    check_eq("restored", (int64_t)rdmsr(MSR_EFER), (int64_t)old);
}

TEST(control_regs, "Control registers and EFER", 0)
{
    cr0();
    cr4();
    others();
    efer();
}
