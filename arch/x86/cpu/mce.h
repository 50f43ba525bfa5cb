/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine-check architecture.
 */
#ifndef ARCH_X86_CPU_MCE_H
#define ARCH_X86_CPU_MCE_H

/* Switch on reporting on this CPU, if it has it. */
void mce_init_cpu(void);

/* Log and clear what the banks of this CPU hold.  Not from NMI or #MC. */
void mce_poll(void);

/* Boot: poll every CPU's banks now and then. */
void mce_start_polling(void);

#endif /* ARCH_X86_CPU_MCE_H */
