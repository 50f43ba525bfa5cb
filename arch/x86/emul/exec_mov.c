/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves between memory and registers: MOV, MOVZX, MOVSX, MOVSXD, MOVNTI,
 * MOVBE, 4- to 16-byte moves of XMM registers, PUSH and POP of memory. No
 * locking. Chapter: SDM volume 2, the instructions' pages.
 */
#include <arch/x86/emul/emul_priv.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

/* The register or immediate that goes into E. */
static uint64_t mov_source(const struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;

    switch (insn->form) {
    case EMUL_FORM_E_G: return emul_gpr_get(e, insn->reg, insn->mem_bytes);
    case EMUL_FORM_O_A: return emul_gpr_get(e, EMUL_RAX, insn->mem_bytes);
    default: return insn->imm;
    }
}

/* MOV in both directions; A_O and O_A have their memory operand in disp. */
static enum emul_result exec_mov(struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    uint64_t value;
    enum emul_result r;

    if (insn->form != EMUL_FORM_G_E && insn->form != EMUL_FORM_A_O) {
        return emul_write_e(e, EMUL_ACCESS_PLAIN, mov_source(e));
    }
    r = emul_read_e(e, EMUL_ACCESS_PLAIN, &value);
    if (r == EMUL_DONE) {
        emul_gpr_set(e, insn->form == EMUL_FORM_A_O ? EMUL_RAX : insn->reg,
                     insn->mem_bytes, value);
    }
    return r;
}

/* MOVZX, MOVSX, MOVSXD: the target has the operand size. */
static enum emul_result exec_extend(struct emul *e, bool is_signed)
{
    const struct emul_insn *const insn = &e->insn;
    uint64_t value;
    const enum emul_result r = emul_read_e(e, EMUL_ACCESS_PLAIN, &value);

    if (r == EMUL_DONE) {
        emul_gpr_set(e, insn->reg, insn->op_bytes,
                     is_signed ? sign_extend(value, insn->mem_bytes) : value);
    }
    return r;
}

static uint64_t swap_bytes(uint64_t value, unsigned int bytes)
{
    return __builtin_bswap64(value) >> (64 - 8 * bytes);
}

static enum emul_result exec_movbe(struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    const unsigned int bytes = insn->mem_bytes;
    uint64_t value;
    enum emul_result r;

    if (insn->form == EMUL_FORM_E_G) {
        value = swap_bytes(emul_gpr_get(e, insn->reg, bytes), bytes);
        return emul_write_e(e, EMUL_ACCESS_PLAIN, value);
    }
    r = emul_read_e(e, EMUL_ACCESS_PLAIN, &value);
    if (r == EMUL_DONE) {
        emul_gpr_set(e, insn->reg, bytes, swap_bytes(value, bytes));
    }
    return r;
}

/* A load clears the rest of the register. Only with a memory operand. */
static enum emul_result exec_movxmm(struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    const bool is_store = insn->form == EMUL_FORM_E_X;
    uint8_t data[16] = { 0 };
    uint64_t addr;
    enum emul_result r;

    if (!insn->is_mem || e->ops->xmm_read == NULL ||
        e->ops->xmm_write == NULL) {
        return emul_refuse(e, EMUL_WHY_NO_CALLBACK);
    }
    r = emul_operand_addr(e, insn->mem_bytes, is_store, &addr);
    if (r != EMUL_DONE) {
        return r;
    }
    if (is_store) {
        e->ops->xmm_read(e, insn->reg, data);
        return e->ops->write(e, addr, data, insn->mem_bytes,
                             EMUL_ACCESS_PLAIN);
    }
    r = e->ops->read(e, addr, data, insn->mem_bytes, EMUL_ACCESS_PLAIN);
    if (r == EMUL_DONE) {
        e->ops->xmm_write(e, insn->reg, data);
    }
    return r;
}

/* Width of the stack pointer; the stack segment's B bit outside 64 bit. */
static unsigned int stack_bytes(struct emul *e)
{
    struct emul_segment ss;

    if (e->mode == EMUL_MODE_64) {
        return 8;
    }
    e->ops->segment(e, EMUL_SS, &ss);
    return (ss.attr & BIT(10)) != 0 ? 4 : 2;
}

static enum emul_result exec_push(struct emul *e)
{
    const unsigned int bytes = e->insn.op_bytes;
    const unsigned int width = stack_bytes(e);
    const uint64_t top = zero_extend(e->gpr[EMUL_RSP] - bytes, width);
    uint64_t value, addr;
    enum emul_result r = emul_read_e(e, EMUL_ACCESS_PLAIN, &value);

    if (r == EMUL_DONE) {
        r = emul_linear(e, EMUL_SS, top, bytes, true, &addr);
    }
    if (r == EMUL_DONE) {
        r = e->ops->write(e, addr, &value, bytes, EMUL_ACCESS_PLAIN);
    }
    if (r == EMUL_DONE) {
        emul_gpr_set(e, EMUL_RSP, width, top);
    }
    return r;
}

/* The target's address is computed with the stack pointer after the pop. */
static enum emul_result exec_pop(struct emul *e)
{
    const unsigned int bytes = e->insn.op_bytes;
    const unsigned int width = stack_bytes(e);
    const uint64_t old = e->gpr[EMUL_RSP];
    uint64_t value = 0, addr;
    enum emul_result r = emul_linear(e, EMUL_SS, zero_extend(old, width),
                                     bytes, false, &addr);

    if (r == EMUL_DONE) {
        r = e->ops->read(e, addr, &value, bytes, EMUL_ACCESS_PLAIN);
    }
    if (r != EMUL_DONE) {
        return r;
    }
    emul_gpr_set(e, EMUL_RSP, width, old + bytes);
    r = emul_write_e(e, EMUL_ACCESS_PLAIN, value);
    if (r != EMUL_DONE) {
        e->gpr[EMUL_RSP] = old;
    }
    return r;
}

enum emul_result emul_exec_mov(struct emul *e)
{
    switch ((enum emul_op)e->insn.op) {
    case EMUL_OP_MOV: return exec_mov(e);
    case EMUL_OP_MOVZX: return exec_extend(e, false);
    case EMUL_OP_MOVSX: return exec_extend(e, true);
    case EMUL_OP_MOVBE: return exec_movbe(e);
    case EMUL_OP_MOVXMM: return exec_movxmm(e);
    case EMUL_OP_PUSH: return exec_push(e);
    case EMUL_OP_POP: return exec_pop(e);
    default: return emul_refuse(e, EMUL_WHY_NOT_EXECUTED);
    }
}
