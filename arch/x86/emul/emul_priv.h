/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the emulator share: the forms of the decode tables,
 * operand access, arithmetic of RIP and counters. No locking. Chapter: SDM
 * volume 2, "Instruction Format".
 */
#ifndef ARCH_X86_EMUL_EMUL_PRIV_H
#define ARCH_X86_EMUL_EMUL_PRIV_H

#include <arch/x86/emul/emul.h>
#include <core/lib/bits.h>

/*
 * Which operands an instruction has. E: ModRM.rm, G: ModRM.reg. The forms
 * from E_G on have a ModRM byte.
 */
enum emul_form {
    EMUL_FORM_NONE,   /* nothing                                      */
    EMUL_FORM_STRING,
    EMUL_FORM_IB,     /* 8-bit immediate                              */
    EMUL_FORM_A_O,    /* accumulator from absolute address            */
    EMUL_FORM_O_A,
    EMUL_FORM_E_G,    /* E is the target                              */
    EMUL_FORM_G_E,    /* G is the target                              */
    EMUL_FORM_E,      /* E alone                                      */
    EMUL_FORM_E_IB,   /* E, 8-bit immediate, sign-extended            */
    EMUL_FORM_E_IZ,   /* E, immediate of the operand size, at most 32 */
    EMUL_FORM_R_C,    /* rm is a register whatever mod says           */
    EMUL_FORM_X_E,    /* XMM register from E                          */
    EMUL_FORM_E_X,
    EMUL_FORM_MODRM,  /* all of ModRM is opcode                       */
};

/* Size of the operand in memory. */
enum emul_width {
    EMUL_WIDTH_B = 1,
    EMUL_WIDTH_W = 2,
    EMUL_WIDTH_D = 4,
    EMUL_WIDTH_Q = 8,
    EMUL_WIDTH_X = 16,
    EMUL_WIDTH_V,     /* operand size                                 */
    EMUL_WIDTH_Y,     /* 4 bytes, or 8 with REX.W                     */
    EMUL_WIDTH_Z,     /* operand size, at most 4 bytes (ports)        */
    EMUL_WIDTH_N,     /* natural: 8 in 64-bit mode, else 4            */
};

/* Flags of a table row. */
enum emul_row_flag {
    EMUL_ROW_LOCK = 1,    /* LOCK is legal when the target is memory  */
    EMUL_ROW_MEM = 2,     /* #UD when E is a register                 */
    EMUL_ROW_D64 = 4,     /* operand size is 8 in 64-bit mode         */
    EMUL_ROW_ALIGNED = 8, /* #GP when memory is not aligned to width  */
    EMUL_ROW_NO64 = 16,   /* #UD in 64-bit mode                       */
    EMUL_ROW_ONLY64 = 32, /* another instruction in the other modes   */
    EMUL_ROW_SPECIAL = 64,/* see decode_special()                     */
};

#define EMUL_RAX 0
#define EMUL_RCX 1
#define EMUL_RDX 2
#define EMUL_RSP 4
#define EMUL_RSI 6
#define EMUL_RDI 7

#define RFLAGS_CF BIT(0)
#define RFLAGS_PF BIT(2)
#define RFLAGS_AF BIT(4)
#define RFLAGS_ZF BIT(6)
#define RFLAGS_SF BIT(7)
#define RFLAGS_DF BIT(10)
#define RFLAGS_OF BIT(11)

#define VECTOR_UD 6
#define VECTOR_SS 12
#define VECTOR_GP 13

static inline enum emul_result emul_raise(struct emul *e, uint8_t vector,
                                          bool has_error)
{
    e->fault = (struct emul_fault){ .vector = vector,
                                    .has_error = has_error };
    return EMUL_FAULT;
}

static inline enum emul_result emul_refuse(struct emul *e, enum emul_why why)
{
    e->why = why;
    return EMUL_UNHANDLED;
}

/* Part of a register that an access of that many bytes sees. */
uint64_t emul_gpr_get(const struct emul *e, unsigned int reg,
                      unsigned int bytes);
/* 4 bytes clear the upper half, 1 and 2 leave the rest alone. */
void emul_gpr_set(struct emul *e, unsigned int reg, unsigned int bytes,
                  uint64_t value);

/* The E operand's bytes, at most 8, zero-extended. access: emul_access. */
enum emul_result emul_read_e(struct emul *e, unsigned int access,
                             uint64_t *value);
enum emul_result emul_write_e(struct emul *e, unsigned int access,
                              uint64_t value);

/* Linear address of the memory operand, checked, alignment included. */
enum emul_result emul_operand_addr(struct emul *e, unsigned int bytes,
                                   bool is_write, uint64_t *addr);

/* RIP behind the instruction, wrapped to the mode. */
void emul_advance(struct emul *e);

enum emul_result emul_exec_alu(struct emul *e);
enum emul_result emul_exec_mov(struct emul *e);
enum emul_result emul_exec_string(struct emul *e);

/* Flags of a - b, for CMPXCHG, CMPS and SCAS. */
void emul_flags_cmp(struct emul *e, uint64_t a, uint64_t b,
                    unsigned int bytes);

#endif
