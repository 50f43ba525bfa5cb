/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parser of the command line.  Pure: no lock, no output, no global state.
 */
#include <core/kernel/param.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

enum param_type {
    PARAM_TYPE_BOOL,
    PARAM_TYPE_UINT,
    PARAM_TYPE_SIZE,
    PARAM_TYPE_STR,
    PARAM_TYPE_MEM
};

static const struct {
    const char *name;
    enum param_type type;
    size_t offset;
} rows[] = {
#define ROW(kind, field, text)                                               \
    { .name = (text),                                                        \
      .type = PARAM_TYPE_##kind,                                             \
      .offset = offsetof(struct param, field) },
#define PARAM_BOOL(field, name, def, help) ROW(BOOL, field, name)
#define PARAM_UINT(field, name, def, help) ROW(UINT, field, name)
#define PARAM_SIZE(field, name, def, help) ROW(SIZE, field, name)
#define PARAM_STR(field, name, def, help) ROW(STR, field, name)
#define PARAM_MEM(field, name, help) ROW(MEM, field, name)
#include <core/kernel/params.def>
#undef PARAM_BOOL
#undef PARAM_UINT
#undef PARAM_SIZE
#undef PARAM_STR
#undef PARAM_MEM
};

static int param_set_bool(bool *to, const char *value)
{
    static const char *const yes[] = { "1", "yes", "on", "true", "enable" };
    static const char *const no[] = { "0", "no", "off", "false", "disable" };

    if (!value) {
        *to = true;
        return 0;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++) {
        if (!strcmp(value, yes[i])) {
            *to = true;
            return 0;
        }
        if (!strcmp(value, no[i])) {
            *to = false;
            return 0;
        }
    }
    return -EINVAL;
}

static int param_set_uint(uint64_t *to, const char *value, bool is_size)
{
    const char *end;
    uint64_t n;

    if (!value || (is_size ? str_to_size(value, &n, &end)
                           : str_to_u64(value, 0, &n, &end)) ||
        *end) {
        return -EINVAL;
    }
    *to = n;
    return 0;
}

/* One size with sign; *@text moves behind it. */
static int param_get_signed(const char **text, int64_t *to)
{
    const bool is_negative = **text == '-';
    uint64_t n;

    if (is_negative) {
        (*text)++;
    }
    if (str_to_size(*text, &n, text) || n > INT64_MAX) {
        return -EINVAL;
    }
    *to = is_negative ? -(int64_t)n : (int64_t)n;
    return 0;
}

static int param_set_mem(struct param_mem *to, const char *value)
{
    struct param_mem m = { .is_set = true, .max = INT64_MAX };

    if (!value) {
        return -EINVAL;
    }
    for (;;) {
        int64_t *field = &m.size;

        if (str_starts_with(value, "min:")) {
            field = &m.min;
            value += 4;
        } else if (str_starts_with(value, "max:")) {
            field = &m.max;
            value += 4;
        }
        if (param_get_signed(&value, field)) {
            return -EINVAL;
        }
        if (*value == '\0') {
            *to = m;
            return 0;
        }
        if (*value++ != ',') {
            return -EINVAL;
        }
    }
}

static int param_set(struct param *p, unsigned int row, const char *value)
{
    char *field = (char *)p + rows[row].offset;

    switch (rows[row].type) {
    case PARAM_TYPE_BOOL:
        return param_set_bool((bool *)field, value);
    case PARAM_TYPE_UINT:
        return param_set_uint((uint64_t *)field, value, false);
    case PARAM_TYPE_SIZE:
        return param_set_uint((uint64_t *)field, value, true);
    case PARAM_TYPE_STR:
        if (!value) {
            return -EINVAL;
        }
        *(const char **)field = value;
        return 0;
    case PARAM_TYPE_MEM:
        return param_set_mem((struct param_mem *)field, value);
    }
    return -EINVAL;
}

static bool param_name_is(const char *name, const char *option, size_t len)
{
    return !strncmp(name, option, len) && name[len] == '\0';
}

/* The row of the @len characters at @option, or the number of rows. */
static unsigned int param_find(const char *option, size_t len)
{
    unsigned int i = 0;

    while (i < ARRAY_SIZE(rows) && !param_name_is(rows[i].name, option, len)) {
        i++;
    }
    return i;
}

static void param_option(struct param *p, const char *option,
                         param_report_fn *report)
{
    const char *eq = strchr(option, '=');
    const size_t len = eq ? (size_t)(eq - option) : strlen(option);
    unsigned int row = param_find(option, len);

    if (row == ARRAY_SIZE(rows) && !eq && str_starts_with(option, "no-")) {
        row = param_find(option + 3, len - 3);
        if (row < ARRAY_SIZE(rows) && rows[row].type == PARAM_TYPE_BOOL) {
            *(bool *)((char *)p + rows[row].offset) = false;
            return;
        }
        row = ARRAY_SIZE(rows);
    }
    if (row == ARRAY_SIZE(rows)) {
        report(option, false);
    } else if (param_set(p, row, eq ? eq + 1 : NULL)) {
        report(option, true);
    }
}

void param_parse(struct param *p, const char *line, char *store,
                 param_report_fn *report)
{
    char *at = store;

    if (strlcpy(store, line, PARAM_LINE_MAX) >= PARAM_LINE_MAX) {
        report("(end of the line cut off)", true);
    }
    while (*at) {
        char *end = at;

        while (*end && *end != ' ' && *end != '\t') {
            end++;
        }
        const bool is_last = *end == '\0';

        *end = '\0';
        if (end != at) {
            param_option(p, at, report);
        }
        if (is_last) {
            break;
        }
        at = end + 1;
    }
}
