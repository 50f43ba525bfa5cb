/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic on a memory or register operand: what it computes and which
 * flags it sets. A read-modify-write reads with the announcement that it
 * will write, and touches registers and flags only after the write. No
 * locking. Chapter: SDM volume 1, "EFLAGS Register"; volume 2, the
 * instructions' pages.
 */
#include <arch/x86/emul/emul_priv.h>
#include <core/lib/util.h>

#define FLAGS_ARITH \
    (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

static uint64_t sign_bit(unsigned int bytes)
{
    return UINT64_C(1) << (8 * bytes - 1);
}

/* ZF, SF and PF of a result. */
static uint64_t flags_result(uint64_t result, unsigned int bytes)
{
    uint64_t flags = 0;

    result = zero_extend(result, bytes);
    flags |= result == 0 ? RFLAGS_ZF : 0;
    flags |= (result & sign_bit(bytes)) != 0 ? RFLAGS_SF : 0;
    flags |= bit_count(result & 0xff) % 2 == 0 ? RFLAGS_PF : 0;
    return flags;
}

static void set_flags(struct emul *e, uint64_t mask, uint64_t flags)
{
    e->rflags = (e->rflags & ~mask) | (flags & mask);
}

/* Carries out of each bit, in the place of the bit. */
static uint64_t flags_carries(uint64_t carries, uint64_t overflow,
                              unsigned int bytes)
{
    uint64_t flags = 0;

    flags |= (carries & sign_bit(bytes)) != 0 ? RFLAGS_CF : 0;
    flags |= (carries & BIT(3)) != 0 ? RFLAGS_AF : 0;
    flags |= (overflow & sign_bit(bytes)) != 0 ? RFLAGS_OF : 0;
    return flags;
}

/* A computation: result and flags. */
struct sum {
    uint64_t result;
    uint64_t flags;
};

static struct sum sum_add(uint64_t a, uint64_t b, uint64_t carry,
                          unsigned int bytes)
{
    const uint64_t result = a + b + carry;
    const uint64_t carries = (a & b) | ((a | b) & ~result);
    const uint64_t overflow = (a ^ result) & (b ^ result);

    return (struct sum){ result, flags_result(result, bytes) |
                         flags_carries(carries, overflow, bytes) };
}

static struct sum sum_sub(uint64_t a, uint64_t b, uint64_t borrow,
                          unsigned int bytes)
{
    const uint64_t result = a - b - borrow;
    const uint64_t borrows = (~a & b) | ((~a | b) & result);
    const uint64_t overflow = (a ^ b) & (a ^ result);

    return (struct sum){ result, flags_result(result, bytes) |
                         flags_carries(borrows, overflow, bytes) };
}

/* AND, OR, XOR clear CF, OF and, being undefined, AF. */
static struct sum sum_logic(uint64_t result, unsigned int bytes)
{
    return (struct sum){ result, flags_result(result, bytes) };
}

void emul_flags_cmp(struct emul *e, uint64_t a, uint64_t b,
                    unsigned int bytes)
{
    set_flags(e, FLAGS_ARITH, sum_sub(a, b, 0, bytes).flags);
}

/* The second operand: G or the immediate. */
static uint64_t alu_source(const struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;

    return insn->form == EMUL_FORM_E_G
               ? emul_gpr_get(e, insn->reg, insn->mem_bytes)
               : zero_extend(insn->imm, insn->mem_bytes);
}

static struct sum compute(const struct emul *e, uint64_t a, uint64_t b)
{
    const unsigned int bytes = e->insn.mem_bytes;
    const uint64_t carry = e->rflags & RFLAGS_CF;

    switch ((enum emul_op)e->insn.op) {
    case EMUL_OP_ADD: case EMUL_OP_XADD: return sum_add(a, b, 0, bytes);
    case EMUL_OP_ADC: return sum_add(a, b, carry, bytes);
    case EMUL_OP_SBB: return sum_sub(a, b, carry, bytes);
    case EMUL_OP_SUB: case EMUL_OP_CMP: return sum_sub(a, b, 0, bytes);
    case EMUL_OP_OR: return sum_logic(a | b, bytes);
    case EMUL_OP_XOR: return sum_logic(a ^ b, bytes);
    default: return sum_logic(a & b, bytes);
    }
}

/* How the E operand is accessed when it is read, changed, written. */
static unsigned int rmw_access(const struct emul *e)
{
    const bool locked = e->insn.lock || e->insn.op == EMUL_OP_XCHG;

    return locked ? EMUL_ACCESS_WILL_WRITE | EMUL_ACCESS_LOCKED
                  : EMUL_ACCESS_WILL_WRITE;
}

static enum emul_result rmw_write(struct emul *e, uint64_t value)
{
    return emul_write_e(e, rmw_access(e) & EMUL_ACCESS_LOCKED, value);
}

/* ADD to XOR, CMP, TEST. */
static enum emul_result exec_binary(struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    const bool to_g = insn->form == EMUL_FORM_G_E;
    const bool only_flags =
        insn->op == EMUL_OP_CMP || insn->op == EMUL_OP_TEST;
    uint64_t value;
    enum emul_result r = emul_read_e(
        e, to_g || only_flags ? EMUL_ACCESS_PLAIN : rmw_access(e), &value);

    if (r != EMUL_DONE) {
        return r;
    }
    const struct sum sum =
        to_g ? compute(e, emul_gpr_get(e, insn->reg, insn->mem_bytes), value)
             : compute(e, value, alu_source(e));

    if (!only_flags && to_g) {
        emul_gpr_set(e, insn->reg, insn->mem_bytes, sum.result);
    } else if (!only_flags) {
        r = rmw_write(e, sum.result);
    }
    if (r == EMUL_DONE) {
        set_flags(e, FLAGS_ARITH, sum.flags);
    }
    return r;
}

/* NOT, NEG, INC, DEC. INC and DEC leave CF, NOT leaves all flags. */
static enum emul_result exec_unary(struct emul *e)
{
    const unsigned int bytes = e->insn.mem_bytes;
    uint64_t value, mask = FLAGS_ARITH & ~RFLAGS_CF;
    struct sum sum;
    enum emul_result r = emul_read_e(e, rmw_access(e), &value);

    if (r != EMUL_DONE) {
        return r;
    }
    switch ((enum emul_op)e->insn.op) {
    case EMUL_OP_INC: sum = sum_add(value, 1, 0, bytes); break;
    case EMUL_OP_DEC: sum = sum_sub(value, 1, 0, bytes); break;
    case EMUL_OP_NEG:
        sum = sum_sub(0, value, 0, bytes);
        mask = FLAGS_ARITH;
        break;
    default:
        sum = (struct sum){ ~value, 0 };
        mask = 0;
        break;
    }
    r = rmw_write(e, sum.result);
    if (r == EMUL_DONE) {
        set_flags(e, mask, sum.flags);
    }
    return r;
}

/*
 * A bit number from a register reaches beyond the operand: the address moves
 * by whole operands, in both directions. Returns the number in the operand.
 */
static unsigned int bit_number(struct emul *e)
{
    struct emul_insn *const insn = &e->insn;
    const unsigned int bits = 8u * insn->mem_bytes;

    if (insn->form != EMUL_FORM_E_G) {
        return (unsigned int)insn->imm & (bits - 1);
    }
    const int64_t number = (int64_t)sign_extend(
        emul_gpr_get(e, insn->reg, insn->mem_bytes), insn->mem_bytes);

    if (insn->is_mem) {
        const int64_t step = number >> bit_lowest(bits);

        insn->disp = (int64_t)((uint64_t)insn->disp +
                               (uint64_t)step * insn->mem_bytes);
    }
    return (unsigned int)number & (bits - 1);
}

/* BT, BTS, BTR, BTC: the old bit goes to CF. */
static enum emul_result exec_bit(struct emul *e)
{
    const int64_t disp = e->insn.disp;
    const uint64_t bit = UINT64_C(1) << bit_number(e);
    const bool only_test = e->insn.op == EMUL_OP_BT;
    uint64_t value, old;
    enum emul_result r = emul_read_e(
        e, only_test ? EMUL_ACCESS_PLAIN : rmw_access(e), &value);

    old = value;
    switch ((enum emul_op)e->insn.op) {
    case EMUL_OP_BTS: value |= bit; break;
    case EMUL_OP_BTR: value &= ~bit; break;
    case EMUL_OP_BTC: value ^= bit; break;
    default: break;
    }
    if (r == EMUL_DONE && !only_test) {
        r = rmw_write(e, value);
    }
    if (r == EMUL_DONE) {
        set_flags(e, RFLAGS_CF, (old & bit) != 0 ? RFLAGS_CF : 0);
    }
    e->insn.disp = disp;
    return r;
}

/* XCHG and XADD: what was in E goes to G. */
static enum emul_result exec_exchange(struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    const uint64_t source = alu_source(e);
    struct sum sum = { source, 0 };
    uint64_t value;
    enum emul_result r = emul_read_e(e, rmw_access(e), &value);

    if (r != EMUL_DONE) {
        return r;
    }
    if (insn->op == EMUL_OP_XADD) {
        sum = compute(e, value, source);
    }
    if (!insn->is_mem) {
        /* Both may be the same register: E is written last. */
        emul_gpr_set(e, insn->reg, insn->mem_bytes, value);
    }
    r = rmw_write(e, sum.result);
    if (r != EMUL_DONE) {
        return r;
    }
    if (insn->is_mem) {
        emul_gpr_set(e, insn->reg, insn->mem_bytes, value);
    }
    if (insn->op == EMUL_OP_XADD) {
        set_flags(e, FLAGS_ARITH, sum.flags);
    }
    return EMUL_DONE;
}

/*
 * Memory is written in any case, as the CPU does; a register that differs
 * keeps even the upper half that a 32-bit write would clear.
 */
static enum emul_result exec_cmpxchg(struct emul *e)
{
    const unsigned int bytes = e->insn.mem_bytes;
    const uint64_t wanted = emul_gpr_get(e, EMUL_RAX, bytes);
    uint64_t value;
    enum emul_result r = emul_read_e(e, rmw_access(e), &value);

    if (r != EMUL_DONE) {
        return r;
    }
    if (e->insn.is_mem || value == wanted) {
        r = rmw_write(e, value == wanted ? alu_source(e) : value);
    }
    if (r != EMUL_DONE) {
        return r;
    }
    if (value != wanted) {
        emul_gpr_set(e, EMUL_RAX, bytes, value);
    }
    emul_flags_cmp(e, wanted, value, bytes);
    return EMUL_DONE;
}

enum emul_result emul_exec_alu(struct emul *e)
{
    switch ((enum emul_op)e->insn.op) {
    case EMUL_OP_ADD: case EMUL_OP_OR: case EMUL_OP_ADC: case EMUL_OP_SBB:
    case EMUL_OP_AND: case EMUL_OP_SUB: case EMUL_OP_XOR: case EMUL_OP_CMP:
    case EMUL_OP_TEST:
        return exec_binary(e);
    case EMUL_OP_NOT: case EMUL_OP_NEG: case EMUL_OP_INC: case EMUL_OP_DEC:
        return exec_unary(e);
    case EMUL_OP_BT: case EMUL_OP_BTS: case EMUL_OP_BTR: case EMUL_OP_BTC:
        return exec_bit(e);
    case EMUL_OP_XCHG: case EMUL_OP_XADD:
        return exec_exchange(e);
    case EMUL_OP_CMPXCHG:
        return exec_cmpxchg(e);
    default:
        return emul_refuse(e, EMUL_WHY_NOT_EXECUTED);
    }
}
