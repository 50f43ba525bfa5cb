/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of the command line, read once at boot and constant after.  A
 * new option is a row in params.def.
 */
#ifndef CORE_KERNEL_PARAM_H
#define CORE_KERNEL_PARAM_H

#include <core/lib/types.h>

#define PARAM_LINE_MAX 2048u

/* Sizes in bytes; a negative one counts from all there is. */
struct param_mem {
    bool is_set;
    int64_t size; /* 0: not given */
    int64_t min;  /* 0: not given */
    int64_t max;  /* INT64_MAX: not given */
};

struct param {
#define PARAM_BOOL(field, name, def, help) bool field;
#define PARAM_UINT(field, name, def, help) uint64_t field;
#define PARAM_SIZE(field, name, def, help) uint64_t field;
#define PARAM_STR(field, name, def, help) const char *field;
#define PARAM_MEM(field, name, help) struct param_mem field;
#include <core/kernel/params.def>
#undef PARAM_BOOL
#undef PARAM_UINT
#undef PARAM_SIZE
#undef PARAM_STR
#undef PARAM_MEM
};

/* Defaults until param_parse(). */
extern struct param param;

/* Called for each option that is unknown (@known false) or ill-formed. */
typedef void param_report_fn(const char *option, bool known);

/*
 * Set @p from @line, options separated by spaces.  Copies the line to @store
 * (PARAM_LINE_MAX bytes), to which strings in @p will point.  A bad option
 * is reported and changes nothing; what is too long is cut and reported.
 * Pure.
 */
void param_parse(struct param *p, const char *line, char *store,
                 param_report_fn *report);

/* Boot: set the above from @line and log what is wrong with it. */
void param_init(const char *line);

/* An option turned out to be wrong where it is used: say so in the log. */
void param_bad(const char *name, const char *value);

#endif /* CORE_KERNEL_PARAM_H */
