/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who we are, and which version of the ABI we speak.
 */
#ifndef CORE_KERNEL_VERSION_H
#define CORE_KERNEL_VERSION_H

#define VERSION_ABI_MAJOR 4u
#define VERSION_ABI_MINOR 17u
/* XENVER_extraversion: tells us apart from Xen. */
#define VERSION_EXTRA ".0-hospes"

struct version_info {
    const char *name;         /* "Hospes"                                    */
    const char *version;      /* Of our own                                  */
    const char *compiler;
    const char *compile_by;
    const char *compile_domain;
    const char *compile_date; /* Of the last commit: builds are reproducible */
    const char *changeset;
};

extern const struct version_info version_info;

/* The one line at the top of the log. */
void version_print(void);

#endif /* CORE_KERNEL_VERSION_H */
