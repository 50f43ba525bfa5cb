/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's own console, and its last words there. Chapter:
 * CONSOLEIO_* of the public headers.
 */
#include <dom0/rt/rt.h>

/* For input; and the longest line that is written at once. */
#define CHUNK 256u

static con_input_fn *con_input;
/* What was printed since the last newline. */
static char con_line[CHUNK];
static size_t con_line_len;

static void con_flush(void)
{
    hypercall_console(CONSOLEIO_write, con_line_len, con_line);
    con_line_len = 0;
}

static void con_putc(void *ctx, char c)
{
    con_line[con_line_len++] = c;
    if (c == '\n' || con_line_len == CHUNK) {
        con_flush();
    }
}

void con_write(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        con_putc(NULL, text[i]);
    }
    con_flush();
}

void con_vprintf(const char *fmt, va_list args)
{
    printf_core(con_putc, NULL, fmt, args);
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
