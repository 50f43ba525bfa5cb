/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output before the console drivers are there, and of the last resort: COM1
 * polled, and port 0xe9 where an emulator listens on it.
 */
#ifndef ARCH_X86_CPU_EARLY_CONSOLE_H
#define ARCH_X86_CPU_EARLY_CONSOLE_H

#include <stddef.h>

/* Program COM1 to 115200 8n1 if there is a UART, and look for port 0xe9. */
void early_console_init(void);

/* Write @len bytes; newlines become CR LF.  Any context, no lock. */
void early_console_write(const char *s, size_t len);

#endif /* ARCH_X86_CPU_EARLY_CONSOLE_H */
