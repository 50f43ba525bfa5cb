/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of the 16550.  Manual: PC16550D data sheet, "Registers".
 */
#ifndef DRIVERS_SERIAL_UART_REGS_H
#define DRIVERS_SERIAL_UART_REGS_H

#include <core/lib/bits.h>

enum uart_reg {
    UART_RBR = 0, /* Read: received                                          */
    UART_THR = 0, /* Write: to transmit                                      */
    UART_DLL = 0, /* With DLAB: divisor, low                                 */
    UART_IER = 1, /* Interrupt enable                                        */
    UART_DLM = 1, /* With DLAB: divisor, high                                */
    UART_IIR = 2, /* Read: interrupt identification                          */
    UART_FCR = 2, /* Write: FIFO control                                     */
    UART_LCR = 3, /* Line control                                            */
    UART_MCR = 4, /* Modem control                                           */
    UART_LSR = 5, /* Line status                                             */
    UART_SCR = 7, /* Scratch                                                 */
};

#define UART_PORTS 8u

#define UART_IER_RX BIT32(0)
#define UART_IIR_NONE BIT32(0)      /* Nothing is pending                    */
#define UART_FCR_ENABLE BIT32(0)
#define UART_FCR_CLEAR_RX BIT32(1)
#define UART_FCR_CLEAR_TX BIT32(2)
#define UART_LCR_BITS GENMASK32(1, 0) /* Data bits less 5                    */
#define UART_LCR_STOP2 BIT32(2)
#define UART_LCR_PARITY GENMASK32(5, 3)
#define UART_LCR_DLAB BIT32(7)
#define UART_MCR_DTR BIT32(0)
#define UART_MCR_RTS BIT32(1)
#define UART_MCR_OUT2 BIT32(3)      /* Lets the interrupt out                */
#define UART_LSR_DR BIT32(0)        /* Data ready                            */
#define UART_LSR_THRE BIT32(5)      /* Transmitter (FIFO) empty              */

/* Values of UART_LCR_PARITY. */
enum uart_parity {
    UART_PARITY_NONE = 0,
    UART_PARITY_ODD = 1,
    UART_PARITY_EVEN = 3,
    UART_PARITY_MARK = 5,
    UART_PARITY_SPACE = 7,
};

#define UART_FIFO_BYTES 16u
#define UART_STANDARD_CLOCK_HZ 1843200u

#endif /* DRIVERS_SERIAL_UART_REGS_H */
