/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Polled output on COM1 and port 0xe9, usable from the first C instruction.
 * No locking: before other CPUs are up, or after they were stopped.
 */
#include <stdbool.h>

#include <core/arch/arch_io.h>
#include <arch/x86/cpu/early_console.h>
#include <core/console/console.h>
#include <core/init/init.h>

#define PORT_E9 0xe9
#define COM1 0x3f8

enum uart_reg {
    UART_THR = 0,
    UART_DLL = 0,
    UART_IER = 1,
    UART_DLM = 1,
    UART_FCR = 2,
    UART_LCR = 3,
    UART_MCR = 4,
    UART_LSR = 5,
    UART_SCR = 7
};

#define UART_LCR_8N1 0x03
#define UART_LCR_DLAB 0x80
#define UART_FCR_ENABLE_CLEAR 0x07
#define UART_MCR_DTR_RTS 0x03
#define UART_LSR_THRE 0x20
#define UART_SCRATCH_TEST 0x5a

/* A byte takes 87 us at 115200 baud; an access takes one or so. */
#define UART_SPIN_MAX 10000

static bool have_uart;
static bool have_e9;

void early_console_init(void)
{
    have_e9 = arch_io_in8(PORT_E9) == PORT_E9;
    arch_io_out8(COM1 + UART_SCR, UART_SCRATCH_TEST);
    have_uart = arch_io_in8(COM1 + UART_SCR) == UART_SCRATCH_TEST;
    if (!have_uart) {
        return;
    }
    arch_io_out8(COM1 + UART_IER, 0);
    arch_io_out8(COM1 + UART_LCR, UART_LCR_DLAB | UART_LCR_8N1);
    arch_io_out8(COM1 + UART_DLL, 1);
    arch_io_out8(COM1 + UART_DLM, 0);
    arch_io_out8(COM1 + UART_LCR, UART_LCR_8N1);
    arch_io_out8(COM1 + UART_FCR, UART_FCR_ENABLE_CLEAR);
    arch_io_out8(COM1 + UART_MCR, UART_MCR_DTR_RTS);
}

static void uart_putc(char c)
{
    unsigned int spin = UART_SPIN_MAX;

    while (!(arch_io_in8(COM1 + UART_LSR) & UART_LSR_THRE) && --spin) {
        asm volatile("pause");
    }
    arch_io_out8(COM1 + UART_THR, (uint8_t)c);
}

void early_console_write(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (have_e9) {
            arch_io_out8(PORT_E9, (uint8_t)s[i]);
        }
        if (have_uart && s[i] == '\n') {
            uart_putc('\r');
        }
        if (have_uart) {
            uart_putc(s[i]);
        }
    }
}

static void early_putc(struct console *con, char c)
{
    early_console_write(&c, 1);
}

static int early_init(struct console *con)
{
    early_console_init();
    return 0;
}

static const struct console_ops early_ops = {
    .init = early_init,
    .putc = early_putc,
};

static struct console early_console = { .name = "early", .ops = &early_ops };

void early_console_register(void)
{
    console_register(&early_console);
}
