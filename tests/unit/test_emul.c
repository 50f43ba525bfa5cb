/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator where the host's CPU cannot be asked: segments, 16 and 32
 * bit, faults, ports, batches, byte-swapping and XMM moves.
 * Links: arch/x86/emul/decode.c arch/x86/emul/emul.c
 * Links: arch/x86/emul/exec_alu.c arch/x86/emul/exec_mov.c
 * Links: arch/x86/emul/exec_string.c
 */
#include <string.h>

#include <arch/x86/emul/emul_priv.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

enum { AX, CX, DX, BX, SP, BP, SI, DI };

#define MEMORY 0x4000u
#define ATTR_DATA 0xc93
#define ATTR_CODE 0xc9b

/* Memory from linear 0, a port that counts, and what was called. */
struct world {
    uint8_t memory[MEMORY];
    struct emul_segment seg[6];
    uint64_t gpr[16];
    uint8_t xmm[16][16];
    uint64_t fault_at;      /* a write or read of this byte faults */
    bool fault_writes_only;
    unsigned int writes;
    unsigned int reads;
    unsigned int last_access;
    uint16_t port;
    unsigned int port_bytes;
    uint32_t port_value;
    unsigned int port_calls;
    struct emul e;
};

static struct world w;

static enum emul_result touch(struct emul *e, uint64_t addr,
                              unsigned int bytes, bool is_write)
{
    if (addr + bytes > MEMORY || addr + bytes < addr) {
        return EMUL_UNHANDLED;
    }
    if (w.fault_at >= addr && w.fault_at < addr + bytes &&
        (is_write || !w.fault_writes_only)) {
        e->fault = (struct emul_fault){ 14, true, is_write ? 2 : 0, addr };
        return EMUL_FAULT;
    }
    return EMUL_DONE;
}

static enum emul_result w_read(struct emul *e, uint64_t addr, void *to,
                               unsigned int bytes, unsigned int access)
{
    const enum emul_result r =
        touch(e, addr, bytes, (access & EMUL_ACCESS_WILL_WRITE) != 0);

    w.reads++;
    w.last_access = access;
    if (r == EMUL_DONE) {
        memcpy(to, w.memory + addr, bytes);
    }
    return r;
}

static enum emul_result w_write(struct emul *e, uint64_t addr,
                                const void *from, unsigned int bytes,
                                unsigned int access)
{
    const enum emul_result r = touch(e, addr, bytes, true);

    w.writes++;
    if (r == EMUL_DONE) {
        memcpy(w.memory + addr, from, bytes);
    }
    return r;
}

static enum emul_result w_probe(struct emul *e, uint64_t addr,
                                unsigned int bytes)
{
    return touch(e, addr, bytes, true);
}

static enum emul_result w_in(struct emul *e, uint16_t port,
                             unsigned int bytes, uint32_t *value)
{
    w.port = port;
    w.port_bytes = bytes;
    w.port_calls++;
    *value = w.port_value++;
    return EMUL_DONE;
}

static enum emul_result w_out(struct emul *e, uint16_t port,
                              unsigned int bytes, uint32_t value)
{
    w.port = port;
    w.port_bytes = bytes;
    w.port_calls++;
    w.port_value = value;
    return EMUL_DONE;
}

static void w_segment(struct emul *e, enum emul_seg seg,
                      struct emul_segment *out)
{
    *out = w.seg[seg];
}

static void w_xmm_read(struct emul *e, unsigned int xmm, void *data)
{
    memcpy(data, w.xmm[xmm], 16);
}

static void w_xmm_write(struct emul *e, unsigned int xmm, const void *data)
{
    memcpy(w.xmm[xmm], data, 16);
}

static const struct emul_ops ops = {
    .segment = w_segment,
    .read = w_read,
    .write = w_write,
    .probe_write = w_probe,
    .port_in = w_in,
    .port_out = w_out,
    .xmm_read = w_xmm_read,
    .xmm_write = w_xmm_write,
};

static void reset(void)
{
    memset(&w, 0, sizeof(w));
    for (unsigned int i = 0; i < MEMORY; i++) {
        w.memory[i] = (uint8_t)(i * 7);
    }
    for (unsigned int i = 0; i < 6; i++) {
        w.seg[i] = (struct emul_segment){ 0, UINT32_MAX, ATTR_DATA };
    }
    w.seg[EMUL_CS].attr = ATTR_CODE;
    w.fault_at = UINT64_MAX;
}

static enum emul_result run_bytes(enum emul_mode mode, const char *bytes,
                                  unsigned int n)
{
    const uint64_t rflags = w.e.rflags;

    memset(&w.e, 0, sizeof(w.e));
    w.e.ops = &ops;
    w.e.gpr = w.gpr;
    w.e.mode = mode;
    w.e.rip = 0x1000;
    w.e.rflags = rflags;
    w.e.fetched = n;
    memcpy(w.e.bytes, bytes, n);
    return emul_run(&w.e);
}

#define RUN(mode, text) run_bytes(EMUL_MODE_##mode, text, sizeof(text) - 1)

static uint32_t word_at(unsigned int at)
{
    uint32_t value;

    memcpy(&value, w.memory + at, sizeof(value));
    return value;
}

TEST(modes_16_and_32)
{
    reset();
    w.seg[EMUL_DS].base = 0x100;
    w.seg[EMUL_SS].base = 0x200;
    w.gpr[BX] = 0x10010; /* the upper half does not count */
    w.gpr[SI] = 0xffff8;
    w.gpr[AX] = 0x11223344;
    CHECK_EQ(RUN(16, "\x89\x00"), EMUL_DONE); /* mov [bx+si],ax */
    CHECK_EQ(word_at(0x108) & 0xffff, 0x3344);
    CHECK_EQ(w.e.rip, 0x1002);
    w.gpr[BP] = 0x20;
    CHECK_EQ(RUN(16, "\x66\x8b\x4e\xfe"), EMUL_DONE); /* mov ecx,[bp-2] */
    CHECK_EQ(w.gpr[CX], word_at(0x21e));
    CHECK_EQ(RUN(16, "\x3e\x8b\x56\x00"), EMUL_DONE); /* mov dx,ds:[bp] */
    CHECK_EQ(w.gpr[DX], word_at(0x120) & 0xffff);
    CHECK_EQ(RUN(32, "\xa3\x40\x00\x00\x00"), EMUL_DONE);
    CHECK_EQ(word_at(0x140), 0x11223344);
    CHECK_EQ(RUN(32, "\xa0\x41\x00\x00\x00"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], 0x11223333);
    w.gpr[BX] = 0xfffffff0;
    CHECK_EQ(RUN(32, "\x89\x43\x30"), EMUL_DONE); /* wraps to 0x20 */
    CHECK_EQ(word_at(0x120), 0x11223333);
}

static void check_fault(enum emul_result r, unsigned int vector)
{
    CHECK_EQ(r, EMUL_FAULT);
    CHECK_EQ(w.e.fault.vector, vector);
    CHECK(w.e.fault.has_error);
    CHECK_EQ(w.e.rip, 0x1000);
}

TEST(segment_limits)
{
    reset();
    w.seg[EMUL_DS].limit = 0xfff;
    w.gpr[BX] = 0xffc;
    CHECK_EQ(RUN(32, "\x8b\x03"), EMUL_DONE);
    w.gpr[BX] = 0xffd;
    check_fault(RUN(32, "\x8b\x03"), VECTOR_GP);
    w.gpr[BP] = 0xffd;
    w.seg[EMUL_SS].limit = 0xfff;
    check_fault(RUN(32, "\x8b\x45\x00"), VECTOR_SS);
    w.seg[EMUL_DS].attr = 0xc91; /* read-only */
    w.gpr[BX] = 0;
    CHECK_EQ(RUN(32, "\x8b\x03"), EMUL_DONE);
    check_fault(RUN(32, "\x89\x03"), VECTOR_GP);
    check_fault(RUN(32, "\x01\x03"), VECTOR_GP);
    w.seg[EMUL_DS].attr = 0; /* null selector */
    check_fault(RUN(32, "\x8b\x03"), VECTOR_GP);
    check_fault(RUN(32, "\x2e\x89\x03"), VECTOR_GP); /* code */
    CHECK_EQ(RUN(32, "\x2e\x8b\x03"), EMUL_DONE);
    w.seg[EMUL_DS].attr = 0xc97; /* expand down */
    w.gpr[BX] = 0xfff;
    check_fault(RUN(32, "\x8b\x03"), VECTOR_GP);
    w.gpr[BX] = 0x1000;
    CHECK_EQ(RUN(32, "\x8b\x03"), EMUL_DONE);
    CHECK_EQ(w.writes, 0);
}

TEST(long_mode_addresses)
{
    reset();
    w.gpr[BX] = 0x0000800000000000;
    check_fault(RUN(64, "\x8b\x03"), VECTOR_GP);
    w.gpr[BP] = 0x00007ffffffffffd;
    check_fault(RUN(64, "\x8b\x45\x00"), VECTOR_SS);
    /* Bases of all but FS and GS do not count, and no limit does. */
    w.seg[EMUL_DS] = (struct emul_segment){ .base = 0x100 };
    w.seg[EMUL_GS] = (struct emul_segment){ .base = 0x200 };
    w.gpr[BX] = 0x10;
    CHECK_EQ(RUN(64, "\x8b\x03"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], word_at(0x10));
    CHECK_EQ(RUN(64, "\x65\x8b\x03"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], word_at(0x210));
    CHECK_EQ(RUN(64, "\x8b\x0d\x01\x01\x00\x00"), EMUL_DONE); /* RIP */
    CHECK_EQ(w.gpr[CX], word_at(0x1107));
    CHECK_EQ(RUN(64, "\xa1\x08\0\0\0\0\0\0\0"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], word_at(8));
    w.gpr[BX] = 0xffffffff00000010;
    CHECK_EQ(RUN(64, "\x67\x8b\x03"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], word_at(0x10));
}

TEST(page_faults_change_nothing)
{
    static const struct {
        const char *bytes;
        unsigned int n;
    } insns[] = {
#define I(text) { text, sizeof(text) - 1 }
        I("\x01\x03"), I("\xf0\x29\x03"), I("\x87\x03"), I("\x0f\xc1\x03"),
        I("\x0f\xb1\x03"), I("\xff\x03"), I("\xf7\x1b"), I("\x0f\xba\x2b\x05"),
        I("\x89\x03"), I("\x8f\x03"), I("\xff\x33"), I("\xa5"), I("\xab"),
        I("\x6d"), I("\x0f\x38\xf1\x03"),
#undef I
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(insns); i++) {
        uint64_t before[16];

        reset();
        w.gpr[AX] = 0x1234;
        w.gpr[BX] = w.gpr[DI] = 0x300;
        w.gpr[SI] = 0x500;
        w.gpr[SP] = 0x304;
        w.fault_at = 0x302;
        w.fault_writes_only = true;
        if (insns[i].bytes[0] == '\x8f') {
            w.gpr[SP] = 0x500; /* the pop succeeds, its target faults */
        }
        memcpy(before, w.gpr, sizeof(before));
        w.e.rflags = 0x8d5;
        CHECK_EQ(run_bytes(EMUL_MODE_64, insns[i].bytes, insns[i].n),
                 EMUL_FAULT);
        CHECK_EQ(w.e.fault.vector, 14);
        CHECK_EQ(w.e.rip, 0x1000);
        CHECK_EQ(w.e.rflags, 0x8d5);
        CHECK(memcmp(before, w.gpr, sizeof(before)) == 0);
        CHECK_EQ(w.port_calls, 0);
    }
}

TEST(what_accesses_say)
{
    reset();
    w.gpr[BX] = 0x300;
    CHECK_EQ(RUN(64, "\x03\x03"), EMUL_DONE);
    CHECK_EQ(w.last_access, EMUL_ACCESS_PLAIN);
    CHECK_EQ(RUN(64, "\x39\x03"), EMUL_DONE);
    CHECK_EQ(w.last_access, EMUL_ACCESS_PLAIN);
    CHECK_EQ(w.writes, 0);
    CHECK_EQ(RUN(64, "\x01\x03"), EMUL_DONE);
    CHECK_EQ(w.last_access, EMUL_ACCESS_WILL_WRITE);
    CHECK_EQ(RUN(64, "\xf0\x01\x03"), EMUL_DONE);
    CHECK_EQ(w.last_access, EMUL_ACCESS_WILL_WRITE | EMUL_ACCESS_LOCKED);
    CHECK_EQ(RUN(64, "\x87\x03"), EMUL_DONE);
    CHECK_EQ(w.last_access, EMUL_ACCESS_WILL_WRITE | EMUL_ACCESS_LOCKED);
    CHECK_EQ(w.writes, 3);
}

TEST(repeating)
{
    reset();
    w.gpr[CX] = EMUL_BATCH + 5;
    w.gpr[SI] = 0x100;
    w.gpr[DI] = 0x2000;
    CHECK_EQ(RUN(64, "\xf3\xa4"), EMUL_AGAIN);
    CHECK_EQ(w.e.rip, 0x1000);
    CHECK_EQ(w.gpr[CX], 5);
    CHECK_EQ(RUN(64, "\xf3\xa4"), EMUL_DONE);
    CHECK_EQ(w.e.rip, 0x1002);
    CHECK_EQ(w.gpr[CX], 0);
    CHECK(memcmp(w.memory + 0x100, w.memory + 0x2000, EMUL_BATCH + 5) == 0);
    CHECK_EQ(w.writes, EMUL_BATCH + 5);
    /* Nothing to do is done. */
    CHECK_EQ(RUN(64, "\xf3\xa4"), EMUL_DONE);
    /* Exactly one batch needs no second. */
    w.gpr[CX] = EMUL_BATCH;
    CHECK_EQ(RUN(64, "\xf3\xaa"), EMUL_DONE);
    /* A fault in the middle keeps what was done. */
    w.gpr[CX] = 8;
    w.gpr[DI] = 0x2000;
    w.fault_at = 0x200c;
    check_fault(RUN(64, "\xf3\xab"), 14);
    CHECK_EQ(w.gpr[CX], 5);
    CHECK_EQ(w.gpr[DI], 0x200c);
    CHECK_EQ(w.e.fault.address, 0x200c);
    /* Counters of the address size. */
    w.fault_at = UINT64_MAX;
    w.gpr[CX] = 0x10002;
    w.gpr[DI] = 0x1fffe;
    w.seg[EMUL_ES].base = 0;
    w.seg[EMUL_ES].limit = 0xffff;
    w.gpr[DI] = 0x12000;
    CHECK_EQ(RUN(16, "\xf3\xaa"), EMUL_DONE);
    CHECK_EQ(w.gpr[CX], 0x10000);
    CHECK_EQ(w.gpr[DI], 0x12002);
    /* Downwards. */
    w.e.rflags = RFLAGS_DF;
    w.gpr[SI] = 0x2010;
    CHECK_EQ(RUN(64, "\x48\xad"), EMUL_DONE);
    CHECK_EQ(w.gpr[SI], 0x2008);
}

TEST(ports)
{
    reset();
    w.gpr[DX] = 0xabcd03f8;
    w.gpr[AX] = 0x1122334455667788;
    CHECK_EQ(RUN(64, "\xee"), EMUL_DONE);
    CHECK_EQ(w.port, 0x3f8);
    CHECK_EQ(w.port_bytes, 1);
    CHECK_EQ(w.port_value, 0x88);
    CHECK_EQ(RUN(64, "\x48\xe7\x80"), EMUL_DONE); /* REX.W: still 4 */
    CHECK_EQ(w.port, 0x80);
    CHECK_EQ(w.port_bytes, 4);
    CHECK_EQ(w.port_value, 0x55667788);
    w.port_value = 0xfffe;
    CHECK_EQ(RUN(64, "\x66\xed"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], 0x112233445566fffe);
    CHECK_EQ(RUN(64, "\xe5\x60"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], 0xffff);
    w.gpr[CX] = 3;
    w.gpr[DI] = 0x2000;
    w.port_value = 5;
    CHECK_EQ(RUN(64, "\xf3\x6d"), EMUL_DONE);
    CHECK_EQ(word_at(0x2000), 5);
    CHECK_EQ(word_at(0x2008), 7);
    CHECK_EQ(w.gpr[DI], 0x200c);
    w.gpr[CX] = 2;
    w.gpr[SI] = 0x2000;
    CHECK_EQ(RUN(64, "\xf3\x6e"), EMUL_DONE);
    CHECK_EQ(w.gpr[SI], 0x2002);
    /* A segment prefix counts for the source only. */
    w.seg[EMUL_GS].base = 0x1000;
    CHECK_EQ(RUN(64, "\x65\x6f"), EMUL_DONE);
    CHECK_EQ(w.port_value, word_at(0x3002));
}

TEST(byte_swapping)
{
    reset();
    w.gpr[BX] = 0x40;
    memcpy(w.memory + 0x40, "\1\2\3\4\5\6\7\x08", 8);
    CHECK_EQ(RUN(64, "\x0f\x38\xf0\x03"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], 0x01020304);
    CHECK_EQ(RUN(64, "\x48\x0f\x38\xf0\x03"), EMUL_DONE);
    CHECK_EQ(w.gpr[AX], 0x0102030405060708);
    CHECK_EQ(RUN(64, "\x66\x0f\x38\xf1\x43\x10"), EMUL_DONE);
    CHECK_EQ(word_at(0x50) & 0xffff, 0x0807);
}

TEST(xmm)
{
    reset();
    w.gpr[BX] = 0x40;
    CHECK_EQ(RUN(64, "\x44\x0f\x28\x0b"), EMUL_DONE); /* movaps xmm9 */
    CHECK(memcmp(w.xmm[9], w.memory + 0x40, 16) == 0);
    CHECK_EQ(RUN(64, "\x66\x44\x0f\x7f\x4b\x10"), EMUL_DONE);
    CHECK(memcmp(w.memory + 0x50, w.memory + 0x40, 16) == 0);
    check_fault(RUN(64, "\x0f\x28\x43\x01"), VECTOR_GP);
    CHECK_EQ(RUN(64, "\x0f\x10\x43\x01"), EMUL_DONE);
    memset(w.xmm[0], 0xff, 16);
    CHECK_EQ(RUN(64, "\xf3\x0f\x10\x03"), EMUL_DONE); /* movss */
    CHECK(memcmp(w.xmm[0], w.memory + 0x40, 4) == 0);
    CHECK_EQ(w.xmm[0][4] | w.xmm[0][15], 0);
    CHECK_EQ(RUN(64, "\x66\x48\x0f\x7e\x43\x20"), EMUL_DONE); /* movq */
    CHECK_EQ(word_at(0x64), 0);
    CHECK_EQ(RUN(64, "\x0f\x10\xc1"), EMUL_UNHANDLED);
    CHECK_EQ(w.e.why, EMUL_WHY_NO_CALLBACK);
}

TEST(stack_forms)
{
    reset();
    w.seg[EMUL_SS].base = 0x100;
    w.gpr[SP] = 0x200;
    w.gpr[BX] = 0x40;
    CHECK_EQ(RUN(32, "\xff\x33"), EMUL_DONE);
    CHECK_EQ(w.gpr[SP], 0x1fc);
    CHECK_EQ(word_at(0x2fc), word_at(0x40));
    /* The popped-to address uses the new stack pointer. */
    CHECK_EQ(RUN(32, "\x36\x8f\x44\x24\x10"), EMUL_DONE);
    CHECK_EQ(w.gpr[SP], 0x200);
    CHECK_EQ(word_at(0x310), word_at(0x40));
    w.seg[EMUL_SS].attr = 0x93; /* 16-bit stack */
    w.gpr[SP] = 0x50404;
    CHECK_EQ(RUN(32, "\xff\x33"), EMUL_DONE);
    CHECK_EQ(w.gpr[SP], 0x50400);
    CHECK_EQ(word_at(0x500), word_at(0x40));
}

TEST(not_handled)
{
    reset();
    CHECK_EQ(RUN(64, "\x0f\xa2"), EMUL_UNHANDLED);
    CHECK_EQ(w.e.why, EMUL_WHY_NOT_EXECUTED);
    CHECK_EQ(RUN(64, "\x0f\x05"), EMUL_UNHANDLED);
    CHECK_EQ(w.e.why, EMUL_WHY_OPCODE);
    w.gpr[BX] = 0x100000;
    CHECK_EQ(RUN(64, "\x8b\x03"), EMUL_UNHANDLED);
    CHECK_EQ(w.e.why, EMUL_WHY_MEMORY);
    CHECK_EQ(w.e.rip, 0x1000);
}
