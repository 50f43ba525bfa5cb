/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identification of the processor and the control bits that follow from it.
 * SDM 2, "CPUID"; APM 3, appendix on CPUID.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_cpu.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

struct cpu_info cpu_info RO_AFTER_INIT;

static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t reg_offset;
} cpuid_words[CPUID_WORDS] = {
#define X(name, leaf_nr, subleaf_nr, reg_name)                               \
    [CPUID_WORD_##name] = { .leaf = (leaf_nr),                               \
                            .subleaf = (subleaf_nr),                         \
                            .reg_offset =                                    \
                                offsetof(struct cpuid_regs, reg_name) },
    CPUID_WORD_LIST(X)
#undef X
};

static uint32_t cpu_read_word(unsigned int word, uint32_t max_leaf,
                              uint32_t max_ext_leaf)
{
    const uint32_t leaf = cpuid_words[word].leaf;
    struct cpuid_regs r;
    uint32_t val;

    if (leaf > (leaf >= CPUID_LEAF_EXT_MAX ? max_ext_leaf : max_leaf)) {
        return 0;
    }
    if (cpuid_words[word].subleaf &&
        leaf == CPUID_LEAF_EXT_FEATURES &&
        cpuid_raw(leaf, 0).eax < cpuid_words[word].subleaf) {
        return 0;
    }
    r = cpuid_raw(leaf, cpuid_words[word].subleaf);
    memcpy(&val, (const char *)&r + cpuid_words[word].reg_offset,
           sizeof(val));
    return val;
}

static enum cpu_vendor INIT_TEXT cpu_read_vendor(void)
{
    const struct cpuid_regs r = cpuid_raw(CPUID_LEAF_BASIC, 0);
    char name[13] = { 0 };

    memcpy(name, &r.ebx, 4);
    memcpy(name + 4, &r.edx, 4);
    memcpy(name + 8, &r.ecx, 4);
    if (!strcmp(name, "GenuineIntel")) {
        return CPU_VENDOR_INTEL;
    }
    if (!strcmp(name, "AuthenticAMD") || !strcmp(name, "HygonGenuine")) {
        return CPU_VENDOR_AMD;
    }
    if (!strcmp(name, "CentaurHauls") || !strcmp(name, "  Shanghai  ")) {
        return CPU_VENDOR_ZHAOXIN;
    }
    return CPU_VENDOR_UNKNOWN;
}

static void INIT_TEXT cpu_read_model(struct cpu_info *c)
{
    const uint32_t eax = cpuid_raw(CPUID_LEAF_FEATURES, 0).eax;

    c->stepping = eax & 0xf;
    c->model = (eax >> 4) & 0xf;
    c->family = (eax >> 8) & 0xf;
    if (c->family == 0xf || c->family == 6) {
        c->model |= (eax >> 12) & 0xf0;
    }
    if (c->family == 0xf) {
        c->family = (uint16_t)(c->family + ((eax >> 20) & 0xff));
    }
}

static void INIT_TEXT cpu_read_brand(struct cpu_info *c)
{
    for (unsigned int i = 0; i < 3; i++) {
        const struct cpuid_regs r = cpuid_raw(CPUID_LEAF_BRAND + i, 0);

        memcpy(c->brand + i * sizeof(r), &r, sizeof(r));
    }
}

/* Does QEMU's emulation name itself in the first hypervisor leaf? */
static bool INIT_TEXT is_tcg(void)
{
    const struct cpuid_regs r = cpuid_raw(CPUID_LEAF_HYPERVISOR, 0);
    const uint32_t tcgt = 0x54474354;
    const uint32_t cgtc = 0x43544743;
    const uint32_t gtcg = 0x47435447;

    return cpu_has(CPU_FEATURE_HYPERVISOR) && r.ebx == tcgt &&
           r.ecx == cgtc && r.edx == gtcg;
}

void INIT_TEXT cpu_identify(void)
{
    struct cpu_info *c = &cpu_info;

    c->vendor = cpu_read_vendor();
    c->max_leaf = cpuid_raw(CPUID_LEAF_BASIC, 0).eax;
    c->max_ext_leaf = cpuid_raw(CPUID_LEAF_EXT_MAX, 0).eax;
    cpu_read_model(c);
    for (unsigned int i = 0; i < CPUID_WORDS; i++) {
        c->words[i] = cpu_read_word(i, c->max_leaf, c->max_ext_leaf);
    }
    if (c->max_ext_leaf >= CPUID_LEAF_BRAND + 2) {
        cpu_read_brand(c);
    }
    c->phys_bits = 36;
    c->virt_bits = 48;
    if (c->max_ext_leaf >= CPUID_LEAF_ADDRESS_SIZES) {
        const uint32_t eax = cpuid_raw(CPUID_LEAF_ADDRESS_SIZES, 0).eax;

        c->phys_bits = eax & 0xff;
        c->virt_bits = (eax >> 8) & 0xff;
    }
    c->is_tcg = is_tcg();
}

bool cpu_identify_secondary(void)
{
    /* Set by CR4 of the boot CPU, not yet of this one. */
    const uint32_t ignore[CPUID_WORDS] = {
        [CPUID_WORD_1_ECX] = 1u << (CPU_FEATURE_OSXSAVE % 32),
        [CPUID_WORD_7_ECX] = 1u << (CPU_FEATURE_OSPKE % 32),
    };

    for (unsigned int i = 0; i < CPUID_WORDS; i++) {
        const uint32_t val =
            cpu_read_word(i, cpu_info.max_leaf, cpu_info.max_ext_leaf);
        const uint32_t lacks = cpu_info.words[i] & ~val & ~ignore[i];

        if (lacks) {
            printk(LOG_WARN, "CPU %u lacks features that CPU 0 has (leaf %x: "
                   "%08x): not used\n", this_cpu_id(), cpuid_words[i].leaf,
                   lacks);
            return false;
        }
    }
    return true;
}

void INIT_TEXT cpu_identify_print(void)
{
    const char *brand = cpu_info.brand;

    while (*brand == ' ') {
        brand++;
    }
    printk(LOG_INFO, "CPU: %s, family %x model %x stepping %x, %u-bit "
           "physical addresses%s%s%s%s%s%s\n", *brand ? brand : "unnamed",
           cpu_info.family, cpu_info.model, cpu_info.stepping,
           cpu_info.phys_bits, cpu_has(CPU_FEATURE_VMX) ? ", VT-x" : "",
           cpu_has(CPU_FEATURE_SVM) ? ", AMD-V" : "",
           cpu_has(CPU_FEATURE_PAGE1GB) ? ", 1 GiB pages" : "",
           cpu_has(CPU_FEATURE_SMEP) ? ", SMEP" : "",
           cpu_has(CPU_FEATURE_SMAP) ? ", SMAP" : "",
           cpu_has(CPU_FEATURE_UMIP) ? ", UMIP" : "");
}

void INIT_TEXT cpu_require_features(void)
{
    static const struct {
        enum cpu_feature feature;
        const char *name;
    } needed[] = {
        { CPU_FEATURE_APIC, "local APIC (enable it in the firmware)" },
        { CPU_FEATURE_TSC, "time stamp counter" },
        { CPU_FEATURE_PAT, "page attribute table" },
        { CPU_FEATURE_FXSR, "FXSAVE" },
        { CPU_FEATURE_SSE2, "SSE2" },
        { CPU_FEATURE_CX16, "CMPXCHG16B" },
        { CPU_FEATURE_NX, "no-execute pages" },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(needed); i++) {
        if (!cpu_has(needed[i].feature)) {
            panic("this processor has no %s, which Hospes needs\n",
                  needed[i].name);
        }
    }
}

void arch_cpu_features(uint32_t words[ARCH_CPU_FEATURE_WORDS])
{
    /* 07d and 7_1, which Xen has further behind, do not fit. */
    static const uint8_t order[ARCH_CPU_FEATURE_WORDS] = {
        CPUID_WORD_1_EDX, CPUID_WORD_1_ECX, CPUID_WORD_80000001_EDX,
        CPUID_WORD_80000001_ECX, CPUID_WORD_D_1_EAX, CPUID_WORD_7_EBX,
        CPUID_WORD_7_ECX, CPUID_WORD_80000007_EDX,
    };

    for (unsigned int i = 0; i < ARCH_CPU_FEATURE_WORDS; i++) {
        words[i] = cpu_info.words[order[i]];
    }
}

void cpu_enable_protections(void)
{
    uint64_t cr4 = cr4_read();

    cr0_write(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
    if (cpu_has(CPU_FEATURE_SMEP)) {
        cr4 |= CR4_SMEP;
    }
    if (cpu_has(CPU_FEATURE_SMAP)) {
        cr4 |= CR4_SMAP;
    }
    if (cpu_has(CPU_FEATURE_UMIP)) {
        cr4 |= CR4_UMIP;
    }
    if (cpu_has(CPU_FEATURE_DE)) {
        cr4 |= CR4_DE;
    }
    cr4_write(cr4);
    /* No user page is ever mapped; AC would open SMAP's door for nothing. */
    if (cpu_has(CPU_FEATURE_SMAP)) {
        asm volatile("clac" : : : "memory");
    }
}
