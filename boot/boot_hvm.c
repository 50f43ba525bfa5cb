/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps that switch virtualisation on, on each CPU.
 */
#include <arch/x86/hvm/hvm_run.h>
#include <boot/boot_steps.h>
#include <core/kernel/bug.h>

void INIT_TEXT boot_hvm_init(void)
{
    if (hvm_cpu_init()) {
        panic("this machine cannot run guests; the reason stands above\n");
    }
}

bool boot_hvm_init_cpu(void)
{
    return hvm_cpu_init() == 0;
}
