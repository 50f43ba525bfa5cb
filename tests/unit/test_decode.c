/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction decoder: lengths, sizes, operands, refusals, in the three
 * modes.
 * Links: arch/x86/emul/decode.c arch/x86/emul/emul.c
 * Links: arch/x86/emul/exec_alu.c arch/x86/emul/exec_mov.c
 * Links: arch/x86/emul/exec_string.c
 */
#include <string.h>

#include <arch/x86/emul/emul_priv.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

#define M16 EMUL_MODE_16
#define M32 EMUL_MODE_32
#define M64 EMUL_MODE_64

struct vector {
    const char *bytes;
    uint8_t n;
    uint8_t mode;
    uint8_t op;
};

/* Each string is exactly one instruction. */
#define V(mode, op, text) { text, sizeof(text) - 1, mode, EMUL_OP_##op }

static const struct vector good[] = {
    V(M64, CPUID, "\x0f\xa2"), V(M64, CPUID, "\x66\x0f\xa2"),
    V(M64, CPUID, "\x48\x0f\xa2"), V(M64, CPUID, "\xf3\x2e\x0f\xa2"),
    V(M64, HLT, "\xf4"), V(M64, RDMSR, "\x0f\x32"), V(M64, WRMSR, "\x0f\x30"),
    V(M64, VMMCALL, "\x0f\x01\xd9"), V(M64, VMCALL, "\x0f\x01\xc1"),
    V(M64, RDTSC, "\x0f\x31"), V(M64, RDTSCP, "\x0f\x01\xf9"),
    V(M64, RDPMC, "\x0f\x33"), V(M64, INVD, "\x0f\x08"),
    V(M64, WBINVD, "\x0f\x09"), V(M64, WBINVD, "\xf3\x0f\x09"),
    V(M64, CLTS, "\x0f\x06"), V(M64, XSETBV, "\x0f\x01\xd1"),
    V(M64, XGETBV, "\x0f\x01\xd0"), V(M64, MONITOR, "\x0f\x01\xc8"),
    V(M64, MWAIT, "\x0f\x01\xc9"), V(M64, INVLPGA, "\x0f\x01\xdf"),
    V(M64, VMRUN, "\x0f\x01\xd8"), V(M64, STGI, "\x0f\x01\xdc"),
    V(M64, NOP, "\x90"), V(M64, PAUSE, "\xf3\x90"),
    V(M64, INVLPG, "\x0f\x01\x38"), V(M64, INVLPG, "\x41\x0f\x01\x7d\x10"),
    V(M64, INVLPG, "\x0f\x01\x3c\x25\x00\x10\x00\x00"),
    V(M64, INVLPG, "\x0f\x01\xbc\x98\x00\x10\x00\x00"),
    V(M64, MOV_FROM_CR, "\x0f\x20\xd8"), V(M64, MOV_TO_CR, "\x0f\x22\xd8"),
    V(M64, MOV_TO_CR, "\x44\x0f\x22\xc0"),
    V(M64, MOV_TO_CR, "\x0f\x22\x18"), /* mod is ignored */
    V(M64, MOV_FROM_DR, "\x0f\x21\xf8"), V(M64, MOV_TO_DR, "\x0f\x23\xf8"),
    V(M64, LMSW, "\x0f\x01\xf0"), V(M64, LMSW, "\x0f\x01\x30"),
    V(M64, SMSW, "\x0f\x01\xe0"), V(M64, LGDT, "\x0f\x01\x15\0\0\0\0"),
    V(M64, SGDT, "\x0f\x01\x00"), V(M64, LLDT, "\x0f\x00\xd0"),
    V(M64, LTR, "\x0f\x00\xd8"), V(M64, INT3, "\xcc"),
    V(M64, INT, "\xcd\x80"), V(M64, ICEBP, "\xf1"), V(M32, INTO, "\xce"),
    V(M64, IN, "\xec"), V(M64, IN, "\x66\xed"), V(M64, IN, "\xe5\x60"),
    V(M64, OUT, "\xe6\x80"), V(M64, OUT, "\xef"),
    V(M64, INS, "\xf3\x6c"), V(M64, OUTS, "\xf3\x67\x66\x6f"),
    /* MOV in its forms. */
    V(M64, MOV, "\x89\x07"), V(M64, MOV, "\x48\x8b\x47\x08"),
    V(M64, MOV, "\x8b\x84\x24\x00\x01\x00\x00"),
    V(M64, MOV, "\x8b\x05\x10\x00\x00\x00"),
    V(M64, MOV, "\xc7\x05\x10\x00\x00\x00\x01\x00\x00\x00"),
    V(M64, MOV, "\x66\xc7\x00\x34\x12"), V(M64, MOV, "\xc6\x40\x01\x02"),
    V(M64, MOV, "\x48\xc7\x00\x01\x00\x00\x00"),
    V(M64, MOV, "\xa1\1\2\3\4\5\6\7\x08"),
    V(M64, MOV, "\x67\xa1\1\2\3\4"), V(M32, MOV, "\xa1\1\2\3\4"),
    V(M32, MOV, "\x67\xa1\1\2"), V(M16, MOV, "\xa1\1\2"),
    V(M16, MOV, "\x67\xa1\1\2\3\4"),
    V(M16, MOV, "\x8b\x0e\x34\x12"), V(M16, MOV, "\x8b\x4e\x34"),
    V(M16, MOV, "\x8b\x88\x34\x12"), V(M16, MOV, "\x8b\x08"),
    V(M16, MOV, "\x67\x8b\x0d\x34\x12\0\0"),
    V(M16, MOV, "\xc7\x07\x34\x12"), V(M16, MOV, "\x66\xc7\x07\1\2\3\4"),
    V(M32, MOV, "\xc7\x00\1\2\3\4"), V(M32, MOV, "\x67\x8b\x07"),
    V(M64, MOV, "\x26\x36\x65\x48\x8b\x04\x25\0\0\0\0"),
    V(M64, MOV, "\x4f\x8b\x7c\xbd\x7f"),
    V(M64, MOV, "\x0f\xc3\x01"), V(M64, MOVSX, "\x48\x63\x01"),
    V(M64, MOVZX, "\x0f\xb6\x00"), V(M64, MOVSX, "\x0f\xbf\x40\x01"),
    V(M64, MOVBE, "\x0f\x38\xf0\x01"), V(M64, MOVBE, "\x66\x0f\x38\xf1\x01"),
    V(M64, MOVXMM, "\x66\x0f\x6f\x01"), V(M64, MOVXMM, "\xf3\x0f\x7f\x01"),
    V(M64, MOVXMM, "\x0f\x11\x41\x10"),
    V(M64, ADD, "\x01\x00"), V(M64, CMP, "\x3b\x00"),
    V(M64, AND, "\x80\x20\x01"), V(M64, OR, "\x81\x08\1\2\3\4"),
    V(M64, OR, "\x66\x81\x08\1\2"), V(M64, SUB, "\xf0\x83\x28\x01"),
    V(M64, TEST, "\xf6\x00\x01"), V(M64, TEST, "\xf7\x00\1\2\3\4"),
    V(M64, NEG, "\xf7\x18"), V(M64, INC, "\xfe\x00"), V(M64, DEC, "\xff\x08"),
    V(M64, PUSH, "\xff\x30"), V(M64, POP, "\x8f\x00"),
    V(M64, BT, "\x0f\xba\x20\x05"), V(M64, BTS, "\xf0\x0f\xab\x00"),
    V(M64, XCHG, "\x87\x00"), V(M64, XADD, "\xf0\x0f\xc1\x00"),
    V(M64, CMPXCHG, "\xf0\x48\x0f\xb1\x00"),
    V(M64, MOVS, "\xf3\x48\xa5"), V(M64, STOS, "\xf3\xaa"),
};

static void load(struct emul *e, const struct vector *v)
{
    memset(e, 0, sizeof(*e));
    e->mode = (enum emul_mode)v->mode;
    e->fetched = EMUL_INSN_MAX;
    memset(e->bytes, 0x90, sizeof(e->bytes));
    memcpy(e->bytes, v->bytes, v->n);
}

TEST(lengths)
{
    struct emul e;

    for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
        load(&e, &good[i]);
        CHECK_EQ(emul_decode(&e), EMUL_DONE);
        CHECK_EQ(e.insn.op, good[i].op);
        if (!CHECK_EQ(e.insn.length, good[i].n)) {
            CHECK_EQ(i, -1);
        }
        /* One byte less is not enough, and is said to be so. */
        e.fetched = good[i].n - 1u;
        CHECK_EQ(emul_decode(&e), EMUL_UNHANDLED);
        CHECK_EQ(e.why, EMUL_WHY_FETCH);
    }
}

struct bad {
    const char *bytes;
    uint8_t n;
    uint8_t mode;
    uint8_t result;
    uint8_t what; /* vector or reason */
};

#define B(mode, result, what, text) \
    { text, sizeof(text) - 1, mode, EMUL_##result, what }

static const struct bad refused[] = {
    B(M64, FAULT, VECTOR_UD, "\xf0\x89\x00"),         /* LOCK MOV */
    B(M64, FAULT, VECTOR_UD, "\xf0\x01\xc0"),         /* LOCK, register */
    B(M64, FAULT, VECTOR_UD, "\xf0\x03\x00"),         /* LOCK, to register */
    B(M64, FAULT, VECTOR_UD, "\xf0\x39\x00"),         /* LOCK CMP */
    B(M64, FAULT, VECTOR_UD, "\xf0\x0f\xba\x20\x05"), /* LOCK BT */
    B(M64, FAULT, VECTOR_UD, "\xf0\x0f\xa2"),
    B(M64, FAULT, VECTOR_UD, "\xf0\xf3\xa4"),
    B(M64, FAULT, VECTOR_UD, "\x0f\xc3\xc0"),         /* MOVNTI register */
    B(M64, FAULT, VECTOR_UD, "\x0f\x01\xd2\x90"),     /* LGDT register */
    B(M64, FAULT, VECTOR_UD, "\xce"),                 /* INTO */
    B(M64, FAULT, VECTOR_GP,
      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x89"),
    B(M64, FAULT, VECTOR_GP,
      "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x48\x8b\x04\x25\0"),
    B(M32, UNHANDLED, EMUL_WHY_OPCODE, "\x63\x00"),   /* ARPL */
    B(M64, UNHANDLED, EMUL_WHY_OPCODE, "\xc5\xf9\x6f\x01"),
    B(M64, UNHANDLED, EMUL_WHY_OPCODE, "\xff\x10"),   /* CALL */
    B(M64, UNHANDLED, EMUL_WHY_OPCODE, "\x8f\x08"),
    B(M64, UNHANDLED, EMUL_WHY_OPCODE, "\x0f\x0b"),   /* UD2 */
    B(M64, UNHANDLED, EMUL_WHY_OPCODE, "\x0f\xba\x00\x00"),
    B(M64, UNHANDLED, EMUL_WHY_OPCODE, "\xf2\x0f\x38\xf0\x00"),
};

TEST(refusals)
{
    struct emul e;

    for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
        const struct bad *const b = &refused[i];
        const struct vector v = { b->bytes, b->n, b->mode, 0 };

        load(&e, &v);
        CHECK_EQ(emul_decode(&e), b->result);
        if (!CHECK_EQ(b->result == EMUL_FAULT ? e.fault.vector : e.why,
                      b->what)) {
            CHECK_EQ(i, -1);
        }
    }
}

TEST(operands)
{
    struct emul e;

    load(&e, &(struct vector)V(M64, MOV, "\x4f\x8b\x7c\xbd\x80"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.reg, 15);
    CHECK_EQ(e.insn.base, 13);
    CHECK_EQ(e.insn.index, 15);
    CHECK_EQ(e.insn.scale, 2);
    CHECK_EQ(e.insn.disp, -128);
    CHECK_EQ(e.insn.op_bytes, 8);
    CHECK_EQ(e.insn.seg, EMUL_DS);

    load(&e, &(struct vector)V(M64, MOV, "\x8b\x04\x24"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.seg, EMUL_SS);
    CHECK_EQ(e.insn.index, EMUL_REG_NONE);

    load(&e, &(struct vector)V(M32, MOV, "\x65\x8b\x45\x00"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.seg, EMUL_GS);

    load(&e, &(struct vector)V(M32, MOV, "\x2e\x8b\x45\x00"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.seg, EMUL_CS);

    /* REX counts only right before the opcode. */
    load(&e, &(struct vector)V(M64, MOV, "\x48\x66\x8b\x00"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.op_bytes, 2);
    CHECK_EQ(e.insn.rex, 0);

    /* AMD's CR8. */
    load(&e, &(struct vector)V(M32, MOV_TO_CR, "\xf0\x0f\x22\xc1"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.reg, 8);
    CHECK_EQ(e.insn.rm, 1);

    load(&e, &(struct vector)V(M16, MOV, "\x8b\x4e\xfe"));
    CHECK_EQ(emul_decode(&e), EMUL_DONE);
    CHECK_EQ(e.insn.seg, EMUL_SS);
    CHECK_EQ(e.insn.addr_bytes, 2);
    CHECK_EQ(e.insn.op_bytes, 2);
}

TEST(names)
{
    CHECK_STR(emul_why_name(EMUL_WHY_OPCODE), "opcode not known");
    CHECK_STR(emul_why_name(EMUL_WHY_COUNT), "?");
}
