/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options in force.
 */
#include <core/console/printk.h>
#include <core/kernel/param.h>
#include <core/lib/util.h>

struct param param RO_AFTER_INIT = {
#define PARAM_BOOL(field, name, def, help) .field = (def),
#define PARAM_UINT(field, name, def, help) .field = (def),
#define PARAM_SIZE(field, name, def, help) .field = (def),
#define PARAM_STR(field, name, def, help) .field = (def),
#define PARAM_MEM(field, name, help) .field = { .max = INT64_MAX },
#include <core/kernel/params.def>
};

static char param_store[PARAM_LINE_MAX] RO_AFTER_INIT;

static void INIT_TEXT param_report(const char *option, bool known)
{
    printk(LOG_WARN, "command line: %s option '%s', ignored\n",
           known ? "ill-formed" : "unknown", option);
}

void INIT_TEXT param_init(const char *line)
{
    param_parse(&param, line, param_store, param_report);
}

void param_bad(const char *name, const char *value)
{
    printk(LOG_WARN, "command line: ill-formed option '%s=%s', ignored\n",
           name, value);
}
