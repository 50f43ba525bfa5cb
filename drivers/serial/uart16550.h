/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial ports of the 16550 family: com1 and com2 at their ports, or a PCI
 * device.  Manual: PC16550D data sheet, "Registers".
 */
#ifndef DRIVERS_SERIAL_UART16550_H
#define DRIVERS_SERIAL_UART16550_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

#define UART_COUNT 2u

struct uart_config {
    uint32_t baud;      /* 0: as the firmware left it                        */
    uint32_t clock_hz;  /* 16 times the highest baud rate                    */
    uint8_t data_bits;  /* 5 .. 8                                            */
    uint8_t stop_bits;  /* 1, 2                                              */
    char parity;        /* n o e m s                                         */
    bool is_pci;        /* The first serial port on PCI                      */
    uint64_t base;      /* Port, or address when it is above 64 KiB          */
    uint32_t irq;       /* ISA line; 0: polled                               */
};

/*
 * Options com1= and com2=, as Xen's:
 *   <baud>[/<clock>][,[<dps>][,[<base>|pci][,<irq>]]], baud also "auto".
 * What is not given keeps its value in @cfg.  0, -EINVAL.  Pure.
 */
int __must_check uart_parse(const char *text, struct uart_config *cfg);

/* Boot: make com1 and com2 known as consoles; no hardware is touched. */
void uart_register(void);

/* Boot, before uart_register(): the option's text for com<index + 1>. */
int __must_check uart_set_option(unsigned int index, const char *text);

/* After the PCI scan: find the port that was to be on PCI. */
void uart_find_pci(void);

/*
 * When the machine's interrupts work: take input by interrupt from here on.
 * Returns false if an active port has none and must be polled
 * (console_start_polling()).
 */
bool uart_enable_interrupts(void);

/* Is @port, or the line @irq (ISA), one of an active serial console. */
bool uart_owns_port(uint16_t port);

#endif /* DRIVERS_SERIAL_UART16550_H */
