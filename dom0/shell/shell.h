/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell on the control domain's console.
 */
#ifndef DOM0_SHELL_SHELL_H
#define DOM0_SHELL_SHELL_H

#include <dom0/dom/dom.h>

/* Reads the configuration, starts its guests, shows the prompt. */
void shell_start(void);

#endif
