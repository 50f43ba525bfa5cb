/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's frame: registers, segmentation, memory operands, RIP, and
 * the choice of the executing file. No locking. Chapters: SDM volume 1,
 * "Operand Addressing"; SDM volume 3, "Protected-Mode Memory Management".
 */
#include <arch/x86/emul/emul_priv.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

/* Segment attributes. */
#define ATTR_WRITE BIT(1)       /* of data segments */
#define ATTR_READ BIT(1)        /* of code segments */
#define ATTR_EXPAND_DOWN BIT(2)
#define ATTR_CODE BIT(3)
#define ATTR_PRESENT BIT(7)
#define ATTR_DB BIT(10)

/* AH, CH, DH, BH: 8-bit registers 4 to 7 of instructions without REX. */
static bool is_high_byte(const struct emul *e, unsigned int reg,
                         unsigned int bytes)
{
    return bytes == 1 && e->insn.rex == 0 && reg >= 4 && reg < 8;
}

uint64_t emul_gpr_get(const struct emul *e, unsigned int reg,
                      unsigned int bytes)
{
    if (bytes == 8) {
        return e->gpr[reg];
    }
    if (is_high_byte(e, reg, bytes)) {
        return e->gpr[reg - 4] >> 8 & 0xff;
    }
    return zero_extend(e->gpr[reg], bytes);
}

void emul_gpr_set(struct emul *e, unsigned int reg, unsigned int bytes,
                  uint64_t value)
{
    if (bytes >= 4) {
        e->gpr[reg] = bytes == 8 ? value : (uint32_t)value;
        return;
    }
    const unsigned int shift = is_high_byte(e, reg, bytes) ? 8 : 0;
    const uint64_t mask = ((UINT64_C(1) << 8 * bytes) - 1) << shift;

    reg -= shift / 2;
    e->gpr[reg] = (e->gpr[reg] & ~mask) | (value << shift & mask);
}

uint64_t emul_offset(const struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    uint64_t offset = (uint64_t)insn->disp;

    if (insn->base < 16) {
        offset += e->gpr[insn->base];
    } else if (insn->base == EMUL_REG_RIP) {
        offset += e->rip + insn->length;
    }
    if (insn->index < 16) {
        offset += e->gpr[insn->index] << insn->scale;
    }
    return insn->addr_bytes == 8 ? offset
                                 : zero_extend(offset, insn->addr_bytes);
}

/* The bits from the sign bit of an address up are all alike. */
static bool is_canonical(const struct emul *e, uint64_t addr)
{
    const unsigned int shift = e->la57 ? 56 : 47;

    return (uint64_t)((int64_t)addr >> shift) + 1 <= 1;
}

static bool segment_allows(const struct emul_segment *s, uint64_t offset,
                           unsigned int bytes, bool is_write)
{
    const bool is_code = (s->attr & ATTR_CODE) != 0;
    const uint64_t last = offset + bytes - 1;

    if ((s->attr & ATTR_PRESENT) == 0 ||
        (is_write && (is_code || (s->attr & ATTR_WRITE) == 0)) ||
        (!is_write && is_code && (s->attr & ATTR_READ) == 0)) {
        return false;
    }
    if (!is_code && (s->attr & ATTR_EXPAND_DOWN) != 0) {
        return offset > s->limit &&
               last <= ((s->attr & ATTR_DB) != 0 ? UINT32_MAX : UINT16_MAX);
    }
    return last <= s->limit;
}

static __noinline enum emul_result
linear_32(struct emul *e, enum emul_seg seg, uint64_t offset,
          unsigned int bytes, bool is_write, uint64_t *addr)
{
    struct emul_segment s;

    e->ops->segment(e, seg, &s);
    *addr = (uint32_t)(s.base + offset);
    if (segment_allows(&s, offset, bytes, is_write)) {
        return EMUL_DONE;
    }
    return emul_raise(e, seg == EMUL_SS ? VECTOR_SS : VECTOR_GP, true);
}

/* Those that have one in 64-bit mode, too. */
static __noinline uint64_t segment_base(struct emul *e, enum emul_seg seg)
{
    struct emul_segment s;

    e->ops->segment(e, seg, &s);
    return s.base;
}

enum emul_result emul_linear(struct emul *e, enum emul_seg seg,
                             uint64_t offset, unsigned int bytes,
                             bool is_write, uint64_t *addr)
{
    if (e->mode != EMUL_MODE_64) {
        return linear_32(e, seg, offset, bytes, is_write, addr);
    }
    if (seg >= EMUL_FS) {
        offset += segment_base(e, seg);
    }
    *addr = offset;
    if (is_canonical(e, offset) && is_canonical(e, offset + bytes - 1)) {
        return EMUL_DONE;
    }
    return emul_raise(e, seg == EMUL_SS ? VECTOR_SS : VECTOR_GP, true);
}

enum emul_result emul_operand_addr(struct emul *e, unsigned int bytes,
                                   bool is_write, uint64_t *addr)
{
    const enum emul_result r =
        emul_linear(e, (enum emul_seg)e->insn.seg, emul_offset(e), bytes,
                    is_write, addr);

    if ((e->insn.flags & EMUL_ROW_ALIGNED) != 0 && r == EMUL_DONE &&
        !is_aligned(*addr, bytes)) {
        return emul_raise(e, VECTOR_GP, true);
    }
    return r;
}

enum emul_result emul_read_e(struct emul *e, unsigned int access,
                             uint64_t *value)
{
    const unsigned int bytes = e->insn.mem_bytes;
    const bool will_write = (access & EMUL_ACCESS_WILL_WRITE) != 0;
    enum emul_result r;
    uint64_t addr;

    *value = 0;
    if (!e->insn.is_mem) {
        *value = emul_gpr_get(e, e->insn.rm, bytes);
        return EMUL_DONE;
    }
    r = emul_linear(e, (enum emul_seg)e->insn.seg, emul_offset(e), bytes,
                    will_write, &addr);
    return r != EMUL_DONE ? r : e->ops->read(e, addr, value, bytes, access);
}

enum emul_result emul_write_e(struct emul *e, unsigned int access,
                              uint64_t value)
{
    const unsigned int bytes = e->insn.mem_bytes;
    enum emul_result r;
    uint64_t addr;

    if (!e->insn.is_mem) {
        emul_gpr_set(e, e->insn.rm, bytes, value);
        return EMUL_DONE;
    }
    r = emul_linear(e, (enum emul_seg)e->insn.seg, emul_offset(e), bytes,
                    true, &addr);
    return r != EMUL_DONE ? r : e->ops->write(e, addr, &value, bytes, access);
}

void emul_advance(struct emul *e)
{
    e->rip += e->insn.length;
    if (e->mode != EMUL_MODE_64) {
        e->rip = zero_extend(e->rip, e->mode);
    }
}

enum emul_result emul_execute(struct emul *e)
{
    const enum emul_op op = (enum emul_op)e->insn.op;
    enum emul_result r;

    if (op >= EMUL_OP_MOV && op <= EMUL_OP_POP) {
        r = emul_exec_mov(e);
    } else if (op >= EMUL_OP_ADD && op <= EMUL_OP_CMPXCHG) {
        r = emul_exec_alu(e);
    } else if (op >= EMUL_OP_MOVS && op <= EMUL_OP_OUT) {
        r = emul_exec_string(e);
    } else {
        return emul_refuse(e, EMUL_WHY_NOT_EXECUTED);
    }
    if (r == EMUL_DONE) {
        emul_advance(e);
    } else if (r == EMUL_UNHANDLED && e->why == EMUL_WHY_NOTHING) {
        e->why = EMUL_WHY_MEMORY;
    }
    return r;
}

enum emul_result emul_run(struct emul *e)
{
    const enum emul_result r = emul_decode(e);

    return r == EMUL_DONE ? emul_execute(e) : r;
}

const char *emul_why_name(enum emul_why why)
{
    static const char *const names[EMUL_WHY_COUNT] = {
#define X(name, text) text,
        EMUL_WHYS(X)
#undef X
    };

    return why < EMUL_WHY_COUNT ? names[why] : "?";
}
