/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of com1= and com2=.  Pure.
 */
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <drivers/serial/uart16550.h>
#include <drivers/serial/uart_regs.h>

/* A number up to the next comma, slash or end; 0, -EINVAL. */
static int parse_number(const char **p, uint64_t max, uint64_t *val)
{
    const char *end;

    if (str_to_u64(*p, 0, val, &end) || *val > max) {
        return -EINVAL;
    }
    *p = end;
    return 0;
}

static int parse_baud(const char **p, struct uart_config *cfg)
{
    uint64_t val;

    if (str_starts_with(*p, "auto")) {
        *p += strlen("auto");
        cfg->baud = 0;
    } else {
        if (parse_number(p, 4000000, &val) || val < 50) {
            return -EINVAL;
        }
        cfg->baud = (uint32_t)val;
    }
    if (**p == '/') {
        (*p)++;
        if (parse_number(p, 64000000, &val) || val == 0) {
            return -EINVAL;
        }
        cfg->clock_hz = (uint32_t)val * 16;
    }
    return 0;
}

/* "8n1" */
static int parse_frame(const char **p, struct uart_config *cfg)
{
    const char *const s = *p;

    if (s[0] < '5' || s[0] > '8' || s[1] == '\0' ||
        !strchr("noems", s[1]) || (s[2] != '1' && s[2] != '2')) {
        return -EINVAL;
    }
    cfg->data_bits = (uint8_t)(s[0] - '0');
    cfg->parity = s[1];
    cfg->stop_bits = (uint8_t)(s[2] - '0');
    *p += 3;
    return 0;
}

static int parse_base(const char **p, struct uart_config *cfg)
{
    uint64_t val;

    if (str_starts_with(*p, "pci")) {
        *p += strlen("pci");
        cfg->is_pci = true;
        return 0;
    }
    if (parse_number(p, UINT64_MAX, &val) || val == 0) {
        return -EINVAL;
    }
    cfg->base = val;
    cfg->is_pci = false;
    return 0;
}

static int parse_irq(const char **p, struct uart_config *cfg)
{
    uint64_t val;

    if (parse_number(p, 15, &val)) {
        return -EINVAL;
    }
    cfg->irq = (uint32_t)val;
    return 0;
}

int uart_parse(const char *text, struct uart_config *cfg)
{
    static int (*const part[])(const char **p, struct uart_config *cfg) = {
        parse_baud, parse_frame, parse_base, parse_irq,
    };
    struct uart_config val = *cfg;
    const char *p = text;

    for (unsigned int i = 0; i < ARRAY_SIZE(part); i++) {
        if (*p != ',' && *p != '\0' && part[i](&p, &val)) {
            return -EINVAL;
        }
        if (*p == '\0') {
            *cfg = val;
            return 0;
        }
        if (*p++ != ',') {
            return -EINVAL;
        }
    }
    return -EINVAL;
}
