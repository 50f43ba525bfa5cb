/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formatting engine behind every kind of output. One conversion at a
 * time is parsed into a struct spec and put through the callback. No
 * locking. Chapter: C17, The fprintf function.
 */
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

/* 64 octal digits are 22 characters; 3 more for a prefix and a sign. */
#define DIGITS_MAX 24u

struct spec {
    bool left;          /* - */
    bool zero;          /* 0 */
    bool alt;           /* # */
    char plus;          /* '+', ' ' or nothing: sign of what is positive */
    unsigned int width;
    bool has_precision;
    unsigned int precision;
    unsigned int bytes; /* width of the integer argument */
};

struct out {
    printf_putc_fn *put;
    void *ctx;
    unsigned int count;
};

static void out_char(struct out *out, char c)
{
    out->put(out->ctx, c);
    out->count++;
}

static void out_fill(struct out *out, char c, unsigned int n)
{
    while (n-- != 0) {
        out_char(out, c);
    }
}

static void out_text(struct out *out, const char *s, size_t n)
{
    while (n-- != 0) {
        out_char(out, *s++);
    }
}

/* Text padded to the width. */
static void out_padded(struct out *out, const struct spec *spec,
                       const char *s, unsigned int n)
{
    const unsigned int pad = spec->width > n ? spec->width - n : 0;

    if (!spec->left) {
        out_fill(out, ' ', pad);
    }
    out_text(out, s, n);
    if (spec->left) {
        out_fill(out, ' ', pad);
    }
}

/* Digits of value, last first, into the end of buf; returns their number. */
static unsigned int make_digits(char buf[DIGITS_MAX], uint64_t value,
                                unsigned int base, bool upper)
{
    const char *const set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned int n = 0;

    for (; value != 0; value /= base) {
        buf[DIGITS_MAX - ++n] = set[value % base];
    }
    return n;
}

/* A number: blanks, sign or prefix, zeros, digits, blanks. */
static void out_number(struct out *out, const struct spec *spec,
                       uint64_t value, unsigned int base, bool upper,
                       const char *prefix)
{
    char buf[DIGITS_MAX] = { 0 };
    const unsigned int digits = make_digits(buf, value, base, upper);
    const unsigned int lead = (unsigned int)strlen(prefix);
    unsigned int zeros = digits == 0; /* the number zero has a digit */
    unsigned int total;

    if (spec->has_precision) {
        zeros = spec->precision > digits ? spec->precision - digits : 0;
    } else if (spec->zero && !spec->left &&
               spec->width > digits + lead + zeros) {
        zeros = spec->width - digits - lead;
    }
    if (base == 8 && spec->alt && zeros == 0) {
        zeros = 1;
    }
    total = lead + zeros + digits;

    const unsigned int pad = spec->width > total ? spec->width - total : 0;

    if (!spec->left) {
        out_fill(out, ' ', pad);
    }
    for (const char *p = prefix; *p != '\0'; p++) {
        out_char(out, *p);
    }
    out_fill(out, '0', zeros);
    out_text(out, buf + DIGITS_MAX - digits, digits);
    if (spec->left) {
        out_fill(out, ' ', pad);
    }
}

static void out_signed(struct out *out, const struct spec *spec,
                       int64_t value)
{
    const char sign[2] = { value < 0 ? '-' : spec->plus, '\0' };
    const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    out_number(out, spec, size, 10, false, sign);
}

static void out_unsigned(struct out *out, const struct spec *spec,
                         uint64_t value, char kind)
{
    const bool prefixed = spec->alt && value != 0;

    switch (kind) {
    case 'o': out_number(out, spec, value, 8, false, ""); break;
    case 'x':
        out_number(out, spec, value, 16, false, prefixed ? "0x" : "");
        break;
    case 'X':
        out_number(out, spec, value, 16, true, prefixed ? "0X" : "");
        break;
    default: out_number(out, spec, value, 10, false, ""); break;
    }
}

static void out_string(struct out *out, const struct spec *spec,
                       const char *s)
{
    const char *const text = s != NULL ? s : "(null)";
    const size_t max = spec->has_precision ? spec->precision : INT32_MAX;

    out_padded(out, spec, text, (unsigned int)strnlen(text, max));
}

static const char *parse_flags(const char *p, struct spec *spec)
{
    for (;; p++) {
        switch (*p) {
        case '-': spec->left = true; break;
        case '0': spec->zero = true; break;
        case '#': spec->alt = true; break;
        case '+': spec->plus = '+'; break;
        case ' ': spec->plus = spec->plus == '+' ? '+' : ' '; break;
        default: return p;
        }
    }
}

static const char *parse_decimal(const char *p, unsigned int *value)
{
    *value = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        *value = *value * 10 + (unsigned int)(*p - '0');
    }
    return p;
}

static const char *parse_length(const char *p, struct spec *spec)
{
    spec->bytes = sizeof(int);
    switch (*p) {
    case 'h':
        spec->bytes = p[1] == 'h' ? sizeof(char) : sizeof(short);
        return p[1] == 'h' ? p + 2 : p + 1;
    case 'l':
        spec->bytes = sizeof(long);
        return p[1] == 'l' ? p + 2 : p + 1;
    case 'z': case 't': case 'j':
        spec->bytes = sizeof(long);
        return p + 1;
    default:
        return p;
    }
}

/* A va_list is an array type here: only a struct passes it by reference. */
struct args {
    va_list list;
};

static const char *parse_spec(const char *p, struct spec *spec,
                              struct args *args)
{
    *spec = (struct spec){ .plus = '\0' };
    p = parse_flags(p, spec);
    if (*p == '*') {
        const int width = va_arg(args->list, int);

        spec->left |= width < 0;
        spec->width = width < 0 ? 0u - (unsigned int)width
                                : (unsigned int)width;
        p++;
    } else {
        p = parse_decimal(p, &spec->width);
    }
    if (p[0] == '.' && p[1] == '*') {
        const int precision = va_arg(args->list, int);

        spec->has_precision = precision >= 0;
        spec->precision = precision >= 0 ? (unsigned int)precision : 0;
        p += 2;
    } else if (p[0] == '.') {
        spec->has_precision = true;
        p = parse_decimal(p + 1, &spec->precision);
    }
    return parse_length(p, spec);
}

static uint64_t arg_unsigned(const struct spec *spec, struct args *args)
{
    if (spec->bytes == sizeof(long)) {
        return va_arg(args->list, unsigned long);
    }
    const unsigned int value = va_arg(args->list, unsigned int);

    switch (spec->bytes) {
    case sizeof(char): return (unsigned char)value;
    case sizeof(short): return (unsigned short)value;
    default: return value;
    }
}

static int64_t arg_signed(const struct spec *spec, struct args *args)
{
    const uint64_t value = arg_unsigned(spec, args);

    switch (spec->bytes) {
    case sizeof(char): return (signed char)value;
    case sizeof(short): return (short)value;
    case sizeof(int): return (int)value;
    default: return (int64_t)value;
    }
}

/* One conversion; p is behind its %. Returns what follows it. */
static const char *convert(struct out *out, const char *p, struct args *args)
{
    const char *const start = p;
    struct spec spec;
    char c;

    p = parse_spec(p, &spec, args);
    switch (*p) {
    case 'd': case 'i':
        out_signed(out, &spec, arg_signed(&spec, args));
        break;
    case 'u': case 'x': case 'X': case 'o':
        out_unsigned(out, &spec, arg_unsigned(&spec, args), *p);
        break;
    case 'p':
        out_number(out, &spec, (uintptr_t)va_arg(args->list, void *), 16,
                   false, "0x");
        break;
    case 's':
        out_string(out, &spec, va_arg(args->list, const char *));
        break;
    case 'c':
        c = (char)va_arg(args->list, int);
        out_padded(out, &spec, &c, 1);
        break;
    case '%':
        out_char(out, '%');
        break;
    default:
        /* Unknown: shown as it stands, its argument is not consumed. */
        out_char(out, '%');
        return start;
    }
    return p + 1;
}

int printf_core(printf_putc_fn *put, void *ctx, const char *fmt,
                va_list list)
{
    struct out out = { .put = put, .ctx = ctx };
    struct args args;

    va_copy(args.list, list);
    while (*fmt != '\0') {
        const char c = *fmt++;

        if (c == '%') {
            fmt = convert(&out, fmt, &args);
        } else {
            out_char(&out, c);
        }
    }
    va_end(args.list);
    return (int)out.count;
}
