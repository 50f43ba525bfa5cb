/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction emulator over a vCPU: fetch, linear memory, ports.  Memory
 * is reached by the guest's own translation and rights; what lies behind is
 * a device of ours, RAM, or nothing (all ones).
 */
#include <arch/x86/emul/emul.h>
#include <arch/x86/hvm/guest_walk.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_copy.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define CPL_USER 3u

struct emul_ctx {
    struct vcpu *v;
    const struct hvm_exit *exit;
};

static uint32_t user_bit(const struct vcpu *v)
{
    return v->arch->s.cpl == CPL_USER ? PFEC_USER : 0;
}

void hvm_skip_slow(struct vcpu *v, unsigned int len)
{
    struct vcpu_state *const s = &v->arch->s;

    if (len == 0) {
        len = hvm_insn_length(v);
        if (len == 0) {
            return;
        }
    }
    s->rip += len;
    s->shadow &= ~(uint32_t)HVM_SHADOW_ANY;
    if (unlikely(s->rflags & RFLAGS_TF)) {
        vcpu_state_change(v, HVM_DR);
        s->dr6 |= DR6_BS;
        hvm_inject_fault(v, X86_DB);
    }
}

static enum emul_mode mode_of(const struct vcpu_state *s)
{
    if (s->is_64bit) {
        return EMUL_MODE_64;
    }
    return s->seg[SEG_CS].attr & SEG_ATTR_DB ? EMUL_MODE_32 : EMUL_MODE_16;
}

/*
 * Fetch what can be fetched at RIP: up to 15 bytes, fewer if the next page
 * is not there.  False: not even one; the fault has been injected.
 */
static bool fetch(struct vcpu *v, struct emul *e)
{
    const struct vcpu_state *const s = &v->arch->s;
    gva_t at = s->rip + (s->is_64bit ? 0 : s->seg[SEG_CS].base);

    e->fetched = 0;
    while (e->fetched < EMUL_INSN_MAX) {
        const size_t part =
            min((size_t)(EMUL_INSN_MAX - e->fetched),
                (size_t)(PAGE_SIZE - page_offset(at)));
        uint32_t pfec;
        gpa_t gpa;

        if (guest_walk(v, at, PFEC_FETCH | user_bit(v), &gpa, &pfec)) {
            if (e->fetched == 0) {
                hvm_inject_page_fault(v, at, pfec);
            }
            break;
        }
        if (guest_phys_read(v->domain, &e->bytes[e->fetched], gpa, part)) {
            break;
        }
        e->fetched += (unsigned int)part;
        at += part;
    }
    return e->fetched > 0;
}

static void op_segment(struct emul *e, enum emul_seg seg,
                       struct emul_segment *out)
{
    const struct emul_ctx *const c = e->ctx;
    const struct segment *const s = &c->v->arch->s.seg[seg];

    *out = (struct emul_segment){ .base = s->base, .limit = s->limit,
                                  .attr = s->attr };
}

/* The hardware has just translated this address: no need to do it again. */
static bool is_faulting_access(const struct emul *e, uint64_t addr)
{
    const struct emul_ctx *const c = e->ctx;
    const struct hvm_exit *const x = c->exit;

    return x->kind == HVM_EXIT_GPA_FAULT && e->insn.is_mem &&
           !e->insn.rep &&
           !(x->u.fault.access & (GPA_FAULT_IN_WALK | GPA_FAULT_EXEC)) &&
           page_offset(x->gpa) == page_offset(addr);
}

static enum emul_result translate(struct emul *e, uint64_t addr,
                                  uint32_t access, gpa_t *gpa)
{
    const struct emul_ctx *const c = e->ctx;
    uint32_t pfec;

    if (is_faulting_access(e, addr)) {
        *gpa = c->exit->gpa;
        return EMUL_DONE;
    }
    if (guest_walk(c->v, addr, access | user_bit(c->v), gpa, &pfec)) {
        e->fault = (struct emul_fault){ .vector = X86_PF, .has_error = true,
                                        .error = pfec, .address = addr };
        return EMUL_FAULT;
    }
    return EMUL_DONE;
}

/* Device registers are at most eight bytes wide. */
static void mmio_read(struct vcpu *v, const struct mmio_ops *ops, gpa_t gpa,
                      uint8_t *data, unsigned int bytes)
{
    while (bytes) {
        const unsigned int part = min(bytes, 8u);
        const uint64_t val = ops->read(v, gpa, part);

        memcpy(data, &val, part);
        gpa += part;
        data += part;
        bytes -= part;
    }
}

static void mmio_write(struct vcpu *v, const struct mmio_ops *ops, gpa_t gpa,
                       const uint8_t *data, unsigned int bytes)
{
    while (bytes) {
        const unsigned int part = min(bytes, 8u);
        uint64_t val = 0;

        memcpy(&val, data, part);
        ops->write(v, gpa, part, val);
        gpa += part;
        data += part;
        bytes -= part;
    }
}

static enum emul_result op_read(struct emul *e, uint64_t addr, void *data,
                                unsigned int bytes, unsigned int access)
{
    const struct emul_ctx *const c = e->ctx;
    uint8_t *out = data;

    while (bytes) {
        const unsigned int part =
            min(bytes, (unsigned int)(PAGE_SIZE - page_offset(addr)));
        const struct mmio_ops *ops;
        gpa_t gpa;

        if (translate(e, addr,
                      access & EMUL_ACCESS_WILL_WRITE ? PFEC_WRITE : 0,
                      &gpa) != EMUL_DONE) {
            return EMUL_FAULT;
        }
        ops = hvm_mmio_find(c->v, gpa);
        if (ops) {
            mmio_read(c->v, ops, gpa, out, part);
        } else if (guest_phys_read(c->v->domain, out, gpa, part)) {
            memset(out, 0xff, part);
        }
        addr += part;
        out += part;
        bytes -= part;
    }
    return EMUL_DONE;
}

/* Writes to nothing, or to memory that may not be written, are lost. */
static void write_phys(struct vcpu *v, gpa_t gpa, const void *data,
                       unsigned int bytes)
{
    const struct mmio_ops *const ops = hvm_mmio_find(v, gpa);

    if (ops) {
        mmio_write(v, ops, gpa, data, bytes);
    } else if (guest_phys_write(v->domain, gpa, data, bytes)) {
        return;
    }
}

static enum emul_result op_write(struct emul *e, uint64_t addr,
                                 const void *data, unsigned int bytes,
                                 unsigned int access)
{
    const struct emul_ctx *const c = e->ctx;
    const unsigned int first =
        min(bytes, (unsigned int)(PAGE_SIZE - page_offset(addr)));
    gpa_t gpa[2];

    /* Both pages before either byte. */
    if (translate(e, addr, PFEC_WRITE, &gpa[0]) != EMUL_DONE) {
        return EMUL_FAULT;
    }
    if (first < bytes &&
        translate(e, addr + first, PFEC_WRITE, &gpa[1]) != EMUL_DONE) {
        return EMUL_FAULT;
    }
    write_phys(c->v, gpa[0], data, first);
    if (first < bytes) {
        write_phys(c->v, gpa[1], (const uint8_t *)data + first,
                   bytes - first);
    }
    return EMUL_DONE;
}

static enum emul_result op_probe_write(struct emul *e, uint64_t addr,
                                       unsigned int bytes)
{
    const uint64_t last = addr + bytes - 1;
    gpa_t gpa;

    if (translate(e, addr, PFEC_WRITE, &gpa) != EMUL_DONE) {
        return EMUL_FAULT;
    }
    if ((addr ^ last) & PAGE_MASK) {
        return translate(e, last, PFEC_WRITE, &gpa);
    }
    return EMUL_DONE;
}

static enum emul_result op_port_in(struct emul *e, uint16_t port,
                                   unsigned int bytes, uint32_t *value)
{
    const struct emul_ctx *const c = e->ctx;

    *value = hvm_pio_read(c->v, port, bytes);
    return EMUL_DONE;
}

static enum emul_result op_port_out(struct emul *e, uint16_t port,
                                    unsigned int bytes, uint32_t value)
{
    const struct emul_ctx *const c = e->ctx;

    hvm_pio_write(c->v, port, bytes, value);
    return EMUL_DONE;
}

static const struct emul_ops emul_ops = {
    .segment = op_segment,
    .read = op_read,
    .write = op_write,
    .probe_write = op_probe_write,
    .port_in = op_port_in,
    .port_out = op_port_out,
};

/* Fill @e from the registers and fetch.  False: a fault was injected. */
static bool begin(struct vcpu *v, struct emul *e, struct emul_ctx *c,
                  const struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;

    vcpu_state_pull(v, HVM_SEG | HVM_MODE | HVM_CR);
    *c = (struct emul_ctx){ .v = v, .exit = exit };
    e->ops = &emul_ops;
    e->ctx = c;
    e->gpr = s->gpr;
    e->rip = s->rip;
    e->rflags = s->rflags;
    e->mode = mode_of(s);
    if (exit && exit->insn && exit->insn_bytes) {
        e->fetched = min((unsigned int)exit->insn_bytes, EMUL_INSN_MAX);
        memcpy(e->bytes, exit->insn, e->fetched);
        return true;
    }
    return fetch(v, e);
}

static void inject(struct vcpu *v, const struct emul_fault *f)
{
    if (f->vector == X86_PF) {
        hvm_inject_page_fault(v, f->address, f->error);
    } else if (f->has_error) {
        hvm_inject_fault_error(v, f->vector, f->error);
    } else {
        hvm_inject_fault(v, f->vector);
    }
}

static void give_up(struct vcpu *v, const struct emul *e,
                    const struct hvm_exit *exit)
{
    domain_crash(v->domain,
                 "d%uv%u: cannot emulate at RIP %#lx (gpa %#lx): %s, "
                 "bytes %02x %02x %02x %02x %02x %02x %02x %02x",
                 v->domain->id, v->id, v->arch->s.rip, exit->gpa,
                 emul_why_name(e->why), e->bytes[0], e->bytes[1],
                 e->bytes[2], e->bytes[3], e->bytes[4], e->bytes[5],
                 e->bytes[6], e->bytes[7]);
}

void hvm_emulate(struct vcpu *v, const struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;
    struct emul_ctx c;
    struct emul e;

    if (!begin(v, &e, &c, exit)) {
        return;
    }
    switch (emul_run(&e)) {
    case EMUL_DONE:
        s->rflags = e.rflags;
        s->rip = e.rip;
        s->shadow &= ~(uint32_t)HVM_SHADOW_ANY;
        if (unlikely(s->rflags & RFLAGS_TF)) {
            vcpu_state_change(v, HVM_DR);
            s->dr6 |= DR6_BS;
            hvm_inject_fault(v, X86_DB);
        }
        break;
    case EMUL_AGAIN:
        s->rflags = e.rflags;
        break;
    case EMUL_FAULT:
        inject(v, &e.fault);
        break;
    case EMUL_UNHANDLED:
        give_up(v, &e, exit);
        break;
    }
}

/* Decode at RIP: false if a fault was injected. */
static bool decode(struct vcpu *v, struct emul *e)
{
    struct emul_ctx c;

    if (!begin(v, e, &c, NULL)) {
        return false;
    }
    switch (emul_decode(e)) {
    case EMUL_DONE:
        return true;
    case EMUL_FAULT:
        inject(v, &e->fault);
        return false;
    default:
        hvm_inject_fault(v, X86_UD);
        return false;
    }
}

unsigned int hvm_insn_length(struct vcpu *v)
{
    struct emul e;

    return decode(v, &e) ? e.insn.length : 0;
}

int hvm_decode_mov_cr(struct vcpu *v, const struct hvm_exit *exit,
                      uint8_t *gpr, uint8_t *len)
{
    struct emul e;

    if (exit->u.cr.gpr != 0xff && exit->insn_len) {
        *gpr = exit->u.cr.gpr;
        *len = exit->insn_len;
        return 0;
    }
    if (!decode(v, &e)) {
        return -EFAULT;
    }
    if (e.insn.op != EMUL_OP_MOV_TO_CR && e.insn.op != EMUL_OP_MOV_FROM_CR) {
        hvm_inject_fault(v, X86_UD);
        return -EFAULT;
    }
    *gpr = e.insn.rm;
    *len = e.insn.length;
    return 0;
}
