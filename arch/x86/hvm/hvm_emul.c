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
#include <core/console/printk.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_copy.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define CPL_USER 3u

struct emul_ctx {
    struct vcpu *v;
    const struct hvm_exit *exit;
};

/* The device at @gpa: the exit's own was found before. */
static const struct mmio_ops *device_at(const struct emul_ctx *c, gpa_t gpa)
{
    if (c->exit->kind == HVM_EXIT_GPA_FAULT && gpa == c->exit->gpa) {
        return c->exit->device;
    }
    return hvm_mmio_find(c->v, gpa);
}

static uint32_t user_bit(const struct vcpu *v)
{
    return v->arch->s.cpl == CPL_USER ? PFEC_USER : 0;
}

static void single_step(struct vcpu *v)
{
    struct vcpu_state *const s = &v->arch->s;

    if (unlikely(s->rflags & RFLAGS_TF)) {
        vcpu_state_change(v, HVM_DR);
        s->dr6 |= DR6_BS;
        hvm_inject_fault(v, X86_DB);
    }
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
    hvm_end_shadow(v);
    single_step(v);
}

static enum emul_mode mode_of(const struct vcpu_state *s)
{
    if (s->is_64bit) {
        return EMUL_MODE_64;
    }
    return s->seg[SEG_CS].attr & SEG_ATTR_DB ? EMUL_MODE_32 : EMUL_MODE_16;
}

/*
 * Fetch up to @want bytes in all at RIP.  The processor has just executed
 * from there, so its right to do so is not asked again.  False if nothing
 * more can be read; a page fault has been injected if there is nothing at all.
 */
static bool fetch(struct vcpu *v, struct emul *e, unsigned int want)
{
    const struct vcpu_state *const s = &v->arch->s;
    const gva_t at = s->rip + e->fetched +
                     (s->is_64bit ? 0 : s->seg[SEG_CS].base);

    if (guest_copy_from(&e->bytes[e->fetched], at, want - e->fetched) == 0) {
        e->fetched = want;
        return true;
    }
    if (e->fetched == 0) {
        hvm_inject_page_fault(v, at, PFEC_FETCH | user_bit(v));
    }
    return false;
}

/* Bytes at RIP up to the end of its page: nearly always enough. */
static unsigned int fetch_in_page(const struct vcpu_state *s)
{
    const gva_t at = s->rip + (s->is_64bit ? 0 : s->seg[SEG_CS].base);

    return min(EMUL_INSN_MAX, (unsigned int)(PAGE_SIZE - page_offset(at)));
}

static void op_segment(struct emul *e, enum emul_seg seg,
                       struct emul_segment *out)
{
    const struct emul_ctx *const c = e->ctx;
    const struct segment *const s = &c->v->arch->s.seg[seg];

    vcpu_state_pull(c->v, HVM_SEG);
    *out = (struct emul_segment){ .base = s->base, .limit = s->limit,
                                  .attr = s->attr };
}

/*
 * The hardware has just translated this address for such an access: no need
 * to do it again.
 */
static inline bool is_faulting_access(const struct emul *e, uint64_t addr,
                                      uint32_t access)
{
    const struct emul_ctx *const c = e->ctx;
    const struct hvm_exit *const x = c->exit;

    return x->kind == HVM_EXIT_GPA_FAULT && e->insn.is_mem &&
           !e->insn.rep &&
           !(x->u.fault.access & (GPA_FAULT_IN_WALK | GPA_FAULT_EXEC)) &&
           /* Another vCPU may have changed the instruction since. */
           (!(access & PFEC_WRITE) ||
            (x->u.fault.access & GPA_FAULT_WRITE)) &&
           page_offset(x->gpa) == page_offset(addr);
}

/* And it is a register of the device that the exit was about. */
static inline bool is_device_access(const struct emul *e, uint64_t addr,
                                    uint32_t access, unsigned int bytes)
{
    const struct emul_ctx *const c = e->ctx;

    return is_faulting_access(e, addr, access) && c->exit->device &&
           page_offset(addr) + bytes <= PAGE_SIZE;
}

static enum emul_result translate(struct emul *e, uint64_t addr,
                                  uint32_t access, gpa_t *gpa)
{
    const struct emul_ctx *const c = e->ctx;
    uint32_t pfec;

    if (is_faulting_access(e, addr, access)) {
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
#define REGISTER_MAX 8u

static void mmio_read(struct vcpu *v, const struct mmio_ops *ops, gpa_t gpa,
                      uint8_t *data, unsigned int bytes)
{
    if (likely(bytes == sizeof(uint32_t))) {
        const uint32_t val = (uint32_t)ops->read(v, gpa, sizeof(val));

        memcpy(data, &val, sizeof(val));
        return;
    }
    while (bytes) {
        const unsigned int part = min(bytes, REGISTER_MAX);
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
    if (likely(bytes == sizeof(uint32_t))) {
        uint32_t val;

        memcpy(&val, data, sizeof(val));
        ops->write(v, gpa, sizeof(val), val);
        return;
    }
    while (bytes) {
        const unsigned int part = min(bytes, REGISTER_MAX);
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
    const uint32_t want = access & EMUL_ACCESS_WILL_WRITE ? PFEC_WRITE : 0;
    uint8_t *out = data;

    if (likely(is_device_access(e, addr, want, bytes))) {
        mmio_read(c->v, c->exit->device, c->exit->gpa, data, bytes);
        return EMUL_DONE;
    }
    while (bytes) {
        const unsigned int part =
            min(bytes, (unsigned int)(PAGE_SIZE - page_offset(addr)));
        const struct mmio_ops *ops;
        gpa_t gpa;

        if (translate(e, addr, want, &gpa) != EMUL_DONE) {
            return EMUL_FAULT;
        }
        ops = device_at(c, gpa);
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
static void write_phys(const struct emul_ctx *c, gpa_t gpa,
                       const void *data, unsigned int bytes)
{
    const struct mmio_ops *const ops = device_at(c, gpa);

    if (ops) {
        mmio_write(c->v, ops, gpa, data, bytes);
    } else if (guest_phys_write(c->v->domain, gpa, data, bytes)) {
        return;
    }
}

static __noinline enum emul_result write_pages(struct emul *e, uint64_t addr,
                                               const void *data,
                                               unsigned int bytes)
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
    write_phys(c, gpa[0], data, first);
    if (first < bytes) {
        write_phys(c, gpa[1], (const uint8_t *)data + first,
                   bytes - first);
    }
    return EMUL_DONE;
}

static enum emul_result op_write(struct emul *e, uint64_t addr,
                                 const void *data, unsigned int bytes,
                                 unsigned int access)
{
    const struct emul_ctx *const c = e->ctx;

    if (likely(is_device_access(e, addr, PFEC_WRITE, bytes))) {
        mmio_write(c->v, c->exit->device, c->exit->gpa, data, bytes);
        return EMUL_DONE;
    }
    return write_pages(e, addr, data, bytes);
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

/*
 * The right to a port was the processor's to check, for the one that it left
 * the guest for; the instruction in memory may be another by now.
 */
static bool may_use_port(struct emul *e, uint16_t port)
{
    const struct emul_ctx *const c = e->ctx;

    if (c->exit->kind == HVM_EXIT_IO && c->exit->u.io.port == port) {
        return true;
    }
    e->why = EMUL_WHY_MEMORY;
    return false;
}

static enum emul_result op_port_in(struct emul *e, uint16_t port,
                                   unsigned int bytes, uint32_t *value)
{
    const struct emul_ctx *const c = e->ctx;

    if (!may_use_port(e, port)) {
        return EMUL_UNHANDLED;
    }
    *value = hvm_pio_read(c->v, port, bytes);
    return EMUL_DONE;
}

static enum emul_result op_port_out(struct emul *e, uint16_t port,
                                    unsigned int bytes, uint32_t value)
{
    const struct emul_ctx *const c = e->ctx;

    if (!may_use_port(e, port)) {
        return EMUL_UNHANDLED;
    }
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

/*
 * The same instruction touches a device again and again: what it decodes to
 * is kept by its bytes.
 */
static bool decode_is_known(const struct vcpu *v, const struct emul *e)
{
    const struct emul_memo *const m = &v->arch->emul_memo;
    /* Fifteen bytes as two overlapping words. */
    const size_t tail = EMUL_INSN_MAX - sizeof(uint64_t);
    uint64_t a[2];
    uint64_t b[2];

    memcpy(&a[0], m->bytes, sizeof(a[0]));
    memcpy(&a[1], &m->bytes[tail], sizeof(a[1]));
    memcpy(&b[0], e->bytes, sizeof(b[0]));
    memcpy(&b[1], &e->bytes[tail], sizeof(b[1]));
    return a[0] == b[0] && a[1] == b[1] && e->fetched == EMUL_INSN_MAX &&
           m->is_valid && m->mode == e->mode;
}

static void decode_remember(struct vcpu *v, const struct emul *e)
{
    struct emul_memo *const m = &v->arch->emul_memo;

    m->is_valid = e->fetched == EMUL_INSN_MAX;
    m->mode = e->mode;
    m->insn = e->insn;
    memcpy(m->bytes, e->bytes, sizeof(m->bytes));
}

/* Fill @e from the registers, fetch, decode: as emul_decode(). */
static enum emul_result begin(struct vcpu *v, struct emul *e,
                              struct emul_ctx *c, const struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;
    enum emul_result r;

    vcpu_state_pull(v, HVM_MODE | HVM_CR);
    if (!s->is_64bit) {
        vcpu_state_pull(v, HVM_SEG);
    }
    *c = (struct emul_ctx){ .v = v, .exit = exit };
    e->ops = &emul_ops;
    e->ctx = c;
    e->gpr = s->gpr;
    e->rip = s->rip;
    e->rflags = s->rflags;
    e->mode = mode_of(s);
    e->fetched = 0;
    if (exit && exit->kind == HVM_EXIT_GPA_FAULT && exit->insn_bytes) {
        e->fetched = min((unsigned int)exit->insn_bytes, EMUL_INSN_MAX);
        memcpy(e->bytes, exit->insn, e->fetched);
    } else if (!fetch(v, e, fetch_in_page(s))) {
        return EMUL_AGAIN;
    }
    if (decode_is_known(v, e)) {
        e->insn = v->arch->emul_memo.insn;
        e->why = EMUL_WHY_NOTHING;
        return EMUL_DONE;
    }
    r = emul_decode(e);
    if (r == EMUL_UNHANDLED && e->why == EMUL_WHY_FETCH &&
        fetch(v, e, EMUL_INSN_MAX)) {
        r = emul_decode(e);
    }
    if (r == EMUL_DONE) {
        decode_remember(v, e);
    }
    return r;
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

/* As real Xen does: a guest may expect the fault, so it is not crashed. */
static void give_up(struct vcpu *v, const struct emul *e,
                    const struct hvm_exit *exit)
{
    printk_guest(LOG_DEBUG, v->domain->id,
                 "v%u: cannot emulate at RIP %#lx (gpa %#lx): %s, "
                 "bytes %02x %02x %02x %02x %02x %02x %02x %02x\n",
                 v->id, v->arch->s.rip, exit->gpa, emul_why_name(e->why),
                 e->bytes[0], e->bytes[1], e->bytes[2], e->bytes[3],
                 e->bytes[4], e->bytes[5], e->bytes[6], e->bytes[7]);
    hvm_inject_fault_error(v, X86_GP, 0);
}

void hvm_emulate(struct vcpu *v, const struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;
    struct emul_ctx c;
    struct emul e;
    enum emul_result r = begin(v, &e, &c, exit);

    if (r == EMUL_DONE) {
        r = emul_execute(&e);
    }
    switch (r) {
    case EMUL_DONE:
        s->rflags = e.rflags;
        s->rip = e.rip;
        hvm_end_shadow(v);
        single_step(v);
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

    switch (begin(v, e, &c, NULL)) {
    case EMUL_DONE:
        return true;
    case EMUL_FAULT:
        inject(v, &e->fault);
        return false;
    case EMUL_AGAIN:
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
