/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam to console devices, and what else may be done with the console.
 * Locking: one lock (CONSOLE) around output; drivers are called under it.
 */
#ifndef CORE_CONSOLE_CONSOLE_H
#define CORE_CONSOLE_CONSOLE_H

#include <core/lib/compiler.h>
#include <core/lib/list.h>
#include <core/lib/types.h>

struct console;

struct console_ops {
    /* 0, or -ENODEV: not there. Called when it is chosen, without lock. */
    int (*init)(struct console *con);
    void (*putc)(struct console *con, char c);
    /* A character that has come, or -1. NULL: no input. */
    int (*getc)(struct console *con);
    /* Called every few milliseconds; NULL: interrupt driven, or output only. */
    void (*poll)(struct console *con);
};

struct console {
    const char *name;              /* As in console=: "com1", "vga"        */
    const struct console_ops *ops;
    void *data;                    /* The driver's                         */
    bool has_seen;                 /* What was printed so far: early       */
    bool is_active;                /* Chosen, and init() said 0            */
    struct list_head link;
};

/*
 * Boot: make a device known.  It becomes active, and gets all that was
 * printed so far, if console= names it.  Before console_select(), those with
 * the name "early" are active at once.
 */
void console_register(struct console *con);

/* The device of @con has turned up: activate it now if it is selected. */
void console_retry(struct console *con);

/*
 * Option console=: a list "com1,vga".  Unknown names are said and skipped.
 */
void console_select(const char *names);

/*
 * A guest's console output by console_io: as it is (control domain), or in
 * lines with the domain's number in front.
 */
extern bool console_to_ring;         /* [c] after boot: keep it in the ring  */
void console_guest_write(uint16_t domid, bool is_control, const char *s,
                         size_t len);

/* Raw output, into the ring as well. */
void console_write(const char *s, size_t len);

/*
 * Read up to @size bytes of the ring.  With @incremental from *@index on, else
 * from the oldest; *@index is set behind what was read.  @clear forgets
 * what comes before that.  Returns the number of bytes.  Sysctl readconsole.
 */
size_t con_ring_read(char *buf, size_t size, uint32_t *index, bool clear,
                     bool incremental);

/* Called after output, at the loop head, for VIRQ_CON_RING.  One hook. */
void con_ring_set_hook(void (*hook)(void));

/* --- input, console_in.c --- */

/* A driver has a character.  Any context. */
void con_in_char(char c);

/* The characters for the control domain, oldest first.  console_io read. */
size_t con_in_read(char *buf, size_t size);

/* Called from the loop head when there is input to read: VIRQ_CONSOLE. */
void con_in_set_hook(void (*hook)(void));

/*
 * Once there is a control domain: it gets the input.  Option
 * conswitch=<letter>[x]: the key that switches, with x start at the
 * hypervisor's keys.  0, -EINVAL.
 */
int __must_check con_in_set_switch(const char *text);
void con_in_start_guest(void);

/* Poll all active consoles, and start polling by timer. */
void console_poll(void);
void console_start_polling(void);

/* Panic: take the lock away from whoever has it. */
void console_force(void);

/* Boot, once: the softirq. */
void console_init(void);

#endif /* CORE_CONSOLE_CONSOLE_H */
