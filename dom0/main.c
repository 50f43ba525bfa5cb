/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain: the order in which its parts start.
 */
#include <dom0/dom/dom.h>
#include <dom0/drv/pci.h>
#include <dom0/rt/rt.h>
#include <dom0/rt/trap.h>
#include <dom0/shell/shell.h>

void main_start(uint32_t start_info) __noreturn;

void main_start(uint32_t start_info)
{
    hypercall_init();
    mem_init(start_info);
    trap_init();
    evtchn_init();
    loop_init();
    con_printf("dom0: %lu MiB of memory, %lu us since boot\n",
               mem_pages_left() >> 8, loop_now() / NSEC_PER_USEC);
    pci_init();
    dom_init();
    shell_start();
    loop_run();
}
