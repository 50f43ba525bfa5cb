/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register convention of hypercalls: <xen/arch-x86/xen-x86_64.h> and
 * xen-x86_32.h, "Hypercall interface".
 *
 *            number  arguments                  result
 *   64-bit   RAX     RDI RSI RDX R10 R8 R9      RAX
 *   32-bit   EAX     EBX ECX EDX ESI EDI EBP    EAX
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_exit.h>
#include <arch/x86/hvm/hvm_run.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_copy.h>
#include <core/hypercall/hypercall.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page.h>

static const uint8_t arg_gpr_64[HCALL_ARGS] = {
    GPR_RDI, GPR_RSI, GPR_RDX, GPR_R10, GPR_R8, GPR_R9,
};

static const uint8_t arg_gpr_32[HCALL_ARGS] = {
    GPR_RBX, GPR_RCX, GPR_RDX, GPR_RSI, GPR_RDI, GPR_RBP,
};

static __noinline void continue_64(struct vcpu *v, const struct hcall_regs *r)
{
    for (unsigned int i = 0; i < HCALL_ARGS; i++) {
        v->arch->s.gpr[arg_gpr_64[i]] = r->arg[i];
    }
}

static void call_32(struct vcpu *v, unsigned int insn_len)
{
    uint64_t *const gpr = v->arch->s.gpr;
    struct hcall_regs r = { .nr = (uint32_t)gpr[GPR_RAX] };

    for (unsigned int i = 0; i < HCALL_ARGS; i++) {
        r.arg[i] = (uint32_t)gpr[arg_gpr_32[i]];
    }
    if (hypercall_dispatch(v, &r) == HCALL_DONE) {
        gpr[GPR_RAX] = (uint32_t)r.result;
        hvm_skip(v, insn_len);
        return;
    }
    for (unsigned int i = 0; i < HCALL_ARGS; i++) {
        gpr[arg_gpr_32[i]] = (uint32_t)r.arg[i];
    }
}

/* From user mode, or not in 64-bit mode. */
static __noinline void handle_unusual(struct vcpu *v,
                                      const struct hvm_exit *exit)
{
    const struct vcpu_state *const s = &v->arch->s;

    if (s->cpl != 0) {
        v->arch->s.gpr[GPR_RAX] = (uint64_t)-EPERM;
        hvm_skip(v, exit->insn_len);
    } else {
        call_32(v, exit->insn_len);
    }
}

void __no_stack_protector hvm_handle_hypercall(struct vcpu *v,
                                               const struct hvm_exit *exit)
{
    const struct vcpu_state *const s = &v->arch->s;
    uint64_t *const gpr = v->arch->s.gpr;
    /* Field by field: an initialiser would clear the whole first. */
    struct hcall_regs r;

    /* The back ends pull HVM_MODE with this exit. */
    if (unlikely(s->cpl != 0 || !s->is_64bit)) {
        handle_unusual(v, exit);
        return;
    }
    r.nr = gpr[GPR_RAX];
    r.arg[0] = gpr[GPR_RDI];
    r.arg[1] = gpr[GPR_RSI];
    r.arg[2] = gpr[GPR_RDX];
    r.arg[3] = gpr[GPR_R10];
    r.arg[4] = gpr[GPR_R8];
    r.arg[5] = gpr[GPR_R9];
    const int64_t rc = hypercall_call(v, &r);

    if (unlikely(rc == -ERESTART)) {
        continue_64(v, &r);
        return;
    }
    v->arch->s.gpr[GPR_RAX] = (uint64_t)rc;
    hvm_skip(v, exit->insn_len);
}

bool guest_is_64bit(void)
{
    /* Pulled by every hypercall before it gets this far. */
    return this_cpu()->current->arch->s.is_64bit;
}

/*
 * The hypercall page: one stub each 32 bytes, `mov $nr, %eax; vmmcall; ret`
 * with the instruction this processor knows.  IRET (23) is not for HVM.
 */
#define STUB_BYTES 32u
#define STUBS (PAGE_SIZE / STUB_BYTES)
#define HYPERCALL_NR_IRET 23u

static void stub_write(uint8_t *stub, uint32_t nr)
{
    const uint8_t code[] = {
        0xb8, (uint8_t)nr, (uint8_t)(nr >> 8), 0, 0, /* mov $nr, %eax       */
        0x0f, 0x01, hvm_ops == &hvm_ops_svm ? 0xd9 : 0xc1,
        0xc3,                                        /* ret                 */
    };
    const uint8_t undefined[] = { 0x0f, 0x0b };      /* ud2                 */

    if (nr == HYPERCALL_NR_IRET) {
        memcpy(stub, undefined, sizeof(undefined));
    } else {
        memcpy(stub, code, sizeof(code));
    }
}

int arch_domain_hypercall_page(struct domain *d, gfn_t gfn)
{
    struct page *const pg = p2m_get_page(d, gfn, true, NULL);
    uint8_t *page;

    if (!pg) {
        return -EFAULT;
    }
    page = page_va(pg);
    memset(page, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < STUBS; nr++) {
        stub_write(page + nr * STUB_BYTES, nr);
    }
    page_put(pg);
    return 0;
}
