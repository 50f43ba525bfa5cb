/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug keys, from the console (three times Ctrl-a) or sysctl debug_keys.
 * The table is keys.def; a handler runs at a loop head with no lock held and
 * prints with printk_raw().
 */
#ifndef CORE_KERNEL_KEYHANDLER_H
#define CORE_KERNEL_KEYHANDLER_H

/* Do what the key stands for; unknown keys print a hint.  Loop head. */
void keyhandler_run(char key);

#endif /* CORE_KERNEL_KEYHANDLER_H */
