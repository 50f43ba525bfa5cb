/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's own console. Chapter: CONSOLEIO_* of the public
 * headers.
 */
#include <stdarg.h>

#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/con.h>
#include <dom0/rt/evtchn.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/panic.h>

#define CHUNK 128u

struct con_buffer {
    char text[CHUNK];
    size_t n;
};

static con_input_fn *con_input;

void con_write(const char *text, size_t n)
{
    while (n != 0) {
        const size_t part = min_t(size_t, n, CHUNK);

        hypercall_console(CONSOLEIO_write, part, (char *)(uintptr_t)text);
        text += part;
        n -= part;
    }
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

void con_printf(const char *fmt, ...)
{
    struct con_buffer b = { .n = 0 };
    va_list args;

    va_start(args, fmt);
    printf_core(con_putc, &b, fmt, args);
    va_end(args);
    con_write(b.text, b.n);
}

static void con_has_input(void *ctx)
{
    char text[CHUNK];
    long n;

    while ((n = hypercall_console(CONSOLEIO_read, sizeof(text), text)) > 0) {
        con_input(text, (size_t)n);
    }
}

void con_init(con_input_fn *fn)
{
    con_input = fn;
    if (evtchn_bind_virq(VIRQ_CONSOLE, con_has_input, NULL) < 0) {
        panic("the hypervisor gives no console input (VIRQ_CONSOLE)");
    }
    con_has_input(NULL);
}
