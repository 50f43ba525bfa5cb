/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dump of memory.
 */
#ifndef CORE_MM_MM_DUMP_H
#define CORE_MM_MM_DUMP_H

/* Debug key m. */
void mm_dump(void);

#endif /* CORE_MM_MM_DUMP_H */
