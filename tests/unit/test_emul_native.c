/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator against the CPU this test runs on: random instructions of
 * every executed kind, with random registers and memory, are executed by
 * both, and registers, flags and memory compared. 64-bit mode only; the
 * other modes are in test_emul.c.
 * Links: arch/x86/emul/decode.c arch/x86/emul/emul.c
 * Links: arch/x86/emul/exec_alu.c arch/x86/emul/exec_mov.c
 * Links: arch/x86/emul/exec_string.c
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <arch/x86/emul/emul_priv.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

/* All below 2 GiB, for absolute addresses. */
#define CODE_AT 0x10000000ul
#define FRAME_AT 0x10010000ul
#define DATA_AT 0x10020000ul
#define DATA_SIZE 0x4000ul
#define ROUNDS 60000

struct frame {
    uint64_t in[16];
    uint64_t out[16];
    uint64_t flags_in;
    uint64_t flags_out;
    uint64_t host_rsp;
};

static uint8_t shadow[DATA_SIZE];
static uint8_t *const data = (uint8_t *)DATA_AT;
static struct frame *const frame = (struct frame *)FRAME_AT;
static uint8_t *code_end;

static void emit(const void *bytes, size_t n)
{
    memcpy(code_end, bytes, n);
    code_end += n;
}

#define EMIT(text) emit(text, sizeof(text) - 1)

/* opcode reg, [address] with REX.W. */
static void emit_abs(uint8_t opcode, unsigned int reg, const void *address)
{
    const uint32_t disp = (uint32_t)(uintptr_t)address;
    const uint8_t head[4] = { (uint8_t)(0x48 | (reg >> 3) << 2), opcode,
                              (uint8_t)(4 | (reg & 7) << 3), 0x25 };

    emit(head, 4);
    emit(&disp, 4);
}

/* Builds the routine around the instruction; returns the latter's address. */
static uint64_t build(const uint8_t *insn, unsigned int n)
{
    uint64_t at;

    code_end = (uint8_t *)CODE_AT;
    EMIT("\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57"); /* push callee's */
    emit_abs(0x89, 4, &frame->host_rsp);
    emit_abs(0xff, 6, &frame->flags_in);              /* push */
    EMIT("\x9d");                                     /* popf */
    for (unsigned int i = 0; i < 16; i++) {
        emit_abs(0x8b, i, &frame->in[i]);
    }
    at = (uint64_t)(uintptr_t)code_end;
    emit(insn, n);
    for (unsigned int i = 0; i < 16; i++) {
        emit_abs(0x89, i, &frame->out[i]);
    }
    emit_abs(0x8b, 4, &frame->host_rsp);
    EMIT("\x9c");                                     /* pushf */
    emit_abs(0x8f, 0, &frame->flags_out);             /* pop */
    EMIT("\xfc\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3");
    return at;
}

static void set_up(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

    if (code_end == NULL) {
        mmap((void *)CODE_AT, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC,
             flags, -1, 0);
        mmap((void *)FRAME_AT, 0x1000, PROT_READ | PROT_WRITE, flags, -1, 0);
        mmap((void *)DATA_AT, DATA_SIZE, PROT_READ | PROT_WRITE, flags, -1,
             0);
    }
}

static enum emul_result sh_read(struct emul *e, uint64_t addr, void *to,
                                unsigned int bytes, unsigned int access)
{
    if (addr < DATA_AT || addr + bytes > DATA_AT + DATA_SIZE) {
        return EMUL_UNHANDLED;
    }
    memcpy(to, shadow + (addr - DATA_AT), bytes);
    return EMUL_DONE;
}

static enum emul_result sh_write(struct emul *e, uint64_t addr,
                                 const void *from, unsigned int bytes,
                                 unsigned int access)
{
    if (addr < DATA_AT || addr + bytes > DATA_AT + DATA_SIZE) {
        return EMUL_UNHANDLED;
    }
    memcpy(shadow + (addr - DATA_AT), from, bytes);
    return EMUL_DONE;
}

static void sh_segment(struct emul *e, enum emul_seg seg,
                       struct emul_segment *out)
{
    *out = (struct emul_segment){ .base = 0 };
}

static const struct emul_ops ops = {
    .segment = sh_segment,
    .read = sh_read,
    .write = sh_write,
};

/* What may be generated: opcode bytes, where ModRM.reg matters, immediate. */
struct kind {
    const char *opcode;
    uint8_t n;
    int8_t reg;      /* -1: any; -2: no ModRM                     */
    char imm;        /* 0, 'b' or 'z'                             */
    bool lock;       /* LOCK is legal                             */
    bool mandatory;  /* no 66 in front                            */
    uint64_t flags;  /* defined flags that are compared           */
};

#define ARITH (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | \
               RFLAGS_OF)
#define LOGIC (ARITH & ~RFLAGS_AF)
#define ALL (ARITH | RFLAGS_DF)

#define K(text, reg, imm, lock, flags) \
    { text, sizeof(text) - 1, reg, imm, lock, false, flags }
#define ALU4(a, b, c, d, lock, flags)                                     \
    K(a, -1, 0, lock, flags), K(b, -1, 0, lock, flags),                   \
    K(c, -1, 0, false, flags), K(d, -1, 0, false, flags)
#define IMM3(reg, lock, flags)                                            \
    K("\x80", reg, 'b', lock, flags), K("\x81", reg, 'z', lock, flags),   \
    K("\x83", reg, 'b', lock, flags)

static const struct kind kinds[] = {
    ALU4("\x00", "\x01", "\x02", "\x03", true, ARITH),
    ALU4("\x08", "\x09", "\x0a", "\x0b", true, LOGIC),
    ALU4("\x10", "\x11", "\x12", "\x13", true, ARITH),
    ALU4("\x18", "\x19", "\x1a", "\x1b", true, ARITH),
    ALU4("\x20", "\x21", "\x22", "\x23", true, LOGIC),
    ALU4("\x28", "\x29", "\x2a", "\x2b", true, ARITH),
    ALU4("\x30", "\x31", "\x32", "\x33", true, LOGIC),
    ALU4("\x38", "\x39", "\x3a", "\x3b", false, ARITH),
    IMM3(0, true, ARITH), IMM3(1, true, LOGIC), IMM3(2, true, ARITH),
    IMM3(3, true, ARITH), IMM3(4, true, LOGIC), IMM3(5, true, ARITH),
    IMM3(6, true, LOGIC), IMM3(7, false, ARITH),
    K("\x84", -1, 0, false, LOGIC), K("\x85", -1, 0, false, LOGIC),
    K("\xf6", 0, 'b', false, LOGIC), K("\xf7", 0, 'z', false, LOGIC),
    K("\xf6", 2, 0, true, ALL), K("\xf7", 2, 0, true, ALL),
    K("\xf6", 3, 0, true, ARITH), K("\xf7", 3, 0, true, ARITH),
    K("\xfe", 0, 0, true, ARITH), K("\xff", 0, 0, true, ARITH),
    K("\xfe", 1, 0, true, ARITH), K("\xff", 1, 0, true, ARITH),
    K("\x86", -1, 0, true, ALL), K("\x87", -1, 0, true, ALL),
    K("\x88", -1, 0, false, ALL), K("\x89", -1, 0, false, ALL),
    K("\x8a", -1, 0, false, ALL), K("\x8b", -1, 0, false, ALL),
    K("\xc6", 0, 'b', false, ALL), K("\xc7", 0, 'z', false, ALL),
    K("\x63", -1, 0, false, ALL),
    K("\x0f\xb6", -1, 0, false, ALL), K("\x0f\xb7", -1, 0, false, ALL),
    K("\x0f\xbe", -1, 0, false, ALL), K("\x0f\xbf", -1, 0, false, ALL),
    K("\x0f\xb0", -1, 0, true, ARITH), K("\x0f\xb1", -1, 0, true, ARITH),
    K("\x0f\xc0", -1, 0, true, ARITH), K("\x0f\xc1", -1, 0, true, ARITH),
    K("\x0f\xa3", -1, 0, false, RFLAGS_CF),
    K("\x0f\xab", -1, 0, true, RFLAGS_CF),
    K("\x0f\xb3", -1, 0, true, RFLAGS_CF),
    K("\x0f\xbb", -1, 0, true, RFLAGS_CF),
    K("\x0f\xba", 4, 'b', false, RFLAGS_CF),
    K("\x0f\xba", 5, 'b', true, RFLAGS_CF),
    K("\x0f\xba", 6, 'b', true, RFLAGS_CF),
    K("\x0f\xba", 7, 'b', true, RFLAGS_CF),
    { "\x0f\xc3", 2, -1, 0, false, true, ALL },
    K("\xff", 6, 0, false, ALL), K("\x8f", 0, 0, false, ALL),
    K("\xa4", -2, 0, false, ALL), K("\xa5", -2, 0, false, ALL),
    K("\xa6", -2, 0, false, ARITH), K("\xa7", -2, 0, false, ARITH),
    K("\xaa", -2, 0, false, ALL), K("\xab", -2, 0, false, ALL),
    K("\xac", -2, 0, false, ALL), K("\xad", -2, 0, false, ALL),
    K("\xae", -2, 0, false, ARITH), K("\xaf", -2, 0, false, ARITH),
};

static unsigned int pick(unsigned int n)
{
    return (unsigned int)(unit_random() % n);
}

/* ModRM with its SIB and displacement; absolute ones point to the data. */
static unsigned int make_modrm(uint8_t *to, const struct kind *k)
{
    const unsigned int mod = pick(4);
    const unsigned int rm = pick(8);
    const uint8_t reg = (uint8_t)(k->reg >= 0 ? (unsigned int)k->reg
                                              : pick(8));
    uint32_t disp = (uint32_t)unit_random() % 0x400;
    unsigned int n = 0, bytes = mod == 3 ? 0 : mod == 2 ? 4 : mod;

    to[n++] = (uint8_t)(mod << 6 | reg << 3 | rm);
    if (mod != 3 && rm == 4) {
        to[n] = (uint8_t)unit_random();
        if ((to[n++] & 7) == 5 && mod == 0) {
            bytes = 4;
            disp += DATA_AT + 0x1000;
        }
    } else if (mod == 0 && rm == 5) {
        bytes = 4;
        disp += DATA_AT - CODE_AT + 0x1000;
    }
    memcpy(to + n, &disp, bytes);
    return n + bytes;
}

static unsigned int make_insn(uint8_t *to, const struct kind *k, bool *locked)
{
    unsigned int n = 0;
    bool word = false;

    *locked = k->lock && pick(4) == 0;
    if (*locked) {
        to[n++] = 0xf0;
    }
    if (!k->mandatory && pick(4) == 0) {
        to[n++] = 0x66;
        word = true;
    }
    if (k->reg == -2 && pick(2) == 0) {
        to[n++] = 0xf2 + (uint8_t)pick(2);
    }
    if (pick(8) == 0) {
        to[n++] = 0x67;
    }
    if (pick(2) == 0) {
        to[n] = (uint8_t)(0x40 | pick(16));
        word = word && (to[n] & 8) == 0;
        n++;
    }
    memcpy(to + n, k->opcode, k->n);
    n += k->n;
    if (k->reg != -2) {
        n += make_modrm(to + n, k);
    }
    for (int i = k->imm == 0 ? 0 : k->imm == 'b' ? 1 : word ? 2 : 4; i > 0;
         i--) {
        to[n++] = (uint8_t)unit_random();
    }
    return n;
}

/* Some are pointers into the data, some small, some anything. */
static uint64_t make_value(void)
{
    switch (pick(4)) {
    case 0: return DATA_AT + 0x1000 + pick(0x1000);
    case 1: return pick(300);
    case 2: return 0 - (uint64_t)pick(300);
    default: return unit_random();
    }
}

/* Makes the address of a memory operand fall into the data, if it can. */
static bool aim(struct emul *e)
{
    struct emul_insn *const insn = &e->insn;
    uint64_t *const gpr = e->gpr;

    if (insn->form == EMUL_FORM_STRING) {
        gpr[EMUL_RSI] = DATA_AT + 0x1000 + pick(0x1000);
        gpr[EMUL_RDI] = DATA_AT + 0x1000 + pick(0x1000);
        gpr[EMUL_RCX] = pick(200);
        if (pick(2) == 0) {
            memmove(data + (gpr[EMUL_RDI] - DATA_AT),
                   data + (gpr[EMUL_RSI] - DATA_AT), 64);
        }
        return true;
    }
    if (insn->op == EMUL_OP_PUSH || insn->op == EMUL_OP_POP) {
        gpr[EMUL_RSP] = DATA_AT + 0x2000 + pick(0x400);
    }
    if (!insn->is_mem) {
        return true;
    }
    if (insn->index != EMUL_REG_NONE && insn->index != EMUL_RSP) {
        gpr[insn->index] = pick(64);
    }
    /* Bit offsets reach far: keep the register form's small. */
    if (insn->op >= EMUL_OP_BT && insn->op <= EMUL_OP_BTC &&
        insn->form == EMUL_FORM_E_G) {
        gpr[insn->reg] = (uint64_t)((int64_t)pick(8000) - 4000);
    }
    if (insn->base < 16) {
        const uint64_t want = DATA_AT + 0x1800 + pick(0x800);

        gpr[insn->base] += want - emul_offset(e);
        if (insn->addr_bytes == 4 && pick(2) == 0) {
            gpr[insn->base] |= unit_random() << 32;
        }
    }
    const uint64_t at = emul_offset(e);

    if (insn->op >= EMUL_OP_BT && insn->op <= EMUL_OP_BTC &&
        insn->form == EMUL_FORM_E_G &&
        sign_extend(gpr[insn->reg], insn->mem_bytes) + 4000 > 8000) {
        return false;
    }
    return at >= DATA_AT + 0x800 && at < DATA_AT + DATA_SIZE - 0x800;
}

static void report(const struct kind *k, const uint8_t *insn, unsigned int n,
                   const char *what)
{
    printf("%s differs:", what);
    for (unsigned int i = 0; i < n; i++) {
        printf(" %02x", insn[i]);
    }
    printf("\n");
    CHECK(false);
}

static unsigned int compare(const struct emul *e, const struct kind *k,
                            const uint8_t *insn, unsigned int n)
{
    const uint64_t differs =
        (e->rflags ^ frame->flags_out) & (k->flags | RFLAGS_DF);
    unsigned int bad = 0;

    if (differs != 0) {
        report(k, insn, n, "RFLAGS");
        printf("  by %#llx\n", (unsigned long long)differs);
        bad++;
    }
    for (unsigned int i = 0; i < 16; i++) {
        if (e->gpr[i] != frame->out[i]) {
            report(k, insn, n, "register");
            printf("  %u: in %#lx own %#lx native %#lx\n", i,
                   (unsigned long)frame->in[i], (unsigned long)e->gpr[i],
                   (unsigned long)frame->out[i]);
            bad++;
        }
    }
    if (memcmp(shadow, data, DATA_SIZE) != 0) {
        report(k, insn, n, "memory");
        bad++;
    }
    return bad;
}

/* One instruction; false: it could not be aimed. */
static bool one_round(const struct kind *k, unsigned int *bad)
{
    uint64_t gpr[16];
    uint8_t insn[32];
    bool locked;
    const unsigned int n = make_insn(insn, k, &locked);
    struct emul e = { .ops = &ops, .gpr = gpr, .mode = EMUL_MODE_64,
                      .fetched = EMUL_INSN_MAX };
    enum emul_result r;

    for (unsigned int i = 0; i < 16; i++) {
        gpr[i] = make_value();
    }
    if (n > EMUL_INSN_MAX) {
        return false;
    }
    memcpy(e.bytes, insn, EMUL_INSN_MAX);
    e.rip = build(insn, n);
    e.rflags = 2 | (unit_random() & ALL);
    r = emul_decode(&e);
    if (locked && !e.insn.is_mem) {
        CHECK_EQ(r, EMUL_FAULT);
        return false;
    }
    if (r == EMUL_FAULT && !e.insn.is_mem && k->mandatory) {
        return false; /* memory only */
    }
    if (r != EMUL_DONE || e.insn.length != n) {
        report(k, insn, n, "decoding");
        *bad += 1;
        return true;
    }
    if (!aim(&e)) {
        return false;
    }
    memcpy(shadow, data, DATA_SIZE);
    memcpy(frame->in, gpr, sizeof(gpr));
    frame->flags_in = e.rflags;
    ((void (*)(void))CODE_AT)();
    do {
        r = emul_run(&e);
    } while (r == EMUL_AGAIN);
    if (r != EMUL_DONE) {
        report(k, insn, n, "result");
        *bad += 1;
        return true;
    }
    *bad += compare(&e, k, insn, n);
    return true;
}

TEST(against_this_cpu)
{
    unsigned int done = 0, bad = 0;

    set_up();
    for (unsigned int i = 0; i < DATA_SIZE; i++) {
        data[i] = (uint8_t)unit_random();
    }
    for (int round = 0; round < ROUNDS && bad < 20; round++) {
        done += one_round(&kinds[round % (int)ARRAY_SIZE(kinds)], &bad);
    }
    CHECK(done > ROUNDS / 2);
}
