/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String instructions and port I/O: MOVS, STOS, LODS, CMPS, SCAS, INS, OUTS
 * with and without REP, and IN and OUT. A repeated instruction runs at most
 * EMUL_BATCH iterations, each with its registers up to date, then asks for
 * the guest to be entered again, where interrupts are taken. No locking.
 * Chapter: SDM volume 1, "String Operations".
 */
#include <arch/x86/emul/emul_priv.h>
#include <core/lib/util.h>

/* Step of RSI and RDI. */
static uint64_t string_step(const struct emul *e)
{
    return (e->rflags & RFLAGS_DF) != 0 ? 0 - (uint64_t)e->insn.mem_bytes
                                        : e->insn.mem_bytes;
}

static void string_move(struct emul *e, unsigned int reg)
{
    emul_gpr_set(e, reg, e->insn.addr_bytes, e->gpr[reg] + string_step(e));
}

/* DS:RSI, whose segment a prefix may change; ES:RDI, where none can. */
static enum emul_result string_addr(struct emul *e, unsigned int reg,
                                    bool is_write, uint64_t *addr)
{
    const enum emul_seg seg =
        reg == EMUL_RSI ? (enum emul_seg)e->insn.seg : EMUL_ES;

    return emul_linear(e, seg, zero_extend(e->gpr[reg], e->insn.addr_bytes),
                       e->insn.mem_bytes, is_write, addr);
}

static enum emul_result string_load(struct emul *e, unsigned int reg,
                                    uint64_t *value)
{
    uint64_t addr;
    const enum emul_result r = string_addr(e, reg, false, &addr);

    *value = 0;
    return r != EMUL_DONE ? r
                          : e->ops->read(e, addr, value, e->insn.mem_bytes,
                                         EMUL_ACCESS_PLAIN);
}

static enum emul_result string_store(struct emul *e, uint64_t value)
{
    uint64_t addr;
    const enum emul_result r = string_addr(e, EMUL_RDI, true, &addr);

    return r != EMUL_DONE ? r
                          : e->ops->write(e, addr, &value, e->insn.mem_bytes,
                                          EMUL_ACCESS_PLAIN);
}

static enum emul_result once_movs(struct emul *e)
{
    uint64_t value;
    enum emul_result r = string_load(e, EMUL_RSI, &value);

    if (r == EMUL_DONE) {
        r = string_store(e, value);
    }
    if (r == EMUL_DONE) {
        string_move(e, EMUL_RSI);
        string_move(e, EMUL_RDI);
    }
    return r;
}

static enum emul_result once_stos(struct emul *e)
{
    const enum emul_result r =
        string_store(e, zero_extend(e->gpr[EMUL_RAX], e->insn.mem_bytes));

    if (r == EMUL_DONE) {
        string_move(e, EMUL_RDI);
    }
    return r;
}

static enum emul_result once_lods(struct emul *e)
{
    uint64_t value;
    const enum emul_result r = string_load(e, EMUL_RSI, &value);

    if (r == EMUL_DONE) {
        emul_gpr_set(e, EMUL_RAX, e->insn.mem_bytes, value);
        string_move(e, EMUL_RSI);
    }
    return r;
}

/* CMPS compares with memory at RSI, SCAS with the accumulator. */
static enum emul_result once_compare(struct emul *e)
{
    const bool is_cmps = e->insn.op == EMUL_OP_CMPS;
    uint64_t a = zero_extend(e->gpr[EMUL_RAX], e->insn.mem_bytes), b;
    enum emul_result r =
        is_cmps ? string_load(e, EMUL_RSI, &a) : EMUL_DONE;

    if (r == EMUL_DONE) {
        r = string_load(e, EMUL_RDI, &b);
    }
    if (r != EMUL_DONE) {
        return r;
    }
    emul_flags_cmp(e, a, b, e->insn.mem_bytes);
    string_move(e, EMUL_RDI);
    if (is_cmps) {
        string_move(e, EMUL_RSI);
    }
    return EMUL_DONE;
}

/* The target is probed first: what a port has given cannot be put back. */
static enum emul_result once_ins(struct emul *e)
{
    uint64_t addr;
    uint32_t value = 0;
    enum emul_result r;

    if (e->ops->port_in == NULL) {
        return emul_refuse(e, EMUL_WHY_NO_CALLBACK);
    }
    r = string_addr(e, EMUL_RDI, true, &addr);
    if (r == EMUL_DONE && e->ops->probe_write != NULL) {
        r = e->ops->probe_write(e, addr, e->insn.mem_bytes);
    }
    if (r == EMUL_DONE) {
        r = e->ops->port_in(e, (uint16_t)e->gpr[EMUL_RDX],
                            e->insn.mem_bytes, &value);
    }
    if (r == EMUL_DONE) {
        r = e->ops->write(e, addr, &value, e->insn.mem_bytes,
                          EMUL_ACCESS_PLAIN);
    }
    if (r == EMUL_DONE) {
        string_move(e, EMUL_RDI);
    }
    return r;
}

static enum emul_result once_outs(struct emul *e)
{
    uint64_t value;
    enum emul_result r;

    if (e->ops->port_out == NULL) {
        return emul_refuse(e, EMUL_WHY_NO_CALLBACK);
    }
    r = string_load(e, EMUL_RSI, &value);
    if (r == EMUL_DONE) {
        r = e->ops->port_out(e, (uint16_t)e->gpr[EMUL_RDX],
                             e->insn.mem_bytes, (uint32_t)value);
    }
    if (r == EMUL_DONE) {
        string_move(e, EMUL_RSI);
    }
    return r;
}

static enum emul_result string_once(struct emul *e)
{
    switch ((enum emul_op)e->insn.op) {
    case EMUL_OP_MOVS: return once_movs(e);
    case EMUL_OP_STOS: return once_stos(e);
    case EMUL_OP_LODS: return once_lods(e);
    case EMUL_OP_CMPS: case EMUL_OP_SCAS: return once_compare(e);
    case EMUL_OP_INS: return once_ins(e);
    default: return once_outs(e);
    }
}

/* REPE ends at the first difference, REPNE at the first match. */
static bool repeat_ends(const struct emul *e)
{
    const bool compares =
        e->insn.op == EMUL_OP_CMPS || e->insn.op == EMUL_OP_SCAS;
    const bool equal = (e->rflags & RFLAGS_ZF) != 0;

    return compares && equal != (e->insn.rep == 0xf3);
}

/*
 * What happened in earlier iterations stays: a fault in a later one is
 * reported with the registers as they are then, as the CPU does.
 */
static enum emul_result string_repeat(struct emul *e)
{
    const unsigned int width = e->insn.addr_bytes;

    for (unsigned int i = 0; i < EMUL_BATCH; i++) {
        const uint64_t count = zero_extend(e->gpr[EMUL_RCX], width);

        if (count == 0) {
            return EMUL_DONE;
        }
        const enum emul_result r = string_once(e);

        if (r != EMUL_DONE) {
            return r;
        }
        emul_gpr_set(e, EMUL_RCX, width, count - 1);
        if (count == 1 || repeat_ends(e)) {
            return EMUL_DONE;
        }
    }
    return EMUL_AGAIN;
}

/* IN and OUT with an immediate port or DX. */
static enum emul_result exec_port(struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    const uint16_t port = insn->form == EMUL_FORM_IB
                              ? (uint16_t)insn->imm
                              : (uint16_t)e->gpr[EMUL_RDX];
    uint32_t value = (uint32_t)e->gpr[EMUL_RAX];
    enum emul_result r;

    if (e->ops->port_in == NULL || e->ops->port_out == NULL) {
        return emul_refuse(e, EMUL_WHY_NO_CALLBACK);
    }
    if (insn->op == EMUL_OP_OUT) {
        return e->ops->port_out(
            e, port, insn->mem_bytes,
            (uint32_t)zero_extend(value, insn->mem_bytes));
    }
    r = e->ops->port_in(e, port, insn->mem_bytes, &value);
    if (r == EMUL_DONE) {
        emul_gpr_set(e, EMUL_RAX, insn->mem_bytes, value);
    }
    return r;
}

enum emul_result emul_exec_string(struct emul *e)
{
    if (e->insn.op == EMUL_OP_IN || e->insn.op == EMUL_OP_OUT) {
        return exec_port(e);
    }
    return e->insn.rep != 0 ? string_repeat(e) : string_once(e);
}
