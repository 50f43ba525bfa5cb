/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands on vCPUs, memory and shares of the CPUs.
 */
#include <core/lib/bitmap.h>
#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/con.h>
#include <dom0/rt/hypercall.h>
#include <dom0/shell/shell_priv.h>

#define CPUS_MAX 256u
#define TOP_PERIOD (2 * NSEC_PER_SEC)
#define TOP_DOMAINS 32u

/* --- vcpu-list, vcpu-pin --- */

static long cmd_affinity(unsigned int cmd, domid_t domid, unsigned int vcpu,
                         uint64_t *map)
{
    struct xen_domctl op = { .u.vcpuaffinity = {
        .vcpu = vcpu,
        .flags = XEN_VCPUAFFINITY_HARD,
        .cpumap_hard.nr_bits = CPUS_MAX,
    } };

    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap,
                         (uint8_t *)map);
    return hypercall_domctl(cmd, domid, &op);
}

static unsigned int cmd_cpus(void)
{
    struct xen_sysctl op = { .cmd = 0 };

    return hypercall_sysctl(XEN_SYSCTL_physinfo, &op) == 0
        ? op.u.physinfo.nr_cpus : 1;
}

/* "0-3,5", or "all". */
static void cmd_show_map(const uint64_t *map)
{
    const unsigned int cpus = min(cmd_cpus(), CPUS_MAX);
    const char *comma = "";
    unsigned int cpu = 0;

    if (bitmap_is_full(map, cpus)) {
        con_printf("all\n");
        return;
    }
    while ((cpu = bitmap_next_set(map, cpus, cpu)) < cpus) {
        const unsigned int end = bitmap_next_clear(map, cpus, cpu);

        con_printf(end - cpu > 1 ? "%s%u-%u" : "%s%u", comma, cpu, end - 1);
        comma = ",";
        cpu = end;
    }
    con_printf("\n");
}

static bool cmd_vcpu_one(const char *name, domid_t domid, unsigned int vcpu)
{
    DECLARE_BITMAP(map, CPUS_MAX) = { 0 };
    struct xen_domctl op = { .u.getvcpuinfo.vcpu = vcpu };
    const struct xen_domctl_getvcpuinfo *const i = &op.u.getvcpuinfo;
    uint64_t tenths;

    if (hypercall_domctl(XEN_DOMCTL_getvcpuinfo, domid, &op) != 0) {
        return false;
    }
    tenths = i->cpu_time / (NSEC_PER_SEC / 10);
    con_printf("%-32s %5u %5u ", name, domid, vcpu);
    if (i->online) {
        con_printf("%5u   %c%c-  ", i->cpu, i->running ? 'r' : '-',
                   i->blocked ? 'b' : '-');
    } else {
        con_printf("%5s   --p  ", "-");
    }
    con_printf("%6lu.%lu  ", tenths / 10, tenths % 10);
    if (cmd_affinity(XEN_DOMCTL_getvcpuaffinity, domid, vcpu, map) == 0) {
        cmd_show_map(map);
    } else {
        con_printf("?\n");
    }
    return true;
}

void cmd_vcpu_list(unsigned int argc, char **argv)
{
    const struct dom *const only = argc > 1 ? shell_dom(argv[1]) : NULL;
    struct dom *d;

    if (argc > 1 && only == NULL) {
        return;
    }
    con_printf("%-32s %5s %5s %5s %5s %8s  %s\n", "Name", "ID", "VCPU", "CPU",
               "State", "Time(s)", "Affinity");
    for (unsigned int v = 0; only == NULL && cmd_vcpu_one("Domain-0", 0, v);
         v++) {
    }
    for_each_dom(d) {
        for (unsigned int v = 0; v < d->config.maxvcpus &&
             (only == NULL || only == d); v++) {
            cmd_vcpu_one(d->config.name, d->domid, v);
        }
    }
}

void cmd_vcpu_pin(unsigned int argc, char **argv)
{
    const bool is_all = strcmp(argv[2], "all") == 0;
    const struct dom *const d = shell_dom(argv[1]);
    DECLARE_BITMAP(map, CPUS_MAX) = { 0 };
    uint64_t vcpu = 0;
    uint64_t last;
    long rc = 0;

    if (d == NULL || (!is_all && !shell_number(argv[2], &vcpu))) {
        return;
    }
    if (config_cpus(argv[3], map, min(cmd_cpus(), CPUS_MAX)) != 0) {
        con_printf("\"%s\" is no list of CPUs of this machine\n", argv[3]);
        return;
    }
    last = is_all ? d->config.maxvcpus - 1 : vcpu;
    for (; vcpu <= last && rc == 0; vcpu++) {
        rc = cmd_affinity(XEN_DOMCTL_setvcpuaffinity, d->domid,
                          (unsigned int)vcpu, map);
    }
    if (rc != 0) {
        shell_failed("vcpu-pin", rc);
    }
}

/* --- mem-set, sched --- */

void cmd_mem_set(unsigned int argc, char **argv)
{
    struct dom *const d = shell_dom(argv[1]);
    uint64_t mib;

    if (d == NULL || !shell_number(argv[2], &mib)) {
        return;
    }
    if (mib < 16 || mib > d->config.maxmem) {
        con_printf("%lu MiB is out of range: 16 to %u, its maxmem\n", mib,
                   d->config.maxmem);
        return;
    }
    if (xs_write(XS_PATH("/local/domain/%u/memory/target", d->domid), "%lu",
                 mib << 10) != 0) {
        con_printf("no memory for the store\n");
    }
}

static void cmd_sched_one(const struct dom *d)
{
    uint16_t weight = 0;
    uint16_t cap = 0;
    const int rc = dom_sched(d, XEN_DOMCTL_SCHEDOP_getinfo, &weight, &cap);
    const char *const name = d != NULL ? d->config.name : "Domain-0";

    if (rc == 0) {
        con_printf("%-33s %4u %6u %4u\n", name, d != NULL ? d->domid : 0,
                   weight, cap);
    } else if (rc == -ENOSYS) {
        con_printf("%s: the scheduler has no weights: boot with "
                   "sched=credit2\n", name);
    } else {
        shell_failed(name, rc);
    }
}

void cmd_sched(unsigned int argc, char **argv)
{
    uint64_t weight, cap = 0;
    struct dom *d;

    if (argc < 3) {
        con_printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
        cmd_sched_one(NULL);
        for_each_dom(d) {
            cmd_sched_one(d);
        }
        return;
    }
    d = shell_dom(argv[1]);
    if (d != NULL && shell_number(argv[2], &weight) &&
        (argc < 4 || shell_number(argv[3], &cap))) {
        uint16_t w = (uint16_t)min_t(uint64_t, weight, UINT16_MAX);
        uint16_t c = (uint16_t)min_t(uint64_t, cap, UINT16_MAX);
        const int rc = dom_sched(d, XEN_DOMCTL_SCHEDOP_putinfo, &w, &c);

        if (rc != 0) {
            shell_failed("sched", rc);
        }
    }
}

/* --- top --- */

static struct {
    struct loop_timer timer;
    nsec_t last;
    struct {
        domid_t domid;
        nsec_t cpu_time;
    } was[TOP_DOMAINS];
    unsigned int count;
} top;

static void cmd_top_one(const char *name,
                        const struct xen_domctl_getdomaininfo *i, nsec_t span)
{
    nsec_t used = 0;

    for (unsigned int k = 0; k < top.count; k++) {
        if (top.was[k].domid == i->domain) {
            used = i->cpu_time - top.was[k].cpu_time;
        }
    }
    used = span != 0 ? used * 1000 / span : 0;
    con_printf("%-32s %5u %6lu.%lu%% %7lu %5u %9lu\n", name, i->domain,
               used / 10, used % 10, i->tot_pages >> 8, i->max_vcpu_id + 1,
               i->cpu_time / NSEC_PER_SEC);
}

static void cmd_top_show(struct loop_timer *timer)
{
    static struct xen_domctl_getdomaininfo info[TOP_DOMAINS];
    struct xen_sysctl op = { .u.getdomaininfolist = {
        .max_domains = TOP_DOMAINS,
    } };
    const nsec_t now = loop_now();

    set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
    if (hypercall_sysctl(XEN_SYSCTL_getdomaininfolist, &op) == 0) {
        con_printf("\x1b[H\x1b[J%-32s %5s %9s %7s %5s %9s\n", "NAME", "ID",
                   "CPU(%)", "MEM(M)", "VCPUS", "CPU(sec)");
        for (unsigned int i = 0; i < op.u.getdomaininfolist.num_domains;
             i++) {
            const struct dom *const d = dom_by_id(info[i].domain);

            cmd_top_one(info[i].domain == 0 ? "Domain-0" :
                        d != NULL ? d->config.name : "(unknown)", &info[i],
                        now - top.last);
        }
        for (unsigned int i = 0; i < op.u.getdomaininfolist.num_domains;
             i++) {
            top.was[i].domid = info[i].domain;
            top.was[i].cpu_time = info[i].cpu_time;
        }
        top.count = op.u.getdomaininfolist.num_domains;
    }
    top.last = now;
    loop_timer_set(timer, now + TOP_PERIOD);
}

static void cmd_top_end(void)
{
    loop_timer_cancel(&top.timer);
}

void cmd_top(unsigned int argc, char **argv)
{
    top.count = 0;
    top.timer.fn = cmd_top_show;
    shell_watch_keys(cmd_top_end);
    cmd_top_show(&top.timer);
}
