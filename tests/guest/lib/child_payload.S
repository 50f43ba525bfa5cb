/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a child domain runs: copied to its code page, so it reaches nothing
 * but itself and the mailbox at GS. Offsets are those of struct
 * child_mailbox.
 */
#define REQUEST   0
#define ANSWER    4
#define CODE      8
#define NR        16
#define ARG(n)    (24 + 8 * (n))
#define RESULT    64
#define FAULT     72
#define VMMCALL   76
#define FAULT_RIP 80
#define IDLE      88
#define UPCALLS   96
#define EOI       100
#define STACK     104
#define NMIS      112
#define VCPU_INFO 120

#define FAULT_BIT     0x80000000
#define SCHED_OP      29
#define EVENT_CHANNEL_OP 32
#define EVTCHNOP_SEND 4
#define SI_PENDING_SEL 8
#define SI_PENDING    2048
#define MSR_X2APIC_EOI 0x80b
/* Vectors with an error code: 8, 10 to 14, 17, 21, 29, 30. */
#define WITH_ERROR    0x60227d00

        .section .rodata
        .globl  child_payload, child_payload_end, child_stubs, child_upcall, child_echo
        .balign 16
/* In: 64-bit mode, interrupts off, GS at the mailbox. */
child_payload:
        incq    %gs:IDLE
        movl    %gs:REQUEST, %eax
        cmpl    %gs:ANSWER, %eax
        jne     work
        movl    $SCHED_OP, %eax
        xorl    %edi, %edi
        xorl    %esi, %esi
        call    hypercall
        sti
        nop
        nop
        cli
        jmp     child_payload

work:   movl    $0, %gs:FAULT
        movq    %gs:ARG(0), %rdi
        movq    %gs:ARG(1), %rsi
        movq    %gs:ARG(2), %rdx
        movq    %gs:ARG(3), %r10
        movq    %gs:ARG(4), %r8
        movq    %gs:CODE, %rax
        testq   %rax, %rax
        jz      1f
        call    *%rax
        jmp     done
1:      movq    %gs:NR, %rax
        call    hypercall
done:   cli
        movq    %rax, %gs:RESULT
        movl    %gs:REQUEST, %eax
        movl    %eax, %gs:ANSWER
        jmp     child_payload

hypercall:
        cmpl    $0, %gs:VMMCALL
        je      1f
        vmmcall
        ret
1:      vmcall
        ret

/* The event upcall: taken notice of, but no port is consumed; the parent
 * looks at the bits. */
        .balign 16
child_upcall:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        incl    %gs:UPCALLS
        movq    %gs:VCPU_INFO, %rax
        testq   %rax, %rax
        jz      2f
        movb    $0, (%rax)
2:      cmpl    $0, %gs:EOI
        je      1f
        movl    $MSR_X2APIC_EOI, %ecx
        xorl    %eax, %eax
        xorl    %edx, %edx
        wrmsr
1:      popq    %rdx
        popq    %rcx
        popq    %rax
        iretq

/* Answer every event with one: RDI, RSI addresses of struct evtchn_send and
 * of shared_info. The first word of ports is taken as handled. */
        .balign 16
child_echo:
        sti
        hlt
        cli
        movq    $0, SI_PENDING_SEL(%rsi)
        movq    $0, SI_PENDING(%rsi)
        pushq   %rdi
        pushq   %rsi
        movq    %rdi, %rsi
        movl    $EVTCHNOP_SEND, %edi
        movl    $EVENT_CHANNEL_OP, %eax
        call    hypercall
        popq    %rsi
        popq    %rdi
        jmp     child_echo

/* One stub of 16 bytes for each exception. */
        .balign 16
child_stubs:
        vector = 0
        .rept 32
        .balign 16
        .if !((WITH_ERROR >> vector) & 1)
        pushq   $0
        .endif
        pushq   $vector
        jmp     exception
        vector = vector + 1
        .endr

/* The fault ends what the mailbox asked for; an NMI is only counted. */
        .balign 16
exception:
        cmpq    $2, (%rsp)
        jne     1f
        incl    %gs:NMIS
        addq    $16, %rsp
        iretq
1:      popq    %rax
        popq    %rcx
        shll    $8, %ecx
        orl     %ecx, %eax
        orl     $FAULT_BIT, %eax
        movl    %eax, %gs:FAULT
        movq    (%rsp), %rax
        movq    %rax, %gs:FAULT_RIP
        movq    %gs:STACK, %rsp
        movq    $-1, %rax
        jmp     done
child_payload_end:

        .section .note.GNU-stack, "", @progbits
