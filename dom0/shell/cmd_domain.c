/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands on whole domains. Words and columns are xl's.
 */
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/con.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/panic.h>
#include <dom0/shell/shell_priv.h>

#define DOMAINS_MAX 32u
#define FREE_UNIT_MIB 8u        /* Pages to MiB: shift. */

static const char *cmd_name(domid_t domid)
{
    const struct dom *const d = dom_by_id(domid);

    return domid == 0 ? "Domain-0" : d != NULL ? d->config.name : "(unknown)";
}

static void cmd_list_one(const struct xen_domctl_getdomaininfo *i)
{
    const uint64_t tenths = i->cpu_time / (NSEC_PER_SEC / 10);
    const unsigned int reason =
        i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

    con_printf("%-40s %5u %5lu %5u     %c%c%c%c%c%c  %6lu.%lu\n",
               cmd_name(i->domain), i->domain, i->tot_pages >> FREE_UNIT_MIB,
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

void cmd_list(unsigned int argc, char **argv)
{
    static struct xen_domctl_getdomaininfo info[DOMAINS_MAX];
    struct xen_sysctl op = { .u.getdomaininfolist = {
        .max_domains = DOMAINS_MAX,
    } };
    long rc;

    set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
    rc = hypercall_sysctl(XEN_SYSCTL_getdomaininfolist, &op);
    if (rc != 0) {
        shell_failed("list", rc);
        return;
    }
    con_printf("%-40s %5s %5s %5s %9s %8s\n", "Name", "ID", "Mem", "VCPUs",
               "State", "Time(s)");
    for (unsigned int i = 0; i < op.u.getdomaininfolist.num_domains; i++) {
        cmd_list_one(&info[i]);
    }
}

void cmd_create(unsigned int argc, char **argv)
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

void cmd_destroy(unsigned int argc, char **argv)
{
    struct dom *const d = shell_dom(argv[1]);

    if (d != NULL) {
        dom_destroy(d);
    }
}

static void cmd_domctl(const char *name, unsigned int cmd)
{
    const struct dom *const d = shell_dom(name);
    struct xen_domctl op = { .cmd = 0 };
    long rc;

    if (d != NULL) {
        rc = hypercall_domctl(cmd, d->domid, &op);
        if (rc != 0) {
            shell_failed(name, rc);
        }
    }
}

void cmd_pause(unsigned int argc, char **argv)
{
    cmd_domctl(argv[1], XEN_DOMCTL_pausedomain);
}

void cmd_unpause(unsigned int argc, char **argv)
{
    cmd_domctl(argv[1], XEN_DOMCTL_unpausedomain);
}

static void cmd_ask(const char *name, const char *how)
{
    struct dom *const d = shell_dom(name);

    if (d != NULL && dom_shutdown(d, how) != 0) {
        con_printf("%s cannot be asked: no memory\n", name);
    }
}

void cmd_shutdown(unsigned int argc, char **argv)
{
    cmd_ask(argv[1], "poweroff");
}

void cmd_reboot(unsigned int argc, char **argv)
{
    cmd_ask(argv[1], "reboot");
}

void cmd_console(unsigned int argc, char **argv)
{
    struct dom *const d = shell_dom(argv[1]);

    if (d != NULL) {
        shell_attach(d);
    }
}

void cmd_crash(unsigned int argc, char **argv)
{
    uint64_t copies;

    if (argc == 1) {
        panic("asked for by \"crash\"");
    }
    if (shell_number(argv[1], &copies)) {
        grant_crash_after = (unsigned int)copies;
    }
}

void cmd_poweroff(unsigned int argc, char **argv)
{
    while (!list_empty(&dom_list)) {
        dom_destroy(list_first_entry(&dom_list, struct dom, link));
    }
    panic_shutdown(SHUTDOWN_poweroff);
}
