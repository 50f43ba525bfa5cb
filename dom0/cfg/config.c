/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the file statement by statement. A statement that cannot be read is
 * reported and skipped to the end of its line; the next one is read as if
 * nothing had been. Chapter: xl.cfg(5), "Syntax".
 */
#include <dom0/cfg/config_priv.h>
#include <dom0/rt/rt.h>

#define REPORT_MAX 256u
#define KEY_MAX 32u

#define DEFAULT_MEMORY 128u

enum key_kind {
    KEY_NUMBER, KEY_TEXT, KEY_LIST, KEY_ACTION, KEY_FIXED, KEY_IGNORED,
};

struct key {
    const char *name;
    enum key_kind kind;
    size_t offset;              /* Of the field in struct config_guest.    */
    size_t size;                /* KEY_TEXT.                               */
    uint32_t least, most;       /* KEY_NUMBER.                             */
    const char *fixed;          /* KEY_FIXED.                              */
    void (*item)(struct config_reader *r, char *text);
};

#define FIELD_OF(field) offsetof(struct config_guest, field)
#define NUMBER(key, field, low, high)                                     \
    { .name = #key, .kind = KEY_NUMBER, .offset = FIELD_OF(field),        \
      .least = low, .most = high },
#define STRING(key, field)                                                \
    { .name = #key, .kind = KEY_TEXT, .offset = FIELD_OF(field),          \
      .size = sizeof(((struct config_guest *)0)->field) },
#define LIST(key, function)                                               \
    { .name = #key, .kind = KEY_LIST, .item = function },
#define ACTION(key, field)                                                \
    { .name = #key, .kind = KEY_ACTION, .offset = FIELD_OF(field) },
#define FIXED(key, value)                                                 \
    { .name = #key, .kind = KEY_FIXED, .fixed = value },
#define IGNORED(key) { .name = #key, .kind = KEY_IGNORED },

static const struct key config_keys[] = {
#include <dom0/cfg/config_keys.def>
};

struct value {
    bool is_number;
    uint64_t number;
    char text[CONFIG_VALUE_MAX];
};

void config_complain(struct config_reader *r, const char *fmt, ...)
{
    char text[REPORT_MAX];
    va_list args;
    int n = snprintf(text, sizeof(text), "%s:%u: ", r->file, r->line);

    va_start(args, fmt);
    if (n < (int)sizeof(text)) {
        vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, args);
    }
    va_end(args);
    r->report(r->ctx, text);
    r->findings++;
    if (r->guest != NULL) {
        r->guest->is_bad = true;
    }
}

/* --- characters --- */

static int config_peek(const struct config_reader *r)
{
    return r->p < r->end ? (unsigned char)*r->p : -1;
}

static int config_get(struct config_reader *r)
{
    const int c = config_peek(r);

    if (c >= 0) {
        r->p++;
        r->line += c == '\n';
    }
    return c;
}

/* To the end of the line. */
static void config_skip_line(struct config_reader *r)
{
    while (config_peek(r) >= 0 && config_peek(r) != '\n') {
        r->p++;
    }
}

/* Blanks and comments; with lines also line ends. */
static void config_skip(struct config_reader *r, bool lines)
{
    int c;

    while ((c = config_peek(r)) >= 0) {
        if (c == '#') {
            config_skip_line(r);
        } else if (c == ' ' || c == '\t' || c == '\r' ||
                   (lines && (c == '\n' || c == ';'))) {
            config_get(r);
        } else {
            return;
        }
    }
}

static bool config_is_word(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* --- values --- */

static bool config_string(struct config_reader *r, struct value *v)
{
    const int quote = config_get(r);
    const unsigned int line = r->line;
    size_t n = 0;
    int c;

    while ((c = config_get(r)) != quote) {
        if (c == '\\') {
            c = config_get(r);
        }
        if (c < 0 || c == '\n') {
            r->line = line;
            config_complain(r, "a string without its end: close it with %c",
                            quote);
            return false;
        }
        if (c == 0 || n + 1 >= sizeof(v->text)) {
            config_complain(r, "a string that is too long or has a zero "
                            "byte: at most %zu characters",
                            sizeof(v->text) - 1);
            return false;
        }
        v->text[n++] = (char)c;
    }
    v->text[n] = '\0';
    return true;
}

static bool config_number(struct config_reader *r, struct value *v)
{
    const char *end;
    size_t n = 0;

    while (config_is_word(config_peek(r)) && n + 1 < KEY_MAX) {
        v->text[n++] = (char)config_get(r);
    }
    v->text[n] = '\0';
    if (n == 0 || str_to_u64(v->text, 0, &v->number, &end) != 0 ||
        *end != '\0') {
        config_complain(r, "a value that is no number: strings need quotes, "
                        "lists [ ]");
        return false;
    }
    return true;
}

static bool config_is_quote(int c)
{
    return c == '"' || c == '\'';
}

static bool config_value(struct config_reader *r, struct value *v)
{
    v->is_number = !config_is_quote(config_peek(r));
    return v->is_number ? config_number(r, v) : config_string(r, v);
}

/* Each item goes to the key; NULL: the list is read and forgotten. */
static bool config_list(struct config_reader *r, const struct key *key)
{
    struct value v;

    config_get(r);
    for (;;) {
        config_skip(r, true);
        if (config_peek(r) == ']') {
            config_get(r);
            return true;
        }
        if (!config_is_quote(config_peek(r))) {
            config_complain(r, "a list with something that is no string: "
                            "write [ 'one', 'two' ]");
            return false;
        }
        if (!config_string(r, &v)) {
            return false;
        }
        if (key != NULL) {
            key->item(r, v.text);
        }
        config_skip(r, true);
        if (config_peek(r) == ',') {
            config_get(r);
        } else if (config_peek(r) != ']') {
            config_complain(r, "a list without its end: close it with ]");
            return false;
        }
    }
}

/* --- keys --- */

/* Whether a slip of the finger is between them: a letter too many, too few or
 * another one, or two that changed places. */
static bool config_is_slip(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    if (*a == '\0' || *b == '\0') {
        return strlen(a) + strlen(b) == 1;
    }
    return strcmp(a + 1, b) == 0 || strcmp(a, b + 1) == 0 ||
           strcmp(a + 1, b + 1) == 0 ||
           (a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0);
}

static void config_unknown(struct config_reader *r, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(config_keys); i++) {
        if (config_is_slip(name, config_keys[i].name)) {
            config_complain(r, "unknown key \"%s\": is \"%s\" meant?", name,
                            config_keys[i].name);
            return;
        }
    }
    config_complain(r, "unknown key \"%s\": take it out", name);
}

/* The next guest; false: there can be none. */
static bool config_begin(struct config_reader *r)
{
    struct config *const c = r->config;
    struct config_guest *g;

    r->guest = NULL;
    if (c->count == CONFIG_GUESTS_MAX) {
        config_complain(r, "more than %u guests: take some out",
                        CONFIG_GUESTS_MAX);
        return false;
    }
    g = mem_alloc(sizeof(*g));
    if (g == NULL) {
        config_complain(r, "no memory for another guest: give dom0 more");
        return false;
    }
    g->line = r->line;
    g->memory = DEFAULT_MEMORY;
    g->vcpus = 1;
    g->cpu_weight = CONFIG_WEIGHT;
    g->autostart = 1;
    g->on_reboot = CONFIG_RESTART;
    r->guest = g;
    c->guest[c->count++] = g;
    return true;
}

static void config_action(struct config_reader *r, const struct key *key,
                          const char *text)
{
    enum config_action *const field =
        (enum config_action *)((char *)r->guest + key->offset);

    if (strcmp(text, "destroy") == 0 || strcmp(text, "coredump-destroy") == 0) {
        *field = CONFIG_DESTROY;
    } else if (strcmp(text, "restart") == 0) {
        *field = CONFIG_RESTART;
    } else if (strcmp(text, "preserve") == 0) {
        *field = CONFIG_PRESERVE;
    } else {
        config_complain(r, "%s = \"%s\" is not known: destroy, restart and "
                        "preserve are", key->name, text);
    }
}

static void config_set(struct config_reader *r, const struct key *key,
                       const struct value *v)
{
    char *const field = (char *)r->guest + key->offset;

    /* Lists of CPUs may be numbers. */
    if (v->is_number != (key->kind == KEY_NUMBER) &&
        strcmp(key->name, "cpus") != 0) {
        config_complain(r, "%s wants a %s", key->name, key->kind == KEY_NUMBER
                        ? "number, without quotes" : "string, in quotes");
        return;
    }
    switch (key->kind) {
    case KEY_NUMBER:
        if (v->number < key->least || v->number > key->most) {
            config_complain(r, "%s = %lu is out of range: %u to %u",
                            key->name, (unsigned long)v->number, key->least,
                            key->most);
            return;
        }
        *(uint32_t *)field = (uint32_t)v->number;
        return;
    case KEY_TEXT:
        if (strlcpy(field, v->text, key->size) >= key->size) {
            config_complain(r, "%s is too long: at most %zu characters",
                            key->name, key->size - 1);
        }
        return;
    case KEY_ACTION:
        config_action(r, key, v->text);
        return;
    case KEY_FIXED:
        if (strcmp(v->text, key->fixed) != 0) {
            config_complain(r, "%s = \"%s\" does not work here: \"%s\" does",
                            key->name, v->text, key->fixed);
        }
        return;
    default:
        return;
    }
}

static const struct key *config_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(config_keys); i++) {
        if (strcmp(config_keys[i].name, name) == 0) {
            return &config_keys[i];
        }
    }
    return NULL;
}

/* Whether the key may have such a value here. */
static bool config_is_wanted(struct config_reader *r, const struct key *key,
                             bool is_list)
{
    if (r->guest == NULL && strcmp(key->name, "name") != 0) {
        config_complain(r, "%s comes before a name: begin each guest with "
                        "name = \"...\"", key->name);
        return false;
    }
    if (is_list != (key->kind == KEY_LIST)) {
        config_complain(r, is_list ? "%s wants no list: one value"
                        : "%s wants a list: write %s = [ '...' ]",
                        key->name, key->name);
        return false;
    }
    return true;
}

/* What is behind "name ="; false: it cannot be read. */
static bool config_assign(struct config_reader *r, const char *name)
{
    const struct key *key = config_find(name);
    const bool is_list = config_peek(r) == '[';
    struct value v;

    if (key == NULL) {
        config_unknown(r, name);
    } else if (key->kind == KEY_IGNORED ||
               !config_is_wanted(r, key, is_list)) {
        key = NULL;
    }
    if (is_list || !config_value(r, &v)) {
        return is_list && config_list(r, key);
    }
    if (key != NULL && (strcmp(name, "name") != 0 || config_begin(r))) {
        config_set(r, key, &v);
    }
    return true;
}

static void config_statement(struct config_reader *r)
{
    char name[KEY_MAX];
    size_t n = 0;

    while (config_is_word(config_peek(r)) && n + 1 < KEY_MAX) {
        name[n++] = (char)config_get(r);
    }
    name[n] = '\0';
    config_skip(r, false);
    if (n == 0 || config_get(r) != '=') {
        config_complain(r, "not a statement: write key = value");
        config_skip_line(r);
        return;
    }
    config_skip(r, false);
    if (config_assign(r, name)) {
        config_skip(r, false);
        if (config_peek(r) < 0 || config_peek(r) == '\n' ||
            config_peek(r) == ';') {
            return;
        }
        config_complain(r, "something behind the value of %s: one statement "
                        "a line", name);
    }
    config_skip_line(r);
}

/* --- a whole guest --- */

/* cmdline wins over root and extra, as for xl. */
static void config_join_cmdline(struct config_reader *r,
                                struct config_guest *g)
{
    if (g->cmdline[0] == '\0' &&
        snprintf(g->cmdline, sizeof(g->cmdline), "%s%s%s%s",
                 g->root[0] != '\0' ? "root=" : "", g->root,
                 g->root[0] != '\0' && g->extra[0] != '\0' ? " " : "",
                 g->extra) >= (int)sizeof(g->cmdline)) {
        config_complain(r, "root and extra are too long together");
    }
}

static void config_finish(struct config_reader *r, unsigned int index)
{
    struct config_guest *const g = r->config->guest[index];

    r->guest = g;
    r->line = g->line;
    config_join_cmdline(r, g);
    g->maxmem = max(g->maxmem, g->memory);
    g->maxvcpus = max(g->maxvcpus, g->vcpus);
    if (g->name[0] == '\0' || strchr(g->name, '/') != NULL) {
        config_complain(r, "a name that is empty or has a slash");
    }
    if (g->kernel[0] == '\0') {
        config_complain(r, "guest \"%s\" has no kernel: add kernel = "
                        "\"file\"", g->name);
    }
    for (unsigned int i = 0; i < index; i++) {
        if (strcmp(r->config->guest[i]->name, g->name) == 0) {
            config_complain(r, "a second guest \"%s\": names must differ",
                            g->name);
        }
    }
}

unsigned int config_parse(struct config *c, const char *file,
                          const char *text, size_t size,
                          config_report_fn *report, void *ctx)
{
    struct config_reader r = {
        .config = c, .file = file, .p = text, .end = text + size, .line = 1,
        .report = report, .ctx = ctx,
    };

    c->count = 0;
    for (;;) {
        config_skip(&r, true);
        if (config_peek(&r) < 0) {
            break;
        }
        config_statement(&r);
    }
    for (unsigned int i = 0; i < c->count; i++) {
        config_finish(&r, i);
    }
    return r.findings;
}

void config_free(struct config *c)
{
    while (c->count != 0) {
        mem_free(c->guest[--c->count]);
    }
}
