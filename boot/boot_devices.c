/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that start the few devices which the hypervisor drives itself:
 * consoles, interrupt controllers, PCI.
 */
#include <boot/boot_info.h>
#include <boot/boot_steps.h>
#include <core/console/console.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/param.h>
#include <core/kernel/shutdown.h>
#include <core/lib/errno.h>
#include <core/trace/trace.h>
#include <drivers/acpi/acpi.h>
#include <drivers/acpi/acpi_power.h>
#include <drivers/irq/ioapic.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/pci.h>
#include <drivers/pci/pci_cfg.h>
#include <drivers/serial/uart16550.h>
#include <drivers/video/efifb.h>
#include <drivers/video/vga_text.h>

#define VGA_TEXT_ADDR 0xb8000u
#define VGA_TEXT_COLUMNS 80u
#define VGA_TEXT_ROWS 25u

static void INIT_TEXT boot_video_register(void)
{
    const struct boot_framebuffer *fb = &boot_info.fb;

    if (fb->is_present && !fb->is_text) {
        efifb_register(&(struct efifb_mode){
            .addr = fb->addr,
            .pitch = fb->pitch,
            .width = fb->width,
            .height = fb->height,
            .bits = fb->bits,
            .red_pos = fb->red_pos,
            .red_size = fb->red_size,
            .green_pos = fb->green_pos,
            .green_size = fb->green_size,
            .blue_pos = fb->blue_pos,
            .blue_size = fb->blue_size,
        });
    } else if (fb->is_present) {
        vga_text_register(fb->addr, fb->width, fb->height);
    } else if (!boot_info.is_efi) {
        vga_text_register(VGA_TEXT_ADDR, VGA_TEXT_COLUMNS, VGA_TEXT_ROWS);
    }
}

void INIT_TEXT boot_console_init(void)
{
    if (*param.com1 && uart_set_option(0, param.com1)) {
        param_bad("com1", param.com1);
    }
    if (*param.com2 && uart_set_option(1, param.com2)) {
        param_bad("com2", param.com2);
    }
    uart_register();
    boot_video_register();
    console_to_ring = param.console_to_ring;
    console_select(param.console);
    if (con_in_set_switch(param.conswitch)) {
        param_bad("conswitch", param.conswitch);
    }
}

void INIT_TEXT boot_irq_init(void)
{
    irq_init();
    if (ioapic_init(&acpi_madt)) {
        panic("no usable I/O APIC\n");
    }
}

void INIT_TEXT boot_irq_cpus(void)
{
    for (unsigned int i = 0; i < cpu_count; i++) {
        if (irq_cpu_init(i)) {
            panic("no memory for the interrupt vectors of CPU %u\n", i);
        }
    }
}

void INIT_TEXT boot_pci_init(void)
{
    pci_cfg_init(&acpi_mcfg);
    pci_scan();
    uart_find_pci();
    acpi_power_init();
    shutdown_noreboot = param.noreboot;
    shutdown_register(SHUTDOWN_KIND_REBOOT, acpi_power_reset);
    if (acpi_power_can_off()) {
        shutdown_register(SHUTDOWN_KIND_POWEROFF, acpi_power_off);
    }
}

void INIT_TEXT boot_trace_init(void)
{
    int rc = -ERESTART;

    if (param.tbuf_size == 0) {
        return;
    }
    while (param.tbuf_size <= UINT16_MAX && rc == -ERESTART) {
        rc = trace_alloc((unsigned int)param.tbuf_size);
    }
    trace_set_mask((uint32_t)param.tevt_mask);
    if (rc) {
        printk(LOG_WARN, "no event trace: tbuf_size is too large, or this is "
               "a build without it\n");
    }
}

void INIT_TEXT boot_console_input(void)
{
    if (!uart_enable_interrupts()) {
        console_start_polling();
    }
}
