/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell's commands among themselves. A command gets its words, argv[0]
 * its own name, and the guest that the first of them names, if its usage
 * begins with GUEST; NULL: none was named. It prints what is wrong itself.
 */
#ifndef DOM0_SHELL_SHELL_PRIV_H
#define DOM0_SHELL_SHELL_PRIV_H

#include <dom0/shell/shell.h>

#define SHELL_WORDS_MAX 16u

typedef void shell_fn(struct dom *d, unsigned int argc, char **argv);

#define COMMAND(name, fn, args, usage, help) shell_fn fn;
#include <dom0/shell/shell_commands.def>
#undef COMMAND

extern struct config shell_config;

/* The name of any domain. */
const char *shell_name(domid_t domid);

/* What the hypervisor says of all domains; how many, or a line and 0. */
#define SHELL_DOMAINS_MAX 32u
unsigned int shell_domains(const struct xen_domctl_getdomaininfo **list);

/* A number, or a line and false. */
bool shell_number(const char *text, uint64_t *value);

/* From now on input goes to a guest's console, or ends what runs. */
void shell_attach(struct dom *d);
void shell_watch_keys(void (*fn)(void));

/* Whether a hypercall failed, as its result says; then a line about it. */
bool shell_failed(const char *what, long rc);

#endif
