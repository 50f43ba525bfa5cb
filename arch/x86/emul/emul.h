/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes one instruction of a guest that touched an emulated device, and
 * finds the length of those that a CPU intercepts without telling where they
 * end. Pure: registers, segments, memory, ports come from the caller, time
 * and other CPUs do not exist. No locking: a struct emul lives on the stack
 * of one call. Chapters: SDM volume 2, "Instruction Format" and the
 * instructions' own pages; APM volume 3.
 *
 * What is executed is listed in decode_tables.def. All of an instruction's
 * memory is accessed before any register changes, so one that does not end
 * in EMUL_DONE or EMUL_AGAIN has changed no register; of a repeated string
 * instruction that holds for each iteration, the ones before it stay.
 */
#ifndef ARCH_X86_EMUL_EMUL_H
#define ARCH_X86_EMUL_EMUL_H

#include <core/lib/types.h>

#define EMUL_INSN_MAX 15u

/* Iterations of a repeated instruction before the guest may be interrupted. */
#define EMUL_BATCH 128u

/* Operation: enum emul_op. */
#define EMUL_OPS(X)                                                       \
    X(NONE) X(PREFIX) X(ESCAPE) X(GROUP)                                  \
    /* Executed. */                                                       \
    X(MOV) X(MOVZX) X(MOVSX) X(MOVBE) X(MOVXMM) X(PUSH) X(POP)            \
    X(ADD) X(OR) X(ADC) X(SBB) X(AND) X(SUB) X(XOR) X(CMP)                \
    X(TEST) X(NOT) X(NEG) X(INC) X(DEC) X(BT) X(BTS) X(BTR) X(BTC)        \
    X(XCHG) X(XADD) X(CMPXCHG)                                            \
    X(MOVS) X(STOS) X(LODS) X(CMPS) X(SCAS) X(INS) X(OUTS) X(IN) X(OUT)   \
    /* Only decoded, for their length and registers. */                   \
    X(CPUID) X(HLT) X(RDMSR) X(WRMSR) X(VMMCALL) X(VMCALL) X(RDTSC)       \
    X(RDTSCP) X(RDPMC) X(INVLPG) X(INVLPGA) X(INVD) X(WBINVD)             \
    X(MOV_FROM_CR) X(MOV_TO_CR) X(MOV_FROM_DR) X(MOV_TO_DR) X(CLTS)       \
    X(LMSW) X(SMSW) X(SGDT) X(SIDT) X(LGDT) X(LIDT) X(SLDT) X(STR)        \
    X(LLDT) X(LTR) X(XSETBV) X(XGETBV) X(NOP) X(PAUSE) X(MONITOR)         \
    X(MWAIT) X(VMRUN) X(VMLOAD) X(VMSAVE) X(STGI) X(CLGI) X(SKINIT)       \
    X(INT) X(INT3) X(INTO) X(ICEBP) X(IRET) X(PUSHF) X(POPF) X(CLI)       \
    X(STI) X(RSM)

enum emul_op {
#define X(name) EMUL_OP_##name,
    EMUL_OPS(X)
#undef X
    EMUL_OP_COUNT
};

/* How the instruction ended. */
enum emul_result {
    EMUL_DONE,      /* RIP is behind it                                   */
    EMUL_AGAIN,     /* one batch of a repeated one: enter the guest again */
    EMUL_FAULT,     /* inject e->fault, at RIP as it is                  */
    EMUL_UNHANDLED, /* see e->why                                        */
};

/* Why an instruction is not handled: enum emul_why, emul_why_name(). */
#define EMUL_WHYS(X)                                                      \
    X(NOTHING, "handled")                                                 \
    X(FETCH, "more bytes needed than were fetched")                       \
    X(OPCODE, "opcode not known")                                         \
    X(NOT_EXECUTED, "instruction only decoded, not executed")             \
    X(NO_CALLBACK, "no access to that kind of register or memory")        \
    X(MEMORY, "access refused by the caller")

enum emul_why {
#define X(name, text) EMUL_WHY_##name,
    EMUL_WHYS(X)
#undef X
    EMUL_WHY_COUNT
};

/* Size of the code segment: CS.L gives 64, else CS.D gives 32 or 16. */
enum emul_mode {
    EMUL_MODE_16 = 2,
    EMUL_MODE_32 = 4,
    EMUL_MODE_64 = 8,
};

/* In the order of their encodings. */
enum emul_seg {
    EMUL_ES, EMUL_CS, EMUL_SS, EMUL_DS, EMUL_FS, EMUL_GS,
};

/* attr: type 3:0, S 4, DPL 6:5, P 7, ..., D/B 10, G 11; limit in bytes. */
struct emul_segment {
    uint64_t base;
    uint32_t limit;
    uint16_t attr;
};

/* What else an access is; or-ed. */
enum emul_access {
    EMUL_ACCESS_PLAIN = 0,
    EMUL_ACCESS_WILL_WRITE = 1, /* a read: the same bytes are written next */
    EMUL_ACCESS_LOCKED = 2,     /* LOCK prefix or XCHG                     */
};

/* An exception to inject. */
struct emul_fault {
    uint8_t vector;
    bool has_error;
    uint32_t error;
    uint64_t address; /* CR2 of a page fault */
};

/* A register of the decoded address that does not exist, or is RIP. */
#define EMUL_REG_NONE 0xff
#define EMUL_REG_RIP 0xfe

struct emul_insn {
    uint8_t op;        /* enum emul_op                                    */
    uint8_t form;      /* enum emul_form, in emul_priv.h                  */
    uint8_t length;    /* bytes                                           */
    uint8_t op_bytes;  /* operand size: 2, 4, 8                           */
    uint8_t addr_bytes;/* address size: 2, 4, 8                           */
    uint8_t mem_bytes; /* size of the memory (or E register) operand      */
    uint8_t flags;     /* EMUL_ROW_*, in emul_priv.h                      */
    uint8_t rep;       /* 0, 0xf2, 0xf3                                   */
    uint8_t rex;       /* 0 or 0x40 .. 0x4f                               */
    bool lock;
    bool seg_given;    /* seg comes from a prefix                         */
    uint8_t seg;       /* enum emul_seg of the memory operand             */
    bool is_mem;       /* the E operand is memory                         */
    uint8_t reg;       /* ModRM.reg with REX.R: also number of CR or DR   */
    uint8_t rm;        /* ModRM.rm with REX.B, if not memory              */
    uint8_t base;      /* register numbers, or EMUL_REG_*                 */
    uint8_t index;
    uint8_t scale;     /* shift                                           */
    int64_t disp;      /* or the address of a moffs form                  */
    uint64_t imm;      /* extended as the instruction says                */
};

struct emul;

/*
 * The caller's part. The memory functions take linear addresses, 1 to 16
 * bytes, page crossings included; they return EMUL_DONE, EMUL_FAULT after
 * filling e->fault (page fault), EMUL_AGAIN to run the instruction again
 * from its start, or EMUL_UNHANDLED. access: enum emul_access.
 */
struct emul_ops {
    void (*segment)(struct emul *e, enum emul_seg seg,
                    struct emul_segment *out);
    enum emul_result (*read)(struct emul *e, uint64_t addr, void *data,
                             unsigned int bytes, unsigned int access);
    enum emul_result (*write)(struct emul *e, uint64_t addr,
                              const void *data, unsigned int bytes,
                              unsigned int access);
    /* The write would not fault; may be NULL. For INS, before the port. */
    enum emul_result (*probe_write)(struct emul *e, uint64_t addr,
                                    unsigned int bytes);
    /* May be NULL when ports are not emulated; bytes: 1, 2, 4. */
    enum emul_result (*port_in)(struct emul *e, uint16_t port,
                                unsigned int bytes, uint32_t *value);
    enum emul_result (*port_out)(struct emul *e, uint16_t port,
                                 unsigned int bytes, uint32_t value);
    /* May be NULL: then XMM moves are not handled. 16 bytes. */
    void (*xmm_read)(struct emul *e, unsigned int xmm, void *data);
    void (*xmm_write)(struct emul *e, unsigned int xmm, const void *data);
};

struct emul {
    const struct emul_ops *ops;
    void *ctx;             /* the caller's                                */
    uint64_t *gpr;         /* 16, in the order of their encodings         */
    uint64_t rip;          /* in: of the instruction; out: to go on at    */
    uint64_t rflags;       /* in, out                                     */
    enum emul_mode mode;
    bool la57;             /* CR4.LA57: 57-bit linear addresses           */
    unsigned int fetched;  /* how many of bytes[] are valid               */
    uint8_t bytes[EMUL_INSN_MAX];

    struct emul_insn insn; /* out: from emul_decode()                     */
    struct emul_fault fault;
    enum emul_why why;
};

/*
 * Decodes bytes[] into insn: EMUL_DONE, EMUL_FAULT (#UD for an illegal LOCK
 * or form, #GP for more than 15 bytes) or EMUL_UNHANDLED. Needs mode,
 * fetched, bytes; no callback is called. An operation that is only decoded
 * is EMUL_DONE here.
 */
enum emul_result __must_check emul_decode(struct emul *e);

/* Decodes and executes. TF, RF and interrupt shadows are the caller's. */
enum emul_result __must_check emul_run(struct emul *e);

/* Executes what emul_decode() left in e->insn. */
enum emul_result __must_check emul_execute(struct emul *e);

/*
 * Offset in its segment, and linear address, of the decoded memory operand:
 * for INVLPG and the like. The linear one checks as an access of bytes
 * would: EMUL_DONE or EMUL_FAULT.
 */
uint64_t emul_offset(const struct emul *e);
enum emul_result __must_check emul_linear(struct emul *e, enum emul_seg seg,
                                          uint64_t offset,
                                          unsigned int bytes, bool is_write,
                                          uint64_t *addr);

const char *emul_why_name(enum emul_why why);

#endif
