/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second domain, made by the test guest as a control domain: a few pages
 * of memory with page tables and a payload that starts in 64-bit mode. Each
 * of its vCPUs has a mailbox, a record in a page that the parent maps, and
 * does what it finds there: a hypercall, or a snippet of code, whose result
 * it writes back. Idle vCPUs yield for ever.
 * All calls come from vCPU 0; a child ends with child_destroy().
 */
#ifndef TESTS_GUEST_LIB_CHILD_H
#define TESTS_GUEST_LIB_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <tests/guest/lib/control.h>

/* Frames of a child, up to CHILD_PAGES populated from 1 on. */
#define CHILD_GFN_PML4    1u
#define CHILD_GFN_PDPT    2u
#define CHILD_GFN_PD      3u
#define CHILD_GFN_CODE    4u
#define CHILD_GFN_GDT     5u
#define CHILD_GFN_IDT     6u
#define CHILD_GFN_STACK   7u
#define CHILD_GFN_MAILBOX 8u
#define CHILD_GFN_SNIPPET 9u
#define CHILD_GFN_SCRATCH 10u
/* Nothing is above the scratch page but what a test puts there. */
#define CHILD_GFN_FREE    16u
#define CHILD_PAGES       32u

#define CHILD_VCPUS 4u
/* Where the child's upcall goes; it counts and, if told to, ends the
 * interrupt by the x2APIC. */
#define CHILD_VEC_EVTCHN 0xf3u

/* What the payload's assembly knows by offset; see child_payload.S. */
struct child_mailbox {
    volatile uint32_t request;   /* offset 0: counted up by the parent */
    volatile uint32_t answer;    /* offset 4: request when it is done */
    volatile uint64_t code;      /* offset 8: snippet, or 0: hypercall */
    volatile uint64_t nr;        /* offset 16 */
    volatile uint64_t arg[5];    /* offset 24 */
    volatile int64_t result;     /* offset 64 */
    volatile uint32_t fault;     /* offset 72: as in trap.h */
    volatile uint32_t vmmcall;   /* offset 76 */
    volatile uint64_t fault_rip; /* offset 80 */
    volatile uint64_t idle;      /* offset 88: rounds without a request */
    volatile uint32_t upcalls;   /* offset 96 */
    volatile uint32_t eoi;       /* offset 100: end interrupts */
    volatile uint64_t stack;     /* offset 104: top */
    volatile uint32_t nmis;      /* offset 112 */
    volatile uint32_t rsvd_116;
    volatile uint64_t vcpu_info; /* offset 120: the upcall clears its byte */
};

struct child_config {
    unsigned int vcpus;          /* 0: one */
    uint32_t max_evtchn_port;    /* 0: 1023, as xl has it */
    int32_t grant_frames;        /* 0: the default */
    uint32_t grant_version;      /* 0: 2 */
    uint64_t max_kb;             /* 0: 1 MiB more than CHILD_PAGES */
};

struct child {
    uint16_t domid;
    unsigned int index;          /* where in our own space it is mapped */
    unsigned int vcpus;
    struct child_mailbox *mailbox;
    uint8_t *snippet;
};

/* A result when no answer came within two seconds. */
#define CHILD_SILENT INT64_MIN

/* createdomain alone, with what xl passes; fills c->domid. 0 or -errno. */
int64_t child_create_bare(struct child *c, const struct child_config *cfg);

/* Its vCPUs and memory limit, and pages 1..CHILD_PAGES. 0 or -errno. */
int64_t child_set_sizes(struct child *c, const struct child_config *cfg);

/* The payload in those pages, and the mailbox mapped. 0 or -errno. */
int64_t child_fill(struct child *c);

/* All of that: with vCPUs, memory limit, pages 1..CHILD_PAGES, the payload in
 * them and the mailbox mapped; cfg may be NULL. 0 or the first -errno. */
int64_t child_create(struct child *c, const struct child_config *cfg);

/* Put the first n vCPUs at the payload's start, by sethvmcontext: those that
 * a stream does not name are down afterwards. */
int64_t child_start(struct child *c, unsigned int n);

/* child_create(), vCPU 0 started, unpaused, a first answer seen; prints a
 * FAIL of its own, destroys what there is and returns false when any of it
 * does not work. */
bool child_boot(struct child *c, const struct child_config *cfg);

/* populate_physmap of single pages; pages done. */
int64_t child_populate(struct child *c, uint64_t gfn, unsigned int n);

/* Map a frame of a child at its place in our window; NULL when refused, the
 * errno goes to *rc if rc is given. */
void *child_map(struct child *c, uint64_t gfn, int64_t *rc);
int64_t child_unmap(struct child *c, uint64_t gfn);
/*
 * A frame of any domain (DOMID_XEN: of the machine) at our @gfn and @va, and
 * away again.  NULL: it failed with *@rc (may be NULL).
 */
void *foreign_map(domid_t domid, uint64_t frame, uint64_t gfn, uint64_t va,
                  int64_t *rc);
int64_t foreign_unmap(uint64_t gfn, uint64_t va);

/* Our frame at which child_map() puts it. */
uint64_t child_map_gfn(const struct child *c, uint64_t gfn);

/* Have vCPU 0 make a hypercall; its result, or CHILD_SILENT. */
int64_t child_hypercall(struct child *c, uint64_t nr, uint64_t a1,
                        uint64_t a2, uint64_t a3);

/* A hypercall whose argument structure, up to 2 KiB, is copied to the child
 * and back: (sub-operation, structure, 1) as most have it, or (structure)
 * for domctl and its like. */
int64_t child_op(struct child *c, uint64_t nr, uint64_t op, void *arg,
                 unsigned int size);
/* The same without waiting for its end. */
void child_send_op(struct child *c, uint64_t nr, uint64_t op,
                   const void *arg, unsigned int size);

/* Have a vCPU call code that ends in RET, with up to two arguments. */
int64_t child_run(struct child *c, unsigned int vcpu, const void *code,
                  unsigned int size, uint64_t a1, uint64_t a2);
/* The same without waiting for its end. */
void child_send(struct child *c, unsigned int vcpu, const void *code,
                unsigned int size, uint64_t a1, uint64_t a2);
/* Jump to a place in the payload, which is not heard of again. */
void child_jump(struct child *c, unsigned int vcpu, const uint8_t *place,
                uint64_t a1, uint64_t a2);
/* Wait for the end of what was sent; its result, or CHILD_SILENT. */
int64_t child_wait(struct child *c, unsigned int vcpu);

/* Have vCPU 0 read or write 64 bits of its memory. */
uint64_t child_peek(struct child *c, uint64_t gpa);
void child_poke(struct child *c, uint64_t gpa, uint64_t val);

/* Does its vCPU 0 make rounds? Looks for up to a second. */
bool child_is_alive(struct child *c);

/* getdomaininfo of just that domain; false if it is not there. */
bool child_info(uint16_t domid, struct xen_domctl_getdomaininfo *info);

/* Wait up to two seconds until the domain is shut down; the reason, or -1. */
int child_wait_shutdown(const struct child *c);
/* Wait up to two seconds until the domain is not there any more. */
bool child_wait_gone(uint16_t domid);

/* Unmap, destroy, wait until it is gone; false (and a FAIL) when not. */
bool child_destroy(struct child *c);

/* Give the processor away for a little, up to `ns`. */
void child_relax(uint64_t ns);

/* The payload and places in it. */
extern const uint8_t child_payload[], child_payload_end[];
extern const uint8_t child_stubs[], child_upcall[], child_echo[];

#endif
