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
    bool short_fetch; /* more bytes were asked for than there are */
    bool op_prefix;   /* 66 */
    bool addr_prefix; /* 67 */
    uint8_t modrm;
};

/* The next byte; 0 when there is none, which is noticed at the end. */
static uint8_t next_byte(struct decoder *d)
{
    if (d->pos >= min(d->e->fetched, EMUL_INSN_MAX)) {
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

/* Takes one legacy prefix; false when byte is none. */
static bool legacy_prefix(struct decoder *d, uint8_t byte)
{
    struct emul_insn *const insn = &d->e->insn;
    const enum emul_mode mode = d->e->mode;

    switch (byte) {
    case 0x26: segment_prefix(insn, mode, EMUL_ES); return true;
    case 0x2e: segment_prefix(insn, mode, EMUL_CS); return true;
    case 0x36: segment_prefix(insn, mode, EMUL_SS); return true;
    case 0x3e: segment_prefix(insn, mode, EMUL_DS); return true;
    case 0x64: segment_prefix(insn, mode, EMUL_FS); return true;
    case 0x65: segment_prefix(insn, mode, EMUL_GS); return true;
    case 0x66: d->op_prefix = true; return true;
    case 0x67: d->addr_prefix = true; return true;
    case 0xf0: insn->lock = true; return true;
    case 0xf2: case 0xf3: insn->rep = byte; return true;
    default: return false;
    }
}

/* All prefixes; returns the byte behind them. */
static uint8_t decode_prefixes(struct decoder *d)
{
    struct emul_insn *const insn = &d->e->insn;

    for (;;) {
        const uint8_t byte = next_byte(d);

        if (legacy_prefix(d, byte)) {
            insn->rex = 0; /* REX counts only right before the opcode */
        } else if (d->e->mode == EMUL_MODE_64 && (byte & 0xf0) == 0x40) {
            insn->rex = byte;
        } else {
            return byte;
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
    uint8_t opcode = decode_prefixes(d);

    if (opcode != 0x0f) {
        return &map1[opcode];
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

static bool form_has_modrm(const struct row *row)
{
    switch (row->form) {
    case EMUL_FORM_NONE: case EMUL_FORM_STRING: case EMUL_FORM_IB:
    case EMUL_FORM_A_O: case EMUL_FORM_O_A:
        return row->op == EMUL_OP_GROUP;
    default:
        return true;
    }
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

    switch (width) {
    case EMUL_WIDTH_V: return op_bytes;
    case EMUL_WIDTH_Y: return op_bytes == 8 ? 8 : 4;
    case EMUL_WIDTH_Z: return op_bytes == 2 ? 2 : 4;
    case EMUL_WIDTH_N: return e->mode == EMUL_MODE_64 ? 8 : 4;
    default: return width;
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

    if (insn->op == EMUL_OP_NOP && insn->rep == 0xf3) {
        insn->op = EMUL_OP_PAUSE;
    }
    /* AMD: LOCK MOV CR0 names CR8 where there is no REX. */
    if ((insn->op == EMUL_OP_MOV_FROM_CR || insn->op == EMUL_OP_MOV_TO_CR) &&
        insn->lock && insn->reg == 0) {
        insn->reg = 8;
        insn->lock = false;
    }
}

/* Forms that the CPU refuses. */
static bool is_illegal(const struct emul *e)
{
    const struct emul_insn *const insn = &e->insn;
    const bool needs_mem = (insn->flags & EMUL_ROW_MEM) != 0 ||
                           insn->op == EMUL_OP_SGDT ||
                           insn->op == EMUL_OP_SIDT ||
                           insn->op == EMUL_OP_LGDT ||
                           insn->op == EMUL_OP_LIDT ||
                           insn->op == EMUL_OP_INVLPG;

    if (insn->lock &&
        ((insn->flags & EMUL_ROW_LOCK) == 0 || !insn->is_mem)) {
        return true;
    }
    if (needs_mem && !insn->is_mem) {
        return true;
    }
    return (insn->flags & EMUL_ROW_NO64) != 0 && e->mode == EMUL_MODE_64;
}

/* Everything behind the opcode. */
static void decode_rest(struct decoder *d, struct row row)
{
    struct emul_insn *const insn = &d->e->insn;

    if (form_has_modrm(&row)) {
        d->modrm = next_byte(d);
    }
    if (row.op == EMUL_OP_GROUP) {
        row = group_row(d, &row);
    }
    decode_sizes(d, row.flags);
    if (form_has_modrm(&row)) {
        decode_modrm(d, row.form);
    }
    decode_immediate(d, row.form);
    if ((row.flags & EMUL_ROW_ONLY64) == 0 || d->e->mode == EMUL_MODE_64) {
        insn->op = row.op;
    }
    insn->form = row.form;
    insn->flags = row.flags;
    insn->mem_bytes = width_bytes(d->e, row.width);
    insn->length = (uint8_t)d->pos;
    decode_special(d);
}

enum emul_result emul_decode(struct emul *e)
{
    struct decoder d = { .e = e };

    e->insn = (struct emul_insn){ .seg = EMUL_DS,
                                  .base = EMUL_REG_NONE,
                                  .index = EMUL_REG_NONE };
    e->why = EMUL_WHY_NOTHING;

    const struct row *const row = opcode_row(&d);

    if (row != NULL && row->op != EMUL_OP_NONE) {
        decode_rest(&d, *row);
    }
    if (d.short_fetch) {
        /* A whole buffer full and no end: longer than the CPU allows. */
        return e->fetched >= EMUL_INSN_MAX
                   ? emul_raise(e, VECTOR_GP, true)
                   : emul_refuse(e, EMUL_WHY_FETCH);
    }
    if (e->insn.op == EMUL_OP_NONE) {
        return emul_refuse(e, EMUL_WHY_OPCODE);
    }
    return is_illegal(e) ? emul_raise(e, VECTOR_UD, false) : EMUL_DONE;
}

unsigned int emul_length(const uint8_t *bytes, unsigned int fetched,
                         enum emul_mode mode, enum emul_op op)
{
    struct emul e = { .mode = mode,
                      .fetched = min(fetched, EMUL_INSN_MAX) };

    for (unsigned int i = 0; i < e.fetched; i++) {
        e.bytes[i] = bytes[i];
    }
    if (emul_decode(&e) != EMUL_DONE || e.insn.op != op) {
        return 0;
    }
    return e.insn.length;
}
