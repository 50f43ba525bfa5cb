/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile toolstack: record streams and CPUID policies.  What is accepted
 * must hold nothing that the hypervisor would fault on, and be written down
 * again within the size that was announced.
 * Links: core arch/x86/hvm/hvm_save.c arch/x86/hvm/hvm_save_cpu.c
 * Links: arch/x86/hvm/hvm_save_misc.c arch/x86/hvm/hvm_stream.c
 * Links: arch/x86/hvm/cr.c arch/x86/hvm/msr_policy.c
 * Links: arch/x86/hvm/vcpu_state.c arch/x86/vdev/vlapic_save.c
 * Links: arch/x86/vdev/vlapic_regs.c arch/x86/vdev/vlapic_timer.c
 * Links: arch/x86/hvm/cpuid_sanitise.c arch/x86/hvm/cpuid_stream.c
 * Links: tests/unit/fake_hvm.c
 */
#include <stdlib.h>
#include <string.h>

#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm_save.h>
#include <core/arch/arch_policy.h>
#include <core/arch/arch_save.h>
#include <tests/fuzz/fuzz.h>
#include <tests/unit/fake_hvm.h>

#define REQUIRE(cond)                                                     \
    do {                                                                  \
        if (!(cond)) {                                                    \
            abort();                                                      \
        }                                                                 \
    } while (0)

static void records(const uint8_t *data, size_t size)
{
    const struct vcpu_state *const s = &fake_hvm_v(0)->arch->s;
    uint8_t *out;
    size_t most;

    fake_hvm_init(2);
    if (arch_load(&fake_hvm_d, data, size) != 0) {
        return;
    }
    REQUIRE(((s->dr6 | s->dr7 | s->sfmask | fake_hvm_v(0)->arch->tsc_aux) >>
             32) == 0);
    REQUIRE(hvm_is_canonical(s->lstar) && hvm_is_canonical(s->cstar) &&
            hvm_is_canonical(s->kernel_gs));
    most = arch_save_size(&fake_hvm_d);
    out = calloc(1, most);
    REQUIRE(arch_save(&fake_hvm_d, out) <= most);
    fake_hvm_init(2);
    REQUIRE(arch_load(&fake_hvm_d, out, most) == 0);
    free(out);
}

static void policies(const uint8_t *data, size_t size)
{
    static struct policy_stream s;
    struct cpuid_policy most = { .max_basic = 0xd, .max_ext = 0x80000021 };
    struct cpuid_policy p = most;
    uint32_t leaf;
    uint32_t subleaf;

    most.basic[0].eax = p.basic[0].eax = 0xd;
    most.ext[0].eax = p.ext[0].eax = 0x80000021;
    most.basic[1].edx = 0x178bfbff;
    s.nr_leaves = (uint32_t)(size / sizeof(s.leaves[0]));
    if (s.nr_leaves > POLICY_LEAVES_MAX) {
        s.nr_leaves = POLICY_LEAVES_MAX;
    }
    s.nr_msrs = 0;
    memcpy(s.leaves, data, s.nr_leaves * sizeof(s.leaves[0]));
    if (cpuid_stream_read(&p, &s) != 0 ||
        cpuid_policy_sanitise(&p, &most, &leaf, &subleaf) != 0) {
        return;
    }
    REQUIRE((p.basic[1].edx & ~most.basic[1].edx) == 0 && p.xcr0_mask == 0);
    memset(&s, 0, sizeof(s));
    cpuid_stream_write(&s, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size && data[0] == 0xff) {
        policies(data + 1, size - 1);
    } else {
        records(data, size);
    }
    return 0;
}

/* A sound stream of two vCPUs, cut to size, with a few bytes of noise. */
static size_t shape_records(uint8_t *noise, size_t n)
{
    const size_t most = 65536;
    uint8_t *const sound = calloc(1, most);
    size_t size;

    fake_hvm_init(2);
    fake_hvm_v(0)->stop = 0;
    fake_hvm_v(0)->arch->s.cr0 = 0x11;
    size = arch_save(&fake_hvm_d, sound);
    if (size > FUZZ_INPUT_MAX) {
        size = FUZZ_INPUT_MAX;
    }
    for (unsigned int i = 0; i < n % 16; i++) {
        sound[fuzz_random() % size] = noise[i];
    }
    memcpy(noise, sound, size);
    free(sound);
    return size;
}

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    static const uint32_t leaves[] = {
        0, 1, 2, 4, 7, 0xb, 0xd, 0x40000000, 0x80000000, 0x80000001,
        0x80000008, 0x80000021,
    };

    if (n < 64) {
        return n;
    }
    if (n % 4) {
        return shape_records(noise, n);
    }
    noise[0] = 0xff;
    for (size_t at = 1; at + 24 <= n; at += 24) {
        const uint32_t leaf = leaves[fuzz_random() % 12];
        const uint32_t subleaf =
            leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd
                ? (uint32_t)(fuzz_random() % 4) : UINT32_MAX;

        memcpy(noise + at, &leaf, sizeof(leaf));
        memcpy(noise + at + 4, &subleaf, sizeof(subleaf));
        if (at > 24 * 50) {
            return at;
        }
    }
    return n;
}
