/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First C code of the boot processor.
 */
#include <stdint.h>

#include <arch/x86/cpu/early_console.h>
#include <core/kernel/cpu.h>

void boot_main(uint64_t info, uint64_t image, uint64_t tsc);

void boot_main(uint64_t info, uint64_t image, uint64_t tsc)
{
    (void)info;
    (void)image;
    (void)tsc;
    early_console_init();
    early_console_write("Hospes: 64-bit C\n", 17);
    for (;;) {
        asm volatile("hlt");
    }
}
