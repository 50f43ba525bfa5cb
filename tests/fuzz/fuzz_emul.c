/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction emulator with random bytes, registers, modes, segments
 * and answers of its callbacks. Invariants: it ends, asks for 1 to 16 bytes,
 * advances RIP by 1 to 15, and changes no register when it does not execute.
 * Links: arch/x86/emul/decode.c arch/x86/emul/emul.c
 * Links: arch/x86/emul/exec_alu.c arch/x86/emul/exec_mov.c
 * Links: arch/x86/emul/exec_string.c
 */
#include <stdlib.h>
#include <string.h>

#include <arch/x86/emul/emul.h>
#include <tests/fuzz/fuzz.h>

struct input {
    uint8_t mode;
    uint8_t fetched;
    uint8_t bytes[EMUL_INSN_MAX];
    uint8_t answer;
    uint64_t gpr[16];
    uint64_t rflags;
    uint16_t attr[6];
};

static const struct input *in;
static unsigned int answers;

static void demand(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Mostly "done", now and then one of the others. */
static enum emul_result answer(void)
{
    answers++;
    return ((in->answer ^ answers) & 15) == 0
               ? (enum emul_result)(in->answer >> 6)
               : EMUL_DONE;
}

static void f_segment(struct emul *e, enum emul_seg seg,
                      struct emul_segment *out)
{
    demand(seg <= EMUL_GS);
    *out = (struct emul_segment){ 0x1000, 0xfffff, in->attr[seg] };
}

static enum emul_result f_read(struct emul *e, uint64_t addr, void *to,
                               unsigned int bytes, unsigned int access)
{
    demand(bytes >= 1 && bytes <= 16);
    memset(to, (int)addr, bytes);
    return answer();
}

static enum emul_result f_write(struct emul *e, uint64_t addr,
                                const void *from, unsigned int bytes,
                                unsigned int access)
{
    uint8_t copy[16];

    demand(bytes >= 1 && bytes <= 16);
    memcpy(copy, from, bytes);
    return answer();
}

static enum emul_result f_in(struct emul *e, uint16_t port,
                             unsigned int bytes, uint32_t *value)
{
    demand(bytes == 1 || bytes == 2 || bytes == 4);
    *value = port;
    return answer();
}

static enum emul_result f_out(struct emul *e, uint16_t port,
                              unsigned int bytes, uint32_t value)
{
    demand(bytes == 1 || bytes == 2 || bytes == 4);
    return answer();
}

static void f_xmm_read(struct emul *e, unsigned int xmm, void *data)
{
    demand(xmm < 16);
    memset(data, 0x5a, 16);
}

static void f_xmm_write(struct emul *e, unsigned int xmm, const void *data)
{
    demand(xmm < 16);
}

static const struct emul_ops ops = {
    .segment = f_segment, .read = f_read, .write = f_write,
    .port_in = f_in, .port_out = f_out,
    .xmm_read = f_xmm_read, .xmm_write = f_xmm_write,
};

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    static const uint8_t usual[] = {
        0x0f, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x48, 0x41, 0x65, 0x2e,
    };
    struct input *const i = (struct input *)noise;

    if (n >= sizeof(*i) && (noise[n - 1] & 1) != 0) {
        const unsigned int prefixes = noise[n - 2] % 4;

        for (unsigned int k = 0; k < prefixes; k++) {
            i->bytes[k] = usual[i->bytes[k] % sizeof(usual)];
        }
        i->fetched = EMUL_INSN_MAX;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum emul_mode modes[] = { EMUL_MODE_16, EMUL_MODE_32,
                                            EMUL_MODE_64, EMUL_MODE_64 };
    struct input input;
    uint64_t gpr[16];

    if (size < sizeof(input)) {
        return 0;
    }
    memcpy(&input, data, sizeof(input));
    in = &input;
    answers = 0;
    memcpy(gpr, input.gpr, sizeof(gpr));

    struct emul e = {
        .ops = &ops,
        .gpr = gpr,
        .rip = 0x1000,
        .rflags = input.rflags,
        .mode = modes[input.mode & 3],
        .fetched = input.fetched % (EMUL_INSN_MAX + 1),
    };

    memcpy(e.bytes, input.bytes, sizeof(e.bytes));

    const enum emul_result r = emul_run(&e);

    demand(r <= EMUL_UNHANDLED);
    if (r == EMUL_DONE) {
        demand(e.rip > 0x1000 && e.rip <= 0x1000 + EMUL_INSN_MAX);
        demand(e.rip - 0x1000 == e.insn.length);
    } else {
        demand(e.rip == 0x1000);
    }
    if (r != EMUL_DONE && e.insn.rep == 0) {
        demand(memcmp(gpr, input.gpr, sizeof(gpr)) == 0);
        demand(e.rflags == input.rflags);
    }
    return 0;
}
