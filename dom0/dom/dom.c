/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of guests: create, look after, end. A guest that does what makes
 * no sense on a ring is told of in one line, and that ring is given up; all
 * else goes on.
 */
#include <dom0/builder/builder.h>
#include <dom0/cfg/archive.h>
#include <dom0/dom/device.h>
#include <dom0/dom/dom.h>
#include <dom0/rt/rt.h>

LIST_HEAD(dom_list);

struct dom_hooks dom_hooks;

void dom_say(const struct dom *d, const char *fmt, ...)
{
    va_list args;

    con_printf("\r\x1b[K%s%s: ",
               d->is_made ? "" : TEXT(CONFIG_FILE ":%u: ", d->config.line),
               d->config.name);
    va_start(args, fmt);
    con_vprintf(fmt, args);
    va_end(args);
    con_printf("\n");
    dom_hooks.said();
}

bool dom_file(const char *name, const void **data, size_t *size)
{
    struct archive_file f;
    const char *why = NULL;

    if (archive_find(mem_archive.data, mem_archive.size, name, &f, &why)) {
        *data = f.data;
        *size = f.size;
        return true;
    }
    if (why != NULL) {
        con_printf("dom0: the archive %s: make it by cpio -o -H newc\n", why);
    }
    return false;
}

struct dom *dom_by_id(domid_t domid)
{
    struct dom *d;

    for_each_dom(d) {
        if (d->domid == domid) {
            return d;
        }
    }
    return NULL;
}

struct dom *dom_find(const char *name)
{
    uint64_t id;
    struct dom *d;

    for_each_dom(d) {
        if (strcmp(d->config.name, name) == 0) {
            return d;
        }
    }
    if (str_to_u64(name, 10, &id, NULL) == 0 && id <= UINT16_MAX) {
        return dom_by_id((domid_t)id);
    }
    return NULL;
}

long dom_list_info(domid_t first, struct xen_domctl_getdomaininfo *info,
                   unsigned int max)
{
    struct xen_sysctl op = { .u.getdomaininfolist = {
        .first_domain = first, .max_domains = max,
    } };

    set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
    return hypercall_sysctl(XEN_SYSCTL_getdomaininfolist, &op) ?:
           (long)op.u.getdomaininfolist.num_domains;
}

/* --- store and console of a guest --- */

static void dom_store_serve(struct loop_work *work)
{
    struct dom *const d = container_of(work, struct dom, store_link.work);
    const char *why;
    const unsigned int todo = xs_ring_run(d->xs, &why);

    if (why != NULL) {
        dom_say(d, "%s", why);
    }
    link_served(&d->store_link, todo);
}

static void dom_console_serve(struct loop_work *work)
{
    struct dom *const d = container_of(work, struct dom, console_link.work);
    const char *why;

    if (vcon_run(&d->console, &why)) {
        link_served(&d->console_link, LINK_NOTIFY);
    }
    if (why != NULL) {
        dom_say(d, "%s", why);
    }
}

void dom_console_type(struct dom *d, const char *text, size_t n)
{
    vcon_type(&d->console, text, n);
    dom_console_serve(&d->console_link.work);
}

int dom_connect(struct dom *d, const struct builder_domain *b)
{
    static const uint64_t store = GNTTAB_RESERVED_XENSTORE;
    static const uint64_t console = GNTTAB_RESERVED_CONSOLE;
    bool is_old;
    const int rc =
        link_open(&d->store_link, d->domid, &store, 1, b->store_port) ?:
        link_open(&d->console_link, d->domid, &console, 1, b->console_port);

    if (rc != 0) {
        return rc;
    }
    vcon_init(&d->console, d->console_link.page[0].page);
    d->xs_input = dom_keep(d, "xs", bytes_to_pages(sizeof(*d->xs_input)),
                           &is_old);
    if (d->xs_input != NULL) {
        d->xs = xs_introduce(d->domid, d->store_link.page[0].page,
                             d->xs_input, &d->store_link.work);
    }
    return d->xs == NULL ? -ENOMEM : 0;
}

static void dom_disconnect(struct dom *d)
{
    link_close(&d->store_link);
    link_close(&d->console_link);
    if (d->xs != NULL) {
        xs_release(d->xs);
    }
    keep_free(d->xs_input, bytes_to_pages(sizeof(*d->xs_input)));
}

/* --- create --- */

/* Not secret, but different each time. */
static void dom_uuid_make(uint8_t *uuid)
{
    uint64_t state = x86_rdtsc();

    for (unsigned int i = 0; i < DOM_UUID_LEN; i++) {
        state = state * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
        uuid[i] = (uint8_t)(state >> 56);
    }
    uuid[6] = (uint8_t)(0x40 | (uuid[6] & 0x0f));
    uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3f));
}

static int dom_build(struct dom *d, struct builder_domain *b)
{
    const struct config_guest *const c = &d->config;
    struct builder_guest g = {
        .cmdline = c->cmdline,
        .memory = c->memory,
        .maxmem = c->maxmem,
        .vcpus = c->maxvcpus,
    };
    const char *why = "it cannot be made";
    int rc;

    if (!dom_file(c->kernel, &g.kernel, &g.kernel_size)) {
        dom_say(d, "there is no file \"%s\": put the kernel into dom0's "
                "archive", c->kernel);
        return -ENOENT;
    }
    if (c->ramdisk[0] != '\0' &&
        !dom_file(c->ramdisk, &g.initrd, &g.initrd_size)) {
        dom_say(d, "there is no file \"%s\": put the ramdisk into dom0's "
                "archive", c->ramdisk);
        return -ENOENT;
    }
    memcpy(g.handle, d->uuid, sizeof(g.handle));
    rc = builder_create(&g, b, &why);
    if (rc != 0) {
        /* What is wrong with the file itself has no subject. */
        if (str_starts_with(why, "is ")) {
            dom_say(d, "its kernel \"%s\" %s: name an x86-64 kernel with "
                    "CONFIG_PVH", c->kernel, why);
        } else {
            dom_say(d, "%s (error %d)", why, rc);
        }
        return rc;
    }
    d->domid = b->domid;
    return 0;
}

int dom_sched(domid_t domid, unsigned int cmd, uint16_t *weight,
              uint16_t *cap)
{
    struct xen_sysctl id = { .cmd = 0 };
    struct xen_domctl op = { .cmd = 0 };
    struct xen_domctl_scheduler_op *const s = &op.u.scheduler_op;
    long rc = hypercall_sysctl(XEN_SYSCTL_sched_id, &id);

    s->sched_id = id.u.sched_id.sched_id;
    if (rc == 0 && s->sched_id != XEN_SCHEDULER_CREDIT2 &&
        s->sched_id != XEN_SCHEDULER_CREDIT) {
        rc = -ENOSYS;
    }
    if (rc == 0) {
        /* The two policies' structures are the same: weight, cap. */
        s->cmd = cmd;
        s->u.credit2.weight = *weight;
        s->u.credit2.cap = *cap;
        rc = hypercall_domctl(XEN_DOMCTL_scheduler_op, domid, &op);
        *weight = s->u.credit2.weight;
        *cap = s->u.credit2.cap;
    }
    return (int)rc;
}

static void dom_weight(const struct dom *d)
{
    uint16_t weight = (uint16_t)d->config.cpu_weight;
    uint16_t cap = (uint16_t)d->config.cap;
    const int rc =
        dom_sched(d->domid, XEN_DOMCTL_SCHEDOP_putinfo, &weight, &cap);

    if (rc != 0 && (d->config.cpu_weight != CONFIG_WEIGHT ||
                    d->config.cap != 0)) {
        dom_say(d, "cpu_weight and cap are refused by the scheduler (error "
                "%d)", rc);
    }
}

long dom_affinity(unsigned int cmd, domid_t domid, unsigned int vcpu,
                  uint64_t *map)
{
    struct xen_domctl op = { .u.vcpuaffinity = {
        .vcpu = vcpu,
        .flags = XEN_VCPUAFFINITY_HARD,
        .cpumap_hard.nr_bits = DOM_CPUS_MAX,
    } };

    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap,
                         (uint8_t *)map);
    return hypercall_domctl(cmd, domid, &op);
}

static void dom_pin(const struct dom *d)
{
    DECLARE_BITMAP(map, DOM_CPUS_MAX) = { 0 };
    long rc = config_cpus(d->config.cpus, map, DOM_CPUS_MAX);

    for (unsigned int i = 0; i < d->config.maxvcpus && rc == 0; i++) {
        rc = dom_affinity(XEN_DOMCTL_setvcpuaffinity, d->domid, i, map);
    }
    if (rc != 0) {
        dom_say(d, "cpus = \"%s\" is refused (error %ld): \"info\" shows "
                "which there are", d->config.cpus, rc);
    }
}

int dom_devices(struct dom *d)
{
    int rc = 0;

    for (unsigned int i = 0; i < d->config.disk_count && rc == 0; i++) {
        rc = vbd_add(d, &d->config.disk[i]);
    }
    for (unsigned int i = 0; i < d->config.vif_count && rc == 0; i++) {
        rc = vif_add(d, &d->config.vif[i], i);
    }
    return rc;
}

static void dom_devices_remove(struct list_head *list)
{
    while (!list_empty(list)) {
        device_remove(list_first_entry(list, struct device, link));
    }
}

static void dom_free(struct dom *d)
{
    list_del(&d->link);
    mem_free(d);
}

struct dom *dom_new(const struct config_guest *config, domid_t domid)
{
    struct dom *const d = mem_alloc(sizeof(*d));

    if (d == NULL) {
        con_printf("%s: no memory: give dom0 more\n", config->name);
        return NULL;
    }
    d->config = *config;
    d->domid = domid;
    d->started = loop_now();
    link_init(&d->store_link, dom_store_serve);
    link_init(&d->console_link, dom_console_serve);
    list_init(&d->vbds);
    list_init(&d->vifs);
    dom_uuid_make(d->uuid);
    list_add_tail(&d->link, &dom_list);
    return d;
}

int dom_create(const struct config_guest *config, bool is_paused)
{
    struct xen_domctl op = { .cmd = 0 };
    struct builder_domain b;
    struct dom *d;
    int rc;

    if (dom_find(config->name) != NULL) {
        con_printf("%s: there is one of that name already\n", config->name);
        return -EEXIST;
    }
    d = dom_new(config, DOMID_INVALID);
    if (d == NULL) {
        return -ENOMEM;
    }
    rc = dom_build(d, &b);
    if (rc != 0) {
        dom_free(d);
        return rc;
    }
    rc = dom_store_init(d, b.store_port, b.console_port) ?:
         dom_connect(d, &b) ?: dom_devices(d) ?: dom_store_made(d);
    if (rc != 0) {
        dom_say(d, "it cannot be connected (error %d) and is not started",
                rc);
        dom_destroy(d);
        return rc;
    }
    dom_weight(d);
    if (d->config.cpus[0] != '\0') {
        dom_pin(d);
    }
    d->is_made = true;
    if (!is_paused) {
        hypercall_domctl(XEN_DOMCTL_unpausedomain, d->domid, &op);
    }
    return 0;
}

void dom_destroy(struct dom *d)
{
    dom_hooks.gone(d);
    dom_devices_remove(&d->vbds);
    dom_devices_remove(&d->vifs);
    dom_disconnect(d);
    dom_store_remove(d->domid);
    builder_destroy(d->domid);
    dom_free(d);
}

int dom_shutdown(struct dom *d, const char *how)
{
    return xs_write(TEXT("/local/domain/%u/control/shutdown", d->domid),
                    how);
}

/* --- the end --- */

static const char *const dom_reason[] = {
    [SHUTDOWN_poweroff] = "powered off",
    [SHUTDOWN_reboot] = "reboots",
    [SHUTDOWN_suspend] = "suspended",
    [SHUTDOWN_crash] = "crashed",
    [SHUTDOWN_watchdog] = "was ended by its watchdog",
};

static void dom_ended(struct dom *d, unsigned int reason)
{
    const enum config_action action =
        reason == SHUTDOWN_poweroff ? d->config.on_poweroff :
        reason == SHUTDOWN_reboot ? d->config.on_reboot : d->config.on_crash;
    const struct config_guest config = d->config;

    dom_console_serve(&d->console_link.work);
    dom_say(d, "%s%s", dom_reason[reason < ARRAY_SIZE(dom_reason) ? reason
                                                 : SHUTDOWN_crash],
            action == CONFIG_PRESERVE ? " and is kept" : "");
    if (action == CONFIG_PRESERVE) {
        d->is_preserved = true;
        return;
    }
    dom_destroy(d);
    if (action == CONFIG_RESTART) {
        dom_create(&config, false);
    }
}

/* One at a time: each changes the list. */
static void dom_exit_run(struct loop_work *work)
{
    struct dom *d;

    for_each_dom(d) {
        struct xen_domctl op = { .cmd = 0 };

        if (d->is_preserved ||
            hypercall_domctl(XEN_DOMCTL_getdomaininfo, d->domid, &op) != 0 ||
            op.domain != d->domid) {
            continue;
        }
        if (op.u.getdomaininfo.flags & XEN_DOMINF_shutdown) {
            loop_post(work);
            dom_ended(d, op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift
                      & XEN_DOMINF_shutdownmask);
            return;
        }
    }
}

static LOOP_WORK(dom_exit_work, dom_exit_run);

void dom_look(void)
{
    loop_post(&dom_exit_work);
}

void dom_init(void)
{
    builder_init();
    if (xs_init() != 0 ||
        xs_write("/local/domain/0/name", "Domain-0") != 0 ||
        xs_write("/local/domain/0/domid", "0") != 0) {
        panic("no memory for the store");
    }
    if (evtchn_bind_virq(VIRQ_DOM_EXC, &dom_exit_work) < 0) {
        con_printf("dom0: the end of guests is not seen (VIRQ_DOM_EXC)\n");
    }
}
