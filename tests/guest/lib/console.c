/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatting and output. See console.h for where output goes.
 * PV console ring: the public header io/console.h.
 */
#include <tests/guest/lib/console.h>

#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/x86.h>

#include <xen/hvm/params.h>
#include <xen/io/console.h>

#define LINE_MAX     512
#define DEBUG_PORT   0xe9

static bool console_has_hypercall;
static volatile struct xencons_interface *console_ring;
static uint32_t console_ring_port;

struct out {
    char *buf;
    size_t size;
    size_t len;
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size) {
        o->buf[o->len++] = c;
    }
}

static void put_number(struct out *o, uint64_t val, unsigned int base,
                       int width, char pad)
{
    char tmp[24];
    int n = 0;

    do {
        tmp[n++] = "0123456789abcdef"[val % base];
        val /= base;
    } while (val);
    for (int i = n; i < width; i++) {
        put(o, pad);
    }
    while (n > 0) {
        put(o, tmp[--n]);
    }
}

static void put_string(struct out *o, const char *s, int width)
{
    int n = 0;

    while (*s) {
        put(o, *s++);
        n++;
    }
    for (; n < width; n++) {
        put(o, ' ');
    }
}

static const char *put_conversion(struct out *o, const char *fmt,
                                  va_list *ap)
{
    char pad = ' ';
    int width = 0;
    bool is_long = false;

    if (*fmt == '0') {
        pad = '0';
        fmt++;
    }
    while (*fmt >= '0' && *fmt <= '9') {
        width = width * 10 + (*fmt++ - '0');
    }
    while (*fmt == 'l' || *fmt == 'z') {
        is_long = true;
        fmt++;
    }
    if (*fmt == 's') {
        put_string(o, va_arg(*ap, const char *), width);
    } else if (*fmt == 'c') {
        put(o, (char)va_arg(*ap, int));
    } else if (*fmt == 'd') {
        int64_t val = is_long ? va_arg(*ap, int64_t) : va_arg(*ap, int);

        if (val < 0) {
            put(o, '-');
            val = -val;
        }
        put_number(o, (uint64_t)val, 10, width, pad);
    } else if (*fmt == 'u' || *fmt == 'x') {
        const uint64_t val = is_long ? va_arg(*ap, uint64_t)
                                     : va_arg(*ap, unsigned int);

        put_number(o, val, *fmt == 'x' ? 16 : 10, width, pad);
    } else {
        put(o, *fmt);
    }
    return fmt + 1;
}

size_t kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = { buf, size, 0 };
    va_list copy;

    va_copy(copy, ap);
    while (*fmt) {
        if (*fmt == '%') {
            fmt = put_conversion(&o, fmt + 1, &copy);
        } else {
            put(&o, *fmt++);
        }
    }
    va_end(copy);
    buf[o.len] = 0;
    return o.len;
}

size_t ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    size_t len;

    va_start(ap, fmt);
    len = kvsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return len;
}

void kprintf(const char *fmt, ...)
{
    char line[LINE_MAX];
    va_list ap;
    size_t len;

    va_start(ap, fmt);
    len = kvsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    console_write(line, len);
}

static void ring_write(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while (console_ring->out_prod - console_ring->out_cons >=
               sizeof(console_ring->out)) {
            hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
        }
        console_ring->out[console_ring->out_prod &
                          (sizeof(console_ring->out) - 1)] = s[i];
        mb();
        console_ring->out_prod++;
    }
    hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
               (uint64_t)&console_ring_port);
}

void console_write(const char *s, size_t len)
{
    if (console_has_hypercall) {
        hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, len,
                   (uint64_t)s);
        return;
    }
    if (console_ring) {
        ring_write(s, len);
    }
    for (size_t i = 0; i < len; i++) {
        outb(DEBUG_PORT, (uint8_t)s[i]);
    }
}

static uint64_t get_param(uint32_t index)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

    return hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_param, (uint64_t)&p)
           ? 0 : p.value;
}

void console_init(void)
{
    uint64_t pfn;

    console_has_hypercall = hypercall3(__HYPERVISOR_console_io,
                                       CONSOLEIO_write, 1,
                                       (uint64_t)"\n") == 0;
    if (console_has_hypercall) {
        return;
    }
    pfn = get_param(HVM_PARAM_CONSOLE_PFN);
    if (pfn && pfn < 0x100000) {
        console_ring_port = (uint32_t)get_param(HVM_PARAM_CONSOLE_EVTCHN);
        console_ring = (void *)(pfn << 12);
    }
}
