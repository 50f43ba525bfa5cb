/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands on whole domains. Words and columns are xl's.
 */
#include <dom0/rt/rt.h>
#include <dom0/shell/shell_priv.h>

#define PAGES_TO_MIB 8u         /* A shift. */

static void cmd_list_one(const struct xen_domctl_getdomaininfo *i)
{
    const uint64_t tenths = i->cpu_time / (NSEC_PER_SEC / 10);
    const unsigned int reason =
        i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

    con_printf("%-40s %5u %5lu %5u     %c%c%c%c%c%c  %6lu.%lu\n",
               shell_name(i->domain), i->domain, i->tot_pages >> PAGES_TO_MIB,
               i->max_vcpu_id + 1,
               i->flags & XEN_DOMINF_running ? 'r' : '-',
               i->flags & XEN_DOMINF_blocked ? 'b' : '-',
               i->flags & XEN_DOMINF_paused ? 'p' : '-',
               i->flags & XEN_DOMINF_shutdown ? 's' : '-',
               (i->flags & XEN_DOMINF_shutdown) && reason == SHUTDOWN_crash
               ? 'c' : '-',
               i->flags & XEN_DOMINF_dying ? 'd' : '-',
               tenths / 10, tenths % 10);
}

void cmd_list(struct dom *d, unsigned int argc, char **argv)
{
    const struct xen_domctl_getdomaininfo *list;
    const unsigned int count = shell_domains(&list);

    con_printf("%-40s %5s %5s %5s %9s %8s\n", "Name", "ID", "Mem", "VCPUs",
               "State", "Time(s)");
    for (unsigned int i = 0; i < count; i++) {
        cmd_list_one(&list[i]);
    }
}

void cmd_create(struct dom *d, unsigned int argc, char **argv)
{
    const bool is_paused = argc > 2 && strcmp(argv[2], "-p") == 0;

    for (unsigned int i = 0; i < shell_config.count; i++) {
        const struct config_guest *const g = shell_config.guest[i];

        if (strcmp(g->name, argv[1]) == 0) {
            if (g->is_bad) {
                con_printf("guest \"%s\" has errors in its configuration, "
                           "line %u\n", g->name, g->line);
            } else {
                dom_create(g, is_paused);
            }
            return;
        }
    }
    con_printf("no guest \"%s\" in the configuration\n", argv[1]);
}

/* Also one of an earlier life, of which only the number is known. */
void cmd_destroy(struct dom *d, unsigned int argc, char **argv)
{
    struct xen_domctl op = { .cmd = 0 };
    uint64_t id = 0;

    d = dom_find(argv[1]);
    if (d != NULL) {
        dom_destroy(d);
    } else if (str_to_u64(argv[1], 10, &id, NULL) != 0 || id == 0 ||
               id > UINT16_MAX ||
               hypercall_domctl(XEN_DOMCTL_destroydomain, (domid_t)id,
                                &op) != 0) {
        con_printf("%s is not there: \"list\" shows who is\n", argv[1]);
    } else {
        dom_store_remove((domid_t)id);
    }
}

/* And unpause. */
void cmd_pause(struct dom *d, unsigned int argc, char **argv)
{
    struct xen_domctl op = { .cmd = 0 };
    const bool is_pause = strcmp(argv[0], "pause") == 0;

    shell_failed(argv[0], hypercall_domctl(is_pause ? XEN_DOMCTL_pausedomain
                                                    : XEN_DOMCTL_unpausedomain,
                                           d->domid, &op));
}

/* And reboot. */
void cmd_shutdown(struct dom *d, unsigned int argc, char **argv)
{
    if (dom_shutdown(d, strcmp(argv[0], "reboot") == 0 ? "reboot"
                                                       : "poweroff") != 0) {
        con_printf("%s cannot be asked: no memory\n", argv[1]);
    }
}

void cmd_console(struct dom *d, unsigned int argc, char **argv)
{
    shell_attach(d);
}

void cmd_crash(struct dom *d, unsigned int argc, char **argv)
{
    uint64_t copies;

    if (argc == 1) {
        panic("asked for by \"crash\"");
    }
    if (shell_number(argv[1], &copies)) {
        grant_crash_after = (unsigned int)copies;
    }
}

void cmd_poweroff(struct dom *d, unsigned int argc, char **argv)
{
    while (!list_empty(&dom_list)) {
        dom_destroy(list_first_entry(&dom_list, struct dom, link));
    }
    panic_shutdown(SHUTDOWN_poweroff);
}
