/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of the parser share: the reading of a statement, and
 * the meaning of values.
 */
#ifndef DOM0_CFG_CONFIG_PRIV_H
#define DOM0_CFG_CONFIG_PRIV_H

#include <dom0/cfg/config.h>

#define CONFIG_VALUE_MAX 1024u

struct config_reader {
    struct config *config;
    struct config_guest *guest;     /* The one whose keys come; or NULL.   */
    const char *file;
    const char *p;
    const char *end;
    unsigned int line;
    unsigned int findings;
    config_report_fn *report;
    void *ctx;
};

/* Reports at the current line and marks the guest. */
void config_complain(struct config_reader *r, const char *fmt, ...)
    __printf_like(2, 3);

/* One item of disk = [...] or vif = [...]; text may be changed. */
void config_disk(struct config_reader *r, char *text);
void config_vif(struct config_reader *r, char *text);

#endif
