/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell: who gets the keys, and which command a line is.
 */
#include <dom0/cfg/config.h>
#include <dom0/rt/rt.h>
#include <dom0/shell/line.h>
#include <dom0/shell/shell_priv.h>

#define PROMPT "hospes> "
#define KEY_LEAVE 0x1d          /* Ctrl-], as xl console has it. */
#define SCROLL_LINES 20u

struct shell_command {
    const char *name;
    shell_fn *fn;
    unsigned int args;
    const char *usage;
    const char *help;
};

#define COMMAND(name, fn, args, usage, help) { name, fn, args, usage, help },
static const struct shell_command shell_commands[] = {
#include <dom0/shell/shell_commands.def>
};
#undef COMMAND

struct config shell_config;

static struct line shell_line;
static struct dom *shell_console;       /* Who gets the keys; NULL: we. */
static void (*shell_any_key)(void);     /* Set: the next key ends it. */
static bool shell_is_busy = true;       /* A command runs, or we start. */

bool shell_failed(const char *what, long rc)
{
    if (rc < 0) {
        con_printf("%s: the hypervisor says no (error %ld)\n", what, rc);
    }
    return rc < 0;
}

const char *shell_name(domid_t domid)
{
    const struct dom *const d = dom_by_id(domid);

    return domid == 0 ? "Domain-0" : d != NULL ? d->config.name : "(unknown)";
}

unsigned int shell_domains(const struct xen_domctl_getdomaininfo **list)
{
    static struct xen_domctl_getdomaininfo info[SHELL_DOMAINS_MAX];
    const long count = dom_list_info(0, info, SHELL_DOMAINS_MAX);

    *list = info;
    return shell_failed("the list of domains", count)
        ? 0 : (unsigned int)count;
}

bool shell_number(const char *text, uint64_t *value)
{
    if (str_to_u64(text, 0, value, NULL) != 0) {
        con_printf("\"%s\" is no number\n", text);
        return false;
    }
    return true;
}

void cmd_help(struct dom *d, unsigned int argc, char **argv)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(shell_commands); i++) {
        const struct shell_command *const c = &shell_commands[i];

        con_printf(" %-12s %-22s %s\n", c->name, c->usage, c->help);
    }
}

/* --- keys --- */

void shell_attach(struct dom *d)
{
    con_printf("Ctrl-] leaves the console of %s\n", d->config.name);
    shell_console = d;
    vcon_attach(&d->console, con_write, SCROLL_LINES);
}

static void shell_leave(void)
{
    vcon_attach(&shell_console->console, NULL, 0);
    shell_console = NULL;
    con_write("\n", 1);
    line_redraw(&shell_line);
}

void shell_watch_keys(void (*fn)(void))
{
    shell_any_key = fn;
}

static void shell_gone(struct dom *d)
{
    if (d == shell_console) {
        shell_leave();
    }
}

/* Not while a command runs: its end shows the prompt. */
static void shell_said(void)
{
    if (shell_console == NULL && shell_any_key == NULL && !shell_is_busy) {
        line_redraw(&shell_line);
    }
}

static void shell_input(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (shell_console != NULL) {
            if (text[i] == KEY_LEAVE) {
                shell_leave();
            } else {
                dom_console_type(shell_console, text + i, 1);
            }
        } else if (shell_any_key != NULL) {
            void (*const fn)(void) = shell_any_key;

            shell_any_key = NULL;
            fn();
            line_redraw(&shell_line);
        } else {
            line_key(&shell_line, text[i]);
        }
    }
}

/* --- lines --- */

static unsigned int shell_split(char *text, char **argv)
{
    unsigned int argc = 0;
    char *word;

    while (argc < SHELL_WORDS_MAX && (word = text_field(&text, ' ')) != NULL) {
        argv[argc] = word;
        argc += *word != '\0';
    }
    return argc;
}

/* Runs the command, for the guest that its first argument names. */
static void shell_call(const struct shell_command *c, unsigned int argc,
                       char **argv)
{
    const bool has_guest =
        argc > 1 && str_starts_with(c->usage + (c->usage[0] == '['), "GUEST");
    struct dom *const d = has_guest ? dom_find(argv[1]) : NULL;

    if (argc - 1 < c->args) {
        con_printf("usage: %s %s\n", c->name, c->usage);
    } else if (has_guest && d == NULL) {
        con_printf("%s is not running: \"list\" shows who is\n", argv[1]);
    } else {
        shell_is_busy = true;
        c->fn(d, argc, argv);
        shell_is_busy = false;
    }
}

static void shell_run(char *text)
{
    char *argv[SHELL_WORDS_MAX];
    const unsigned int argc = shell_split(text, argv);
    const struct shell_command *c = shell_commands;
    const struct shell_command *const end = c + ARRAY_SIZE(shell_commands);

    while (argc != 0 && c < end && strcmp(c->name, argv[0]) != 0) {
        c++;
    }
    if (c == end) {
        con_printf("%s: no such command: \"help\" lists them\n", argv[0]);
    } else if (argc != 0) {
        shell_call(c, argc, argv);
    }
    if (shell_console == NULL && shell_any_key == NULL) {
        line_redraw(&shell_line);
    }
}

/* Commands first, then guests: those that run, or could. */
static void shell_complete(const char *text, const char *word,
                           line_add_fn *add, void *ctx)
{
    struct dom *d;

    if (word == text) {
        for (unsigned int i = 0; i < ARRAY_SIZE(shell_commands); i++) {
            add(ctx, shell_commands[i].name);
        }
        return;
    }
    if (str_starts_with(text, "create ")) {
        for (unsigned int i = 0; i < shell_config.count; i++) {
            add(ctx, shell_config.guest[i]->name);
        }
        return;
    }
    for_each_dom(d) {
        add(ctx, d->config.name);
    }
}

/* --- start --- */

static void shell_report(void *ctx, const char *text)
{
    con_printf("%s\n", text);
}

static void shell_create_all(void)
{
    for (unsigned int i = 0; i < shell_config.count; i++) {
        const struct config_guest *const g = shell_config.guest[i];

        if (g->is_bad) {
            con_printf("dom0: guest \"%s\" is not started\n", g->name);
        } else if (g->autostart && dom_create(g, false) == 0) {
            con_printf("dom0: guest \"%s\" runs, %lu us since boot\n",
                       g->name, loop_now() / NSEC_PER_USEC);
        }
    }
}

void shell_start(void)
{
    const void *text;
    size_t size;

    shell_line.prompt = PROMPT;
    shell_line.show = con_write;
    shell_line.run = shell_run;
    shell_line.complete = shell_complete;
    dom_hooks = (struct dom_hooks){ .gone = shell_gone, .said = shell_said };
    con_init(shell_input);
    if (mem_archive.size == 0) {
        con_printf("dom0: no archive of guests: give one as dom0's initrd\n");
    } else if (!dom_file(CONFIG_FILE, &text, &size)) {
        con_printf("dom0: no %s in the archive: put it there\n",
                   CONFIG_FILE);
    } else {
        config_parse(&shell_config, CONFIG_FILE, text, size, shell_report,
                     NULL);
    }
    if (keep_lives() == 0) {
        xs_log_publish();
        shell_create_all();
    } else {
        dom_revive(&shell_config);
    }
    con_printf("\nHospes control domain; \"help\" lists the commands\n");
    shell_is_busy = false;
    line_redraw(&shell_line);
}
