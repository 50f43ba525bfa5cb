/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that came with the control domain: a cpio archive ("newc"), as
 * `cpio -o -H newc` makes it. Pure.
 */
#ifndef DOM0_CFG_ARCHIVE_H
#define DOM0_CFG_ARCHIVE_H

#include <core/lib/types.h>

#define ARCHIVE_NAME_MAX 128u

struct archive_file {
    char name[ARCHIVE_NAME_MAX];
    const void *data;
    size_t size;
};

/* Whether it begins like one. */
bool archive_is(const void *data, size_t size);

/*
 * The file at *at, which moves behind it; *at is 0 to begin with. false: the
 * end. What does not make sense is the end as well, with *why if it is not
 * NULL. Folders and the like are skipped, a leading "./" is cut off.
 */
bool archive_next(const void *data, size_t size, size_t *at,
                  struct archive_file *file, const char **why);

/* The file of this name; false: none, with *why as above. */
bool archive_find(const void *data, size_t size, const char *name,
                  struct archive_file *file, const char **why);

#endif
