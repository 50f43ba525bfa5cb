/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's own console, and its last words there. Chapter:
 * CONSOLEIO_* of the public headers.
 */
#include <dom0/rt/rt.h>

#define CHUNK 128u

struct con_buffer {
    char text[CHUNK];
    size_t n;
};

static con_input_fn *con_input;

void con_write(const char *text, size_t n)
{
    hypercall_console(CONSOLEIO_write, n, (char *)(uintptr_t)text);
}

static void con_putc(void *ctx, char c)
{
    struct con_buffer *const b = ctx;

    b->text[b->n++] = c;
    if (b->n == CHUNK) {
        con_write(b->text, b->n);
        b->n = 0;
    }
}

void con_vprintf(const char *fmt, va_list args)
{
    struct con_buffer b = { .n = 0 };

    printf_core(con_putc, &b, fmt, args);
    con_write(b.text, b.n);
}

void con_printf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    con_vprintf(fmt, args);
    va_end(args);
}

static void con_has_input(struct loop_work *work)
{
    char text[CHUNK];
    long n;

    while ((n = hypercall_console(CONSOLEIO_read, sizeof(text), text)) > 0) {
        con_input(text, (size_t)n);
    }
}

static LOOP_WORK(con_work, con_has_input);

void con_init(con_input_fn *fn)
{
    con_input = fn;
    if (evtchn_bind_virq(VIRQ_CONSOLE, &con_work) < 0) {
        panic("the hypervisor gives no console input (VIRQ_CONSOLE)");
    }
    con_has_input(&con_work);
}

/* --- the end --- */

void __stack_chk_fail(void) __noreturn;

void panic_shutdown(unsigned int reason)
{
    struct sched_shutdown arg = { .reason = reason };

    hypercall_sched(SCHEDOP_shutdown, &arg);
    for (;;) {
        x86_halt();
    }
}

void panic(const char *fmt, ...)
{
    va_list args;

    con_printf("\ndom0: PANIC: ");
    va_start(args, fmt);
    con_vprintf(fmt, args);
    va_end(args);
    con_printf("\n");
    panic_shutdown(SHUTDOWN_crash);
}

void __stack_chk_fail(void)
{
    panic("a function wrote past the end of its stack frame");
}
