/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial consoles.
 *
 * Output is written to the transmit FIFO, sixteen bytes for each look at the
 * line status; a port that stays busy for long loses characters rather than
 * stop the machine.  Input comes by interrupt, or by console_poll().  While
 * output waits for room, with interrupts off, it takes what comes in out of
 * the receive FIFO, which would overflow within a line of text.
 *
 * Locking: the console's lock around output and getc(); rx_lock around the
 * receive register and what was taken from it.
 * Manual: PC16550D data sheet.
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/console.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/sync/barrier.h>
#include <drivers/acpi/acpi_madt.h>
#include <drivers/irq/ioapic.h>
#include <drivers/pci/pci.h>
#include <drivers/serial/uart16550.h>
#include <drivers/serial/uart_regs.h>

/* Looks at the status before a character is given up: some 100 ms. */
#define SPIN_MAX 100000u
#define RX_BYTES 64u
#define PCI_CLASS_SERIAL 0x0700u
#define SCRATCH_TEST 0x5au

struct uart {
    struct uart_config cfg;
    void *mmio;               /* NULL: ports                                 */
    unsigned int room;        /* [console lock] left in the transmit FIFO    */
    bool is_stuck;            /* [console lock] does not send                */
    bool has_irq;
    struct spinlock rx_lock;
    char rx[RX_BYTES];        /* [rx_lock] taken during output               */
    unsigned int rx_prod;     /* [rx_lock]                                   */
    unsigned int rx_cons;     /* [rx_lock]                                   */
    struct console con;
};

static int uart_init(struct console *con);
static void uart_putc(struct console *con, char c);
static int uart_getc(struct console *con);

static const struct console_ops uart_ops = {
    .init = uart_init,
    .putc = uart_putc,
    .getc = uart_getc,
};

#define UART(nr, con_name, port, line)                                   \
    [nr] = {                                                             \
        .cfg = {                                                         \
            .baud = 115200,                                              \
            .clock_hz = UART_STANDARD_CLOCK_HZ,                          \
            .data_bits = 8,                                              \
            .stop_bits = 1,                                              \
            .parity = 'n',                                               \
            .base = (port),                                              \
            .irq = (line),                                               \
        },                                                               \
        .rx_lock = SPINLOCK_INIT(LEAF),                                  \
        .con = { .name = (con_name), .ops = &uart_ops,                   \
                 .data = &uarts[nr] },                                   \
    }

static struct uart uarts[UART_COUNT] = {
    UART(0, "com1", 0x3f8, 4),
    UART(1, "com2", 0x2f8, 3),
};

static uint8_t uart_read(const struct uart *u, enum uart_reg reg)
{
    return u->mmio ? arch_mmio_read8((char *)u->mmio + reg)
                   : arch_io_in8((uint16_t)(u->cfg.base + reg));
}

static void uart_write(const struct uart *u, enum uart_reg reg, uint32_t val)
{
    if (u->mmio) {
        arch_mmio_write8((char *)u->mmio + reg, (uint8_t)val);
    } else {
        arch_io_out8((uint16_t)(u->cfg.base + reg), (uint8_t)val);
    }
}

static uint32_t line_control(const struct uart_config *cfg)
{
    enum uart_parity parity = UART_PARITY_NONE;

    switch (cfg->parity) {
    case 'o': parity = UART_PARITY_ODD; break;
    case 'e': parity = UART_PARITY_EVEN; break;
    case 'm': parity = UART_PARITY_MARK; break;
    case 's': parity = UART_PARITY_SPACE; break;
    default: break;
    }
    return (uint32_t)field_prep(UART_LCR_BITS, cfg->data_bits - 5u) |
           (cfg->stop_bits == 2 ? UART_LCR_STOP2 : 0) |
           (uint32_t)field_prep(UART_LCR_PARITY, parity);
}

static int uart_init(struct console *con)
{
    struct uart *const u = con->data;
    const uint32_t lcr = line_control(&u->cfg);

    if (u->cfg.is_pci) {
        return -ENODEV;
    }
    if (u->cfg.base > UINT16_MAX && !u->mmio) {
        u->mmio = arch_mm_ioremap(u->cfg.base, UART_PORTS);
        if (!u->mmio) {
            return -ENOMEM;
        }
    }
    uart_write(u, UART_SCR, SCRATCH_TEST);
    if (uart_read(u, UART_SCR) != SCRATCH_TEST) {
        return -ENODEV;
    }
    uart_write(u, UART_IER, 0);
    if (u->cfg.baud) {
        const uint32_t divisor = max(u->cfg.clock_hz / 16 / u->cfg.baud, 1u);

        uart_write(u, UART_LCR, lcr | UART_LCR_DLAB);
        uart_write(u, UART_DLL, divisor & 0xff);
        uart_write(u, UART_DLM, divisor >> 8);
    }
    uart_write(u, UART_LCR, lcr);
    uart_write(u, UART_FCR, UART_FCR_ENABLE);
    uart_write(u, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
    u->room = 0;
    return 0;
}

/* Is there a character, by this line status?  All ones: no device. */
static bool has_char(uint8_t lsr)
{
    return (lsr & UART_LSR_DR) && lsr != 0xff;
}

/*
 * Keep what came in for the interrupt handler: its first character has raised
 * the line.  Who reads already, or is interrupted by a panic, has the lock.
 */
static void take_in(struct uart *u)
{
    if (!u->has_irq || !spin_trylock(&u->rx_lock)) {
        return;
    }
    while (u->rx_prod - u->rx_cons < RX_BYTES &&
           has_char(uart_read(u, UART_LSR))) {
        u->rx[u->rx_prod++ % RX_BYTES] = (char)uart_read(u, UART_RBR);
    }
    spin_unlock(&u->rx_lock);
}

static void wait_for_room(struct uart *u)
{
    unsigned int tries = u->is_stuck ? 1 : SPIN_MAX;

    while (tries-- > 0) {
        const uint8_t lsr = uart_read(u, UART_LSR);

        if (has_char(lsr)) {
            take_in(u);
        }
        if (lsr & UART_LSR_THRE) {
            u->room = UART_FIFO_BYTES;
            u->is_stuck = false;
            return;
        }
        cpu_relax();
    }
    u->is_stuck = true;
}

static void send(struct uart *u, char c)
{
    if (u->room == 0) {
        wait_for_room(u);
    }
    if (u->room > 0) {
        u->room--;
        uart_write(u, UART_THR, (uint8_t)c);
    }
}

static void uart_putc(struct console *con, char c)
{
    if (c == '\n') {
        send(con->data, '\r');
    }
    send(con->data, c);
}

static int uart_getc(struct console *con)
{
    struct uart *const u = con->data;
    int c = -1;

    spin_lock(&u->rx_lock);
    if (u->rx_cons != u->rx_prod) {
        c = (uint8_t)u->rx[u->rx_cons++ % RX_BYTES];
    } else if (has_char(uart_read(u, UART_LSR))) {
        c = uart_read(u, UART_RBR);
    }
    spin_unlock(&u->rx_lock);
    return c;
}

static enum irq_result uart_interrupt(void *arg)
{
    struct uart *const u = arg;
    int c;

    while ((c = uart_getc(&u->con)) >= 0) {
        con_in_char((char)c);
    }
    uart_read(u, UART_IIR);
    return IRQ_DONE;
}

int uart_set_option(unsigned int index, const char *text)
{
    return index < UART_COUNT ? uart_parse(text, &uarts[index].cfg)
                              : -EINVAL;
}

void uart_register(void)
{
    for (unsigned int i = 0; i < UART_COUNT; i++) {
        /* The early console has been on the first port. */
        uarts[i].con.has_seen = i == 0 && uarts[i].cfg.base == 0x3f8;
        console_register(&uarts[i].con);
    }
}

static bool use_pci_device(struct uart *u, struct pci_dev *dev)
{
    for (unsigned int i = 0; i < dev->bar_count; i++) {
        const struct pci_region *const r = &dev->region[i];
        const bool is_port = r->kind == PCI_REGION_IO;

        if (!r->size || !r->addr ||
            (!is_port && r->kind != PCI_REGION_MEM32 &&
             r->kind != PCI_REGION_MEM64)) {
            continue;
        }
        pci_cfg_write(dev->sbdf, PCI_COMMAND, 2,
                      pci_cfg_read(dev->sbdf, PCI_COMMAND, 2) |
                          (is_port ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY));
        u->cfg.base = r->addr;
        u->cfg.is_pci = false;
        u->cfg.irq = 0;
        pci_hide(dev->sbdf);
        pr_info("%s is the serial port " PCI_FMT "\n", u->con.name,
                PCI_ARG(dev->sbdf));
        return true;
    }
    return false;
}

void uart_find_pci(void)
{
    for (unsigned int i = 0; i < UART_COUNT; i++) {
        struct uart *const u = &uarts[i];
        struct pci_dev *dev;

        if (!u->cfg.is_pci) {
            continue;
        }
        list_for_each_entry (dev, &pci_devices, link) {
            if (dev->class_code >> 8 == PCI_CLASS_SERIAL &&
                !dev->is_hidden && use_pci_device(u, dev)) {
                console_retry(&u->con);
                break;
            }
        }
        if (u->cfg.is_pci) {
            pr_warn("%s=...,pci: there is no serial port on PCI\n",
                    u->con.name);
        }
    }
}

bool uart_enable_interrupts(void)
{
    bool all = true;

    for (unsigned int i = 0; i < UART_COUNT; i++) {
        struct uart *const u = &uarts[i];
        struct irq *irq;
        uint16_t flags;

        if (!u->con.is_active || u->has_irq) {
            continue;
        }
        irq = u->cfg.irq
                  ? ioapic_irq(acpi_madt_isa_gsi(&acpi_madt, u->cfg.irq,
                                                 &flags))
                  : NULL;
        if (!irq || irq_request(irq, u->con.name, uart_interrupt, u, 0)) {
            all = false;
            continue;
        }
        u->has_irq = true;
        uart_write(u, UART_IER, UART_IER_RX);
        irq_unmask(irq);
    }
    return all;
}

bool uart_owns_port(uint16_t port)
{
    for (unsigned int i = 0; i < UART_COUNT; i++) {
        const struct uart *const u = &uarts[i];

        if (u->con.is_active && !u->mmio && port >= u->cfg.base &&
            port < u->cfg.base + UART_PORTS) {
            return true;
        }
    }
    return false;
}
