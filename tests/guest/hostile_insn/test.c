/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes the instructions of virtualisation and other rare ones: those a
 * guest is not offered give #UD, none does harm.
 * AMD64 Architecture Programmer's Manual, "SVM Instructions"; Intel SDM,
 * "VMX Instruction Reference".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define MAX_LEN 16
#define ANY     1u      /* whatever fault, or none */
#define UD      FAULT_UD

static const struct insn {
    const char *name;
    uint8_t bytes[MAX_LEN];
    uint8_t len;
    uint32_t fault;
} insns[] = {
    { "VMRUN", { 0x0f, 0x01, 0xd8 }, 3, UD },
    { "VMLOAD", { 0x0f, 0x01, 0xda }, 3, UD },
    { "VMSAVE", { 0x0f, 0x01, 0xdb }, 3, UD },
    { "STGI", { 0x0f, 0x01, 0xdc }, 3, UD },
    { "CLGI", { 0x0f, 0x01, 0xdd }, 3, UD },
    { "SKINIT", { 0x0f, 0x01, 0xde }, 3, UD },
    { "INVLPGA", { 0x0f, 0x01, 0xdf }, 3, UD },
    { "VMXON", { 0xf3, 0x0f, 0xc7, 0x30 }, 4, UD },
    { "VMCLEAR", { 0x66, 0x0f, 0xc7, 0x30 }, 4, UD },
    { "VMPTRLD", { 0x0f, 0xc7, 0x30 }, 3, UD },
    { "VMPTRST", { 0x0f, 0xc7, 0x38 }, 3, UD },
    { "VMLAUNCH", { 0x0f, 0x01, 0xc2 }, 3, UD },
    { "VMRESUME", { 0x0f, 0x01, 0xc3 }, 3, UD },
    { "VMXOFF", { 0x0f, 0x01, 0xc4 }, 3, UD },
    { "VMREAD", { 0x0f, 0x78, 0xc3 }, 3, UD },
    { "VMWRITE", { 0x0f, 0x79, 0xc3 }, 3, UD },
    { "INVEPT", { 0x66, 0x0f, 0x38, 0x80, 0x08 }, 5, UD },
    { "INVVPID", { 0x66, 0x0f, 0x38, 0x81, 0x08 }, 5, UD },
    { "VMFUNC", { 0x0f, 0x01, 0xd4 }, 3, UD },
    { "GETSEC", { 0x0f, 0x37 }, 2, UD },
    { "RSM", { 0x0f, 0xaa }, 2, UD },
    /* #GP for what RCX holds may come before the intercept. */
    { "MONITOR", { 0x0f, 0x01, 0xc8 }, 3, ANY },
    { "MWAIT", { 0x0f, 0x01, 0xc9 }, 3, ANY },
    { "MONITORX", { 0x0f, 0x01, 0xfa }, 3, ANY },
    { "ENCLS", { 0x0f, 0x01, 0xcf }, 3, UD },
    { "PCONFIG", { 0x0f, 0x01, 0xc5 }, 3, UD },
    { "UD1", { 0x0f, 0xb9, 0xc0 }, 3, UD },
    { "UD2", { 0x0f, 0x0b }, 2, UD },
    { "LOCK on a register", { 0xf0, 0x01, 0xc0 }, 3, UD },
    { "too many prefixes",
      { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
        0x66, 0x66, 0x66, 0x66, 0x90 }, 16, FAULT_GP },
    { "RDTSC", { 0x0f, 0x31 }, 2, 0 },
    { "RDPMC", { 0x0f, 0x33 }, 2, ANY },
    { "ICEBP", { 0xf1 }, 1, ANY },
    { "INT 3", { 0xcd, 0x03 }, 2, FAULT(TRAP_BP, 0) },
    { "INT 6", { 0xcd, 0x06 }, 2, UD },
    { "LLDT of nonsense", { 0xb8, 0x34, 0x12, 0, 0, 0x0f, 0x00, 0xd0 }, 8,
      ANY },
    { "LLDT of null", { 0x31, 0xc0, 0x0f, 0x00, 0xd0 }, 5, 0 },
    { "far jump", { 0xff, 0x28 }, 2, ANY },
    { "far call", { 0xff, 0x18 }, 2, ANY },
    { "XSETBV", { 0x0f, 0x01, 0xd1 }, 3, ANY },
    { "XGETBV", { 0x0f, 0x01, 0xd0 }, 3, ANY },
    { "RDPRU", { 0x0f, 0x01, 0xfd }, 3, ANY },
    { "MWAITX", { 0x0f, 0x01, 0xfb }, 3, ANY },
    { "CLZERO", { 0x0f, 0x01, 0xfc }, 3, ANY },
    { "PVALIDATE", { 0xf2, 0x0f, 0x01, 0xff }, 4, ANY },
    { "PSMASH", { 0xf3, 0x0f, 0x01, 0xff }, 4, ANY },
    { "TLBSYNC", { 0x0f, 0x01, 0xff }, 3, ANY },
    { "INVLPGB", { 0x0f, 0x01, 0xfe }, 3, ANY },
    { "INVPCID", { 0x66, 0x0f, 0x38, 0x82, 0x08 }, 5, ANY },
    { "ENCLU", { 0x0f, 0x01, 0xd7 }, 3, ANY },
    { "XBEGIN", { 0xc7, 0xf8, 0, 0, 0, 0 }, 6, ANY },
    { "RDRAND", { 0x0f, 0xc7, 0xf0 }, 3, ANY },
    { "RDSEED", { 0x0f, 0xc7, 0xf8 }, 3, ANY },
    { "SYSENTER", { 0x0f, 0x34 }, 2, ANY },
    { "WBNOINVD", { 0xf3, 0x0f, 0x09 }, 3, ANY },
    { "RDFSBASE", { 0xf3, 0x0f, 0xae, 0xc0 }, 4, ANY },
    { "RDPID", { 0xf3, 0x0f, 0xc7, 0xf8 }, 4, ANY },
};

/* mov $scratch,%rax; the instruction; ret. */
static void build(uint8_t *code, const struct insn *in, uint64_t rax)
{
    code[0] = 0x48;
    code[1] = 0xb8;
    memcpy(code + 2, &rax, 8);
    memcpy(code + 10, in->bytes, in->len);
    code[10 + in->len] = 0xc3;
}

static void restore(void)
{
    asm volatile("lldt %w0" : : "r"(0));
    wrmsr(MSR_GS_BASE, (uint64_t)&guest_cpu_area[0]);
    irq_disable();
}

static void foreign_hypercall(uint8_t *code)
{
    const struct insn other = {
        .bytes = { 0x0f, 0x01, hypercall_is_vmmcall ? 0xc1 : 0xd9 },
        .len = 3,
    };

    build(code, &other, __HYPERVISOR_xen_version);
    check_fault("the other vendor's hypercall instruction",
                trap_try_code(code), FAULT_UD);
}

static void at_user_level(uint8_t *code)
{
    const uint64_t va = MM_WINDOW + 0x70000;
    unsigned int wrong = 0;

    mm_map(va, (uint64_t)code, PTE_RW | PTE_U);
    for (unsigned int i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        uint64_t rax = 0;
        uint32_t f;

        build(code, &insns[i], va + 0x400);
        code[10 + insns[i].len] = 0xcd;
        code[11 + insns[i].len] = VEC_USER_EXIT;
        f = trap_user_run(va, va + 0xff0, &rax);
        if (insns[i].fault == UD && f != UD &&
            FAULT_VECTOR(f) != TRAP_GP) {
            wrong++;
            kprintf("note: user-level %s: %x\n", insns[i].name, f);
        }
        restore();
    }
    check_eq("forbidden at user level, too", wrong, 0);
    mm_map(va, 0, 0);
}

TEST(hostile_insn, "Instructions a guest is not offered", TEST_HOSTILE)
{
    uint8_t *code = mm_alloc(1);
    uint8_t *scratch = mm_alloc(1);

    for (unsigned int i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        uint32_t f;

        memset(scratch, 0xee, PAGE_SIZE);
        build(code, &insns[i], (uint64_t)scratch);
        f = trap_try_code(code);
        restore();
        if (insns[i].fault == ANY) {
            check_quiet(insns[i].name, true, "-");
        } else {
            check_fault(insns[i].name, f, insns[i].fault);
        }
    }
    foreign_hypercall(code);
    at_user_level(code);
    check_eq("the hypervisor lives", xen_version(XENVER_version, NULL),
             0x40011);
}
