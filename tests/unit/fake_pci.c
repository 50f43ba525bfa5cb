/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI, console and clock for the control domain's drivers on the host.
 */
#include <string.h>

#include <dom0/rt/con.h>
#include <dom0/rt/loop.h>
#include <tests/unit/fake_pci.h>

uint32_t fake_pci_config[64];
uint8_t fake_pci_bar[FAKE_PCI_BAR_BYTES] __attribute__((aligned(4096)));
const char *fake_pci_stopped;
void (*fake_pci_tick)(void);

static struct loop_work *message;
static nsec_t now;

void fake_pci_reset(void)
{
    memset(fake_pci_config, 0, sizeof(fake_pci_config));
    memset(fake_pci_bar, 0, sizeof(fake_pci_bar));
    fake_pci_stopped = NULL;
    fake_pci_tick = NULL;
    message = NULL;
}

void fake_pci_interrupt(void)
{
    if (message) {
        message->fn(message);
    }
}

uint32_t pci_read(const struct pci_dev *pci, unsigned int reg)
{
    return fake_pci_config[reg / 4 % 64];
}

uint8_t pci_cap(const struct pci_dev *pci, uint8_t kind, uint8_t after)
{
    uint8_t at = (uint8_t)(after ? pci_read(pci, after) >> 8
                                 : pci_read(pci, 0x34));

    while (at && (uint8_t)pci_read(pci, at) != kind) {
        at = (uint8_t)(pci_read(pci, at) >> 8);
    }
    return at;
}

void *pci_map(const struct pci_dev *pci, unsigned int bar, uint64_t offset,
              uint64_t size)
{
    if (fake_pci_tick) {
        fake_pci_tick();
    }
    return (bar != 0 && bar != 5) || offset > FAKE_PCI_BAR_BYTES ||
           size > FAKE_PCI_BAR_BYTES - offset ? NULL : fake_pci_bar + offset;
}

bool pci_start(const struct pci_dev *pci, struct loop_work *work, loop_fn *fn)
{
    message = work;
    loop_work_init(work, fn);
    return true;
}

void pci_stop(const struct pci_dev *pci, const char *why)
{
    fake_pci_stopped = why;
}

nsec_t loop_now(void)
{
    if (fake_pci_tick) {
        fake_pci_tick();
    }
    return now += NSEC_PER_MSEC;
}

void con_printf(const char *fmt, ...)
{
}
