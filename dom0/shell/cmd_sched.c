/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands on vCPUs, memory and shares of the CPUs.
 */
#include <dom0/rt/rt.h>
#include <dom0/shell/shell_priv.h>

#define TOP_PERIOD (2 * NSEC_PER_SEC)

/* --- vcpu-list, vcpu-pin --- */

static unsigned int cmd_cpus(void)
{
    struct xen_sysctl op = { .cmd = 0 };

    return hypercall_sysctl(XEN_SYSCTL_physinfo, &op) == 0
        ? op.u.physinfo.nr_cpus : 1;
}

/* "0-3,5", or "all". */
static void cmd_show_map(const uint64_t *map)
{
    const unsigned int cpus = min(cmd_cpus(), DOM_CPUS_MAX);
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

static bool cmd_vcpu_one(domid_t domid, unsigned int vcpu)
{
    DECLARE_BITMAP(map, DOM_CPUS_MAX) = { 0 };
    struct xen_domctl op = { .u.getvcpuinfo.vcpu = vcpu };
    const struct xen_domctl_getvcpuinfo *const i = &op.u.getvcpuinfo;
    uint64_t tenths;

    if (hypercall_domctl(XEN_DOMCTL_getvcpuinfo, domid, &op) != 0) {
        return false;
    }
    tenths = i->cpu_time / (NSEC_PER_SEC / 10);
    con_printf("%-32s %5u %5u ", shell_name(domid), domid, vcpu);
    if (i->online) {
        con_printf("%5u   %c%c-  ", i->cpu, i->running ? 'r' : '-',
                   i->blocked ? 'b' : '-');
    } else {
        con_printf("%5s   --p  ", "-");
    }
    con_printf("%6lu.%lu  ", tenths / 10, tenths % 10);
    if (dom_affinity(XEN_DOMCTL_getvcpuaffinity, domid, vcpu, map) == 0) {
        cmd_show_map(map);
    } else {
        con_printf("?\n");
    }
    return true;
}

void cmd_vcpu_list(struct dom *d, unsigned int argc, char **argv)
{
    const struct dom *const only = d;

    con_printf("%-32s %5s %5s %5s %5s %8s  %s\n", "Name", "ID", "VCPU", "CPU",
               "State", "Time(s)", "Affinity");
    for (unsigned int v = 0; only == NULL && cmd_vcpu_one(0, v); v++) {
    }
    for_each_dom(d) {
        for (unsigned int v = 0; v < d->config.maxvcpus &&
             (only == NULL || only == d); v++) {
            cmd_vcpu_one(d->domid, v);
        }
    }
}

void cmd_vcpu_pin(struct dom *d, unsigned int argc, char **argv)
{
    const bool is_all = strcmp(argv[2], "all") == 0;
    DECLARE_BITMAP(map, DOM_CPUS_MAX) = { 0 };
    uint64_t vcpu = 0;
    uint64_t last;
    long rc = 0;

    if (!is_all && !shell_number(argv[2], &vcpu)) {
        return;
    }
    if (config_cpus(argv[3], map, min(cmd_cpus(), DOM_CPUS_MAX)) != 0) {
        con_printf("\"%s\" is no list of CPUs of this machine\n", argv[3]);
        return;
    }
    last = is_all ? d->config.maxvcpus - 1 : vcpu;
    for (; vcpu <= last && rc == 0; vcpu++) {
        rc = dom_affinity(XEN_DOMCTL_setvcpuaffinity, d->domid,
                          (unsigned int)vcpu, map);
    }
    shell_failed(argv[0], rc);
}

/* --- mem-set, sched --- */

void cmd_mem_set(struct dom *d, unsigned int argc, char **argv)
{
    uint64_t mib;

    if (!shell_number(argv[2], &mib)) {
        return;
    }
    if (mib < 16 || mib > d->config.maxmem) {
        con_printf("%lu MiB is out of range: 16 to %u, its maxmem\n", mib,
                   d->config.maxmem);
        return;
    }
    if (xs_write(TEXT("/local/domain/%u/memory/target", d->domid),
                 TEXT("%lu", mib << 10)) != 0) {
        con_printf("no memory for the store\n");
    }
}

static void cmd_sched_one(domid_t domid)
{
    uint16_t weight = 0;
    uint16_t cap = 0;
    const int rc =
        dom_sched(domid, XEN_DOMCTL_SCHEDOP_getinfo, &weight, &cap);

    if (rc == -ENOSYS) {
        con_printf("%s: the scheduler has no weights: boot with "
                   "sched=credit2\n", shell_name(domid));
    } else if (!shell_failed(shell_name(domid), rc)) {
        con_printf("%-33s %4u %6u %4u\n", shell_name(domid), domid, weight,
                   cap);
    }
}

void cmd_sched(struct dom *d, unsigned int argc, char **argv)
{
    uint64_t weight, cap = 0;

    if (argc < 3) {
        con_printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
        cmd_sched_one(0);
        for_each_dom(d) {
            cmd_sched_one(d->domid);
        }
        return;
    }
    if (shell_number(argv[2], &weight) &&
        (argc < 4 || shell_number(argv[3], &cap))) {
        uint16_t w = (uint16_t)min_t(uint64_t, weight, UINT16_MAX);
        uint16_t c = (uint16_t)min_t(uint64_t, cap, UINT16_MAX);

        shell_failed(argv[0], dom_sched(d->domid, XEN_DOMCTL_SCHEDOP_putinfo,
                                        &w, &c));
    }
}

/* --- policy --- */

/* By number in the ABI, then Hospes's own (enum sched_id). */
static const char *const policies[] = {
    [XEN_SCHEDULER_CREDIT] = "credit", "credit2", "arinc653", "rtds", "null",
    [64] = "rr", "bvt", "eevdf", "tableau", "pact",
};

/* Of pool 0; the operations are Hospes's own (docs/scheduling.md). */
static long set_policy(const char *name)
{
    struct xen_sysctl op = { .u.cpupool_op.op = 0x48000001 };
    uint32_t *const id = &op.u.cpupool_op.sched_id;

    if (strcmp(name, "core") == 0 || strcmp(name, "cpu") == 0) {
        op.u.cpupool_op.op = 0x48000002;
        op.u.cpupool_op.cpu = name[1] == 'o';
    } else {
        while (*id < ARRAY_SIZE(policies) &&
               (!policies[*id] || strcmp(policies[*id], name) != 0)) {
            (*id)++;
        }
        if (*id == ARRAY_SIZE(policies)) {
            con_printf("there is no scheduler \"%s\"\n", name);
            return 1;
        }
    }
    return hypercall_sysctl(XEN_SYSCTL_cpupool_op, &op);
}

void cmd_policy(struct dom *d, unsigned int argc, char **argv)
{
    uint64_t times = 1;
    long rc = 0;

    if (argc > 3 && !shell_number(argv[3], &times)) {
        return;
    }
    for (uint64_t i = 0; i < times && rc == 0; i++) {
        rc = set_policy(argv[i % 2 != 0 ? 2 : 1]);
    }
    shell_failed(argv[0], rc);
}

/* --- top --- */

static struct {
    nsec_t last;
    struct xen_domctl_getdomaininfo was[SHELL_DOMAINS_MAX];
    unsigned int count;
} top;

static void cmd_top_one(const struct xen_domctl_getdomaininfo *i, nsec_t span)
{
    nsec_t used = 0;

    for (unsigned int k = 0; k < top.count; k++) {
        if (top.was[k].domain == i->domain) {
            used = i->cpu_time - top.was[k].cpu_time;
        }
    }
    used = span != 0 ? used * 1000 / span : 0;
    con_printf("%-32s %5u %6lu.%lu%% %7lu %5u %9lu\n", shell_name(i->domain),
               i->domain, used / 10, used % 10, i->tot_pages >> 8,
               i->max_vcpu_id + 1, i->cpu_time / NSEC_PER_SEC);
}

static void cmd_top_show(void)
{
    const struct xen_domctl_getdomaininfo *list;
    const unsigned int count = shell_domains(&list);
    const nsec_t now = loop_now();

    con_printf("\x1b[H\x1b[J%-32s %5s %9s %7s %5s %9s\n", "NAME", "ID",
               "CPU(%)", "MEM(M)", "VCPUS", "CPU(sec)");
    for (unsigned int i = 0; i < count; i++) {
        cmd_top_one(&list[i], now - top.last);
    }
    memcpy(top.was, list, count * sizeof(*list));
    top.count = count;
    top.last = now;
    loop_timer_set(now + TOP_PERIOD, cmd_top_show);
}

static void cmd_top_end(void)
{
    loop_timer_set(NSEC_NEVER, NULL);
}

void cmd_top(struct dom *d, unsigned int argc, char **argv)
{
    top.count = 0;
    shell_watch_keys(cmd_top_end);
    cmd_top_show();
}
