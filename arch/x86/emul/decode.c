/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instruction decoder: prefixes, opcode, ModRM, SIB, displacement and
 * immediate of the instructions in decode_tables.def. It reads nothing but
 * the instruction's bytes. No locking. Chapters: SDM volume 2, "Instruction
 * Format" and "Opcode Map".
 */
#include <arch/x86/emul/emul_priv.h>
#include <core/lib/util.h>

struct row {
    uint8_t op;
    uint8_t form;  /* or the group */
    uint8_t width;
    uint8_t flags;
};

enum group {
    GROUP_1_IB, GROUP_1_IZ, GROUP_1A, GROUP_3_B, GROUP_3_V, GROUP_4, GROUP_5,
    GROUP_6, GROUP_7, GROUP_8, GROUP_11_IB, GROUP_11_IZ, GROUP_COUNT,
};

/* Names as the tables' rows spell them. */
#define EMUL_FORM_GROUP_1_IB GROUP_1_IB
#define EMUL_FORM_GROUP_1_IZ GROUP_1_IZ
#define EMUL_FORM_GROUP_1A GROUP_1A
#define EMUL_FORM_GROUP_3_B GROUP_3_B
#define EMUL_FORM_GROUP_3_V GROUP_3_V
#define EMUL_FORM_GROUP_4 GROUP_4
#define EMUL_FORM_GROUP_5 GROUP_5
#define EMUL_FORM_GROUP_6 GROUP_6
#define EMUL_FORM_GROUP_7 GROUP_7
#define EMUL_FORM_GROUP_8 GROUP_8
#define EMUL_FORM_GROUP_11_IB GROUP_11_IB
#define EMUL_FORM_GROUP_11_IZ GROUP_11_IZ
#define EMUL_WIDTH_GROUP 0
#define EMUL_ROW_0 0
#define EMUL_ROW_MEM_ALIGNED (EMUL_ROW_MEM | EMUL_ROW_ALIGNED)

#define ROW(op, form, width, flags) \
    { EMUL_OP_##op, EMUL_FORM_##form, EMUL_WIDTH_##width, EMUL_ROW_##flags }

static const struct row map1[256] = {
#define MAP1(opcode, ...) [opcode] = ROW(__VA_ARGS__),
#define MAP2(...)
#define PFX(...)
#define GROUP(...)
#define MODRM(...)
#include <arch/x86/emul/decode_tables.def>
#undef MAP1
#undef MAP2
};

static const struct row map2[256] = {
#define MAP1(...)
#define MAP2(opcode, ...) [opcode] = ROW(__VA_ARGS__),
#include <arch/x86/emul/decode_tables.def>
#undef MAP2
#undef PFX
};

static const struct {
    uint8_t map;
    uint8_t prefix;
    uint8_t opcode;
    struct row row;
} prefixed[] = {
#define MAP2(...)
#define PFX(map, prefix, opcode, ...) \
    { map, prefix, opcode, ROW(__VA_ARGS__) },
#include <arch/x86/emul/decode_tables.def>
#undef PFX
#undef GROUP
};

static const struct row groups[GROUP_COUNT][8] = {
#define PFX(...)
#define GROUP(id, reg, ...) [id][reg] = ROW(__VA_ARGS__),
#include <arch/x86/emul/decode_tables.def>
#undef GROUP
#undef MODRM
};

/* 0f 01 with mod = 3. */
static const uint8_t modrm_op[64] = {
#define GROUP(...)
#define MODRM(modrm, op) [(modrm) - 0xc0] = EMUL_OP_##op,
#include <arch/x86/emul/decode_tables.def>
};

/* The state of one decoding. */
struct decoder {
    struct emul *e;
    unsigned int pos;
    unsigned int end; /* of the bytes there are */
    bool short_fetch; /* more bytes were asked for than there are */
    bool op_prefix;   /* 66 */
    bool addr_prefix; /* 67 */
    uint8_t modrm;
};

/* The next byte; 0 when there is none, which is noticed at the end. */
static __always_inline uint8_t next_byte(struct decoder *d)
{
    if (unlikely(d->pos >= d->end)) {
        d->short_fetch = true;
        return 0;
    }
    return d->e->bytes[d->pos++];
}

/* bytes of them, sign-extended. 0 bytes give 0. */
static uint64_t next_value(struct decoder *d, unsigned int bytes)
{
    uint64_t value = 0;

    for (unsigned int i = 0; i < bytes; i++) {
        value |= (uint64_t)next_byte(d) << (8 * i);
    }
    return bytes != 0 ? sign_extend(value, bytes) : 0;
}

static void segment_prefix(struct emul_insn *insn, enum emul_mode mode,
                           enum emul_seg seg)
{
    /* In 64-bit mode those of ES, CS, SS and DS are ignored. */
    if (mode != EMUL_MODE_64 || seg == EMUL_FS || seg == EMUL_GS) {
        insn->seg = (uint8_t)seg;
        insn->seg_given = true;
    }
}

static void legacy_prefix(struct decoder *d, uint8_t byte)
{
    struct emul_insn *const insn = &d->e->insn;
    const enum emul_mode mode = d->e->mode;

    insn->rex = 0; /* REX counts only right before the opcode */
    switch (byte) {
    case 0x26: segment_prefix(insn, mode, EMUL_ES); break;
    case 0x2e: segment_prefix(insn, mode, EMUL_CS); break;
    case 0x36: segment_prefix(insn, mode, EMUL_SS); break;
    case 0x3e: segment_prefix(insn, mode, EMUL_DS); break;
    case 0x64: segment_prefix(insn, mode, EMUL_FS); break;
    case 0x65: segment_prefix(insn, mode, EMUL_GS); break;
    case 0x66: d->op_prefix = true; break;
    case 0x67: d->addr_prefix = true; break;
    case 0xf0: insn->lock = true; break;
    default: insn->rep = byte; break;
    }
}

/* All prefixes; returns the row of the byte behind them. */
static const struct row *decode_prefixes(struct decoder *d)
{
    for (;;) {
        const uint8_t byte = next_byte(d);
        const struct row *const row = &map1[byte];

        if (row->op == EMUL_OP_PREFIX) {
            legacy_prefix(d, byte);
        } else if ((byte & 0xf0) == 0x40 && d->e->mode == EMUL_MODE_64) {
            d->e->insn.rex = byte;
        } else {
            return row;
        }
    }
}

/* A row that a mandatory prefix selects, or NULL. */
static const struct row *prefixed_row(const struct decoder *d,
                                      unsigned int map, uint8_t opcode)
{
    const uint8_t rep = d->e->insn.rep;
    const uint8_t prefix = rep != 0 ? rep : d->op_prefix ? 0x66 : 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(prefixed); i++) {
        if (prefixed[i].map == map && prefixed[i].opcode == opcode &&
            prefixed[i].prefix == prefix) {
            return &prefixed[i].row;
        }
    }
    return NULL;
}

static const struct row *opcode_row(struct decoder *d)
{
    const struct row *const row = decode_prefixes(d);
    uint8_t opcode;

    if (row->op != EMUL_OP_ESCAPE) {
        return row;
    }
    opcode = next_byte(d);
    if (opcode == 0x38) {
        return prefixed_row(d, 3, next_byte(d));
    }
    if (map2[opcode].op != EMUL_OP_NONE) {
        return &map2[opcode];
    }
    return prefixed_row(d, 2, opcode);
}

/* The row of a group's member; needs ModRM. */
static struct row group_row(const struct decoder *d, const struct row *row)
{
    struct row member = groups[row->form][(d->modrm >> 3) & 7];

    if (row->form == GROUP_7 && d->modrm >= 0xc0 &&
        modrm_op[d->modrm - 0xc0] != EMUL_OP_NONE) {
        return (struct row){ modrm_op[d->modrm - 0xc0], EMUL_FORM_MODRM,
                             EMUL_WIDTH_N, 0 };
    }
    if (member.width == 0) {
        member.width = row->width;
    }
    return member;
}

static void decode_sizes(struct decoder *d, uint8_t row_flags)
{
    struct emul_insn *const insn = &d->e->insn;
    const enum emul_mode mode = d->e->mode;
    const bool is_64 = mode == EMUL_MODE_64;

    insn->op_bytes = (mode == EMUL_MODE_16) == d->op_prefix ? 4 : 2;
    if ((insn->rex & 8) != 0 ||
        (is_64 && (row_flags & EMUL_ROW_D64) != 0 && !d->op_prefix)) {
        insn->op_bytes = 8;
    }
    if (is_64) {
        insn->addr_bytes = d->addr_prefix ? 4 : 8;
    } else {
        insn->addr_bytes = (mode == EMUL_MODE_16) == d->addr_prefix ? 4 : 2;
    }
}

static uint8_t width_bytes(const struct emul *e, uint8_t width)
{
    const uint8_t op_bytes = e->insn.op_bytes;

    if (width <= EMUL_WIDTH_X) {
        return width;
    }
    switch (width) {
    case EMUL_WIDTH_V: return op_bytes;
    case EMUL_WIDTH_Y: return op_bytes == 8 ? 8 : 4;
    case EMUL_WIDTH_Z: return op_bytes == 2 ? 2 : 4;
    default: return e->mode == EMUL_MODE_64 ? 8 : 4;
    }
}

/* 16-bit addressing: pairs of registers. */
static void decode_address_16(struct decoder *d, unsigned int mod,
                              unsigned int rm)
{
    enum { AX, CX, DX, BX, SP, BP, SI, DI, NO = EMUL_REG_NONE };
    static const uint8_t bases[8] = { BX, BX, BP, BP, SI, DI, BP, BX };
    static const uint8_t indexes[8] = { SI, DI, SI, DI, NO, NO, NO, NO };
    struct emul_insn *const insn = &d->e->insn;

    if (mod == 0 && rm == 6) {
        insn->disp = (int64_t)(next_value(d, 2) & 0xffff);
        return;
    }
    insn->base = bases[rm];
    insn->index = indexes[rm];
    insn->disp = (int64_t)next_value(d, mod);
    if (insn->base == BP && !insn->seg_given) {
        insn->seg = EMUL_SS;
    }
}

static void decode_sib(struct decoder *d, unsigned int mod)
{
    struct emul_insn *const insn = &d->e->insn;
    const uint8_t sib = next_byte(d);
    const unsigned int base = sib & 7;
    const unsigned int index =
        ((sib >> 3) & 7) | ((insn->rex & 2) != 0 ? 8 : 0);

    insn->scale = sib >> 6;
    insn->index = index == 4 ? EMUL_REG_NONE : (uint8_t)index;
    if (base == 5 && mod == 0) {
        insn->disp = (int64_t)next_value(d, 4);
        return;
    }
    insn->base = (uint8_t)(base | ((insn->rex & 1) != 0 ? 8 : 0));
    if ((base == 4 || base == 5) && (insn->rex & 1) == 0 &&
        !insn->seg_given) {
        insn->seg = EMUL_SS;
    }
}

static void decode_address_32(struct decoder *d, unsigned int mod,
                              unsigned int rm)
{
    struct emul_insn *const insn = &d->e->insn;

    if (rm == 4) {
        decode_sib(d, mod);
    } else if (mod == 0 && rm == 5) {
        insn->disp = (int64_t)next_value(d, 4);
        if (d->e->mode == EMUL_MODE_64) {
            insn->base = EMUL_REG_RIP;
        }
    } else {
        insn->base = (uint8_t)(rm | ((insn->rex & 1) != 0 ? 8 : 0));
        if (rm == 5 && (insn->rex & 1) == 0 && !insn->seg_given) {
            insn->seg = EMUL_SS;
        }
    }
    if (mod != 0) {
        insn->disp = (int64_t)next_value(d, mod == 1 ? 1 : 4);
    }
}

static void decode_modrm(struct decoder *d, uint8_t form)
{
    struct emul_insn *const insn = &d->e->insn;
    const unsigned int mod = d->modrm >> 6;
    const unsigned int rm = d->modrm & 7;

    insn->reg = (uint8_t)(((d->modrm >> 3) & 7) |
                          ((insn->rex & 4) != 0 ? 8 : 0));
    if (mod == 3 || form == EMUL_FORM_R_C) {
        insn->rm = (uint8_t)(rm | ((insn->rex & 1) != 0 ? 8 : 0));
        return;
    }
    insn->is_mem = true;
    if (insn->addr_bytes == 2) {
        decode_address_16(d, mod, rm);
    } else {
        decode_address_32(d, mod, rm);
    }
}

static void decode_immediate(struct decoder *d, uint8_t form)
{
    struct emul_insn *const insn = &d->e->insn;

    switch (form) {
    case EMUL_FORM_E_IB:
        insn->imm = next_value(d, 1);
        break;
    case EMUL_FORM_IB:
        insn->imm = next_value(d, 1) & 0xff;
        break;
    case EMUL_FORM_E_IZ:
        insn->imm = next_value(d, insn->op_bytes == 2 ? 2 : 4);
        break;
    case EMUL_FORM_A_O: case EMUL_FORM_O_A:
        insn->disp = (int64_t)next_value(d, insn->addr_bytes);
        insn->is_mem = true;
        break;
    default:
        break;
    }
}

/* What differs from the table's row in special cases. */
static void decode_special(struct decoder *d)
{
    struct emul_insn *const insn = &d->e->insn;

    if (insn->op == EMUL_OP_NOP) {
        insn->op = insn->rep == 0xf3 ? EMUL_OP_PAUSE : EMUL_OP_NOP;
    } else if (insn->lock && insn->reg == 0) {
        /* AMD: LOCK MOV CR0 names CR8 where there is no REX. */
        insn->reg = 8;
        insn->lock = false;
    }
}

/* Forms that the CPU refuses. */
static bool is_illegal(const struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;

    if (insn->lock &&
        ((insn->flags & EMUL_ROW_LOCK) == 0 || !insn->is_mem)) {
        return true;
    }
    if ((insn->flags & EMUL_ROW_MEM) != 0 && !insn->is_mem) {
        return true;
    }
    return (insn->flags & EMUL_ROW_NO64) != 0 && e->mode == EMUL_MODE_64;
}

/* Everything behind the opcode. */
static void decode_rest(struct decoder *d, struct row row)
{
    struct emul_insn *const insn = &d->e->insn;

    if (row.op == EMUL_OP_GROUP || row.form >= EMUL_FORM_E_G) {
        d->modrm = next_byte(d);
    }
    if (row.op == EMUL_OP_GROUP) {
        row = group_row(d, &row);
    }
    decode_sizes(d, row.flags);
    if (row.form >= EMUL_FORM_E_G) {
        decode_modrm(d, row.form);
    }
    decode_immediate(d, row.form);
    insn->op = row.op;
    insn->form = row.form;
    insn->flags = row.flags;
    insn->mem_bytes = width_bytes(d->e, row.width);
    insn->length = (uint8_t)d->pos;
    if ((row.flags & EMUL_ROW_SPECIAL) != 0) {
        decode_special(d);
    }
    if ((row.flags & EMUL_ROW_ONLY64) != 0 && d->e->mode != EMUL_MODE_64) {
        insn->op = EMUL_OP_NONE;
    }
}

/* Why nothing was decoded, or only a part. */
static enum emul_result decode_failure(struct emul *e, bool short_fetch)
{
    if (!short_fetch) {
        return emul_refuse(e, EMUL_WHY_OPCODE);
    }
    /* A whole buffer full and no end: longer than the CPU allows. */
    return e->fetched >= EMUL_INSN_MAX ? emul_raise(e, VECTOR_GP, true)
                                       : emul_refuse(e, EMUL_WHY_FETCH);
}

enum emul_result emul_decode(struct emul *e)
{
    struct decoder d = { .e = e, .end = min(e->fetched, EMUL_INSN_MAX) };
    const struct row *row;

    e->insn = (struct emul_insn){ .seg = EMUL_DS,
                                  .base = EMUL_REG_NONE,
                                  .index = EMUL_REG_NONE };
    e->why = EMUL_WHY_NOTHING;
    row = opcode_row(&d);
    if (row != NULL && row->op != EMUL_OP_NONE) {
        decode_rest(&d, *row);
    }
    if (unlikely(d.short_fetch || e->insn.op == EMUL_OP_NONE)) {
        return decode_failure(e, d.short_fetch);
    }
    if ((e->insn.lock || e->insn.flags != 0) && is_illegal(e)) {
        return emul_raise(e, VECTOR_UD, false);
    }
    return EMUL_DONE;
}
