/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that only show.
 */
#include <dom0/cfg/archive.h>
#include <dom0/drv/disk.h>
#include <dom0/drv/nic.h>
#include <dom0/rt/rt.h>
#include <dom0/shell/shell_priv.h>

#define DMESG_CHUNK 1024u
#define STORE_DEPTH_MAX 16u
#define PATH_MAX 512u

void cmd_info(struct dom *d, unsigned int argc, char **argv)
{
    struct xen_sysctl op = { .cmd = 0 };
    const struct xen_sysctl_physinfo *const p = &op.u.physinfo;
    char extra[XEN_EXTRAVERSION_LEN] = "";
    const long version = hypercall_version(XENVER_version, NULL);

    if (shell_failed(argv[0], hypercall_sysctl(XEN_SYSCTL_physinfo, &op))) {
        return;
    }
    hypercall_version(XENVER_extraversion, extra);
    con_printf("nr_cpus                : %u\n", p->nr_cpus);
    con_printf("nr_nodes               : %u\n", p->nr_nodes);
    con_printf("cores_per_socket       : %u\n", p->cores_per_socket);
    con_printf("threads_per_core       : %u\n", p->threads_per_core);
    con_printf("cpu_mhz                : %u.%03u\n", p->cpu_khz / 1000,
               p->cpu_khz % 1000);
    con_printf("total_memory           : %lu\n", p->total_pages >> 8);
    con_printf("free_memory            : %lu\n", p->free_pages >> 8);
    con_printf("xen_version            : %ld.%ld%s\n", version >> 16,
               version & 0xffff, extra);
    con_printf("dom0_free_memory       : %lu\n", mem_pages_left() >> 8);
}

/* --- store-ls --- */

static void cmd_store_show(char *path, unsigned int depth)
{
    const size_t n = strlen(path);
    const char *name;
    char value[80];

    for (unsigned int i = 0; (name = xs_child(path, i)) != NULL; i++) {
        snprintf(path + n, PATH_MAX - n, "%s%s",
                 n != 0 && path[n - 1] == '/' ? "" : "/", name);
        (void)!xs_read(path, value, sizeof(value));
        for (char *c = value; *c != '\0'; c++) {
            *c = *c < ' ' || *c > '~' ? '.' : *c;
        }
        con_printf("%*s%s = \"%s\"\n", (int)depth, "", name, value);
        if (depth < STORE_DEPTH_MAX) {
            cmd_store_show(path, depth + 1);
        }
        path[n] = '\0';
    }
}

void cmd_store_ls(struct dom *d, unsigned int argc, char **argv)
{
    char path[PATH_MAX];

    strlcpy(path, argc > 1 ? argv[1] : "/", sizeof(path));
    cmd_store_show(path, 0);
}

/* --- devices: what the store says of them --- */

static void cmd_device_list(const char *kind, const struct dom *d,
                            const char *const *key, unsigned int keys)
{
    const struct text path =
        text_make("/local/domain/0/backend/%s/%u", kind, d->domid);
    const char *name;
    char value[64];

    for (unsigned int n = 0; (name = xs_child(path.chars, n)) != NULL; n++) {
        con_printf("%-6s", name);
        for (unsigned int i = 0; i < keys; i++) {
            if (xs_read(TEXT("%s/%s/%s", path.chars, name, key[i]), value,
                        sizeof(value)) < 0) {
                strlcpy(value, "-", sizeof(value));
            }
            con_printf(" %-18s", value);
        }
        con_printf("\n");
    }
}

void cmd_block_list(struct dom *d, unsigned int argc, char **argv)
{
    static const char *const key[] = { "state", "dev", "mode", "params" };
    const struct disk *disk;

    if (d == NULL) {
        con_printf("%-18s %-8s %8s %s\n", "Disk", "Kind", "MiB", "Used");
        list_for_each_entry(disk, &disk_list, link) {
            con_printf("/dev/%-13s %-8s %8lu %s\n", disk->name, disk->kind,
                       disk->sectors * DISK_SECTOR >> 20,
                       disk->is_broken ? "broken" : disk->guests < 0 ? "w" :
                       disk->guests > 0 ? "r" : "-");
        }
    } else {
        con_printf("%-6s %-18s %-18s %-18s %s\n", "Vdev", "State", "Dev",
                   "Mode", "Target");
        cmd_device_list("vbd", d, key, ARRAY_SIZE(key));
    }
}

void cmd_network_list(struct dom *d, unsigned int argc, char **argv)
{
    static const char *const key[] = { "state", "mac", "bridge" };
    const struct nic *nic;

    if (d == NULL) {
        con_printf("%-8s %-8s %10s %10s %10s\n", "Card", "Kind", "Received",
                   "Sent", "Dropped");
        list_for_each_entry(nic, &nic_list, link) {
            con_printf("%-8s %-8s %10lu %10lu %10lu%s\n", nic->name,
                       nic->kind, nic->rx_packets, nic->tx_packets,
                       nic->dropped, nic->is_broken ? " broken" : "");
        }
    } else {
        con_printf("%-6s %-18s %-18s %s\n", "Idx", "State", "Mac Addr.",
                   "Bridge");
        cmd_device_list("vif", d, key, ARRAY_SIZE(key));
    }
}

void cmd_files(struct dom *d, unsigned int argc, char **argv)
{
    struct archive_file f;
    const char *why = NULL;
    size_t at = 0;

    while (archive_next(mem_archive.data, mem_archive.size, &at, &f, &why)) {
        con_printf("%10zu %s\n", f.size, f.name);
    }
    if (why != NULL) {
        con_printf("the archive %s\n", why);
    }
}

/* --- the hypervisor's messages and keys --- */

void cmd_dmesg(struct dom *d, unsigned int argc, char **argv)
{
    char text[DMESG_CHUNK];
    struct xen_sysctl op = { .u.readconsole.incremental = 1 };

    do {
        op.u.readconsole.count = sizeof(text);
        set_xen_guest_handle(op.u.readconsole.buffer, text);
        if (shell_failed(argv[0],
                         hypercall_sysctl(XEN_SYSCTL_readconsole, &op))) {
            return;
        }
        con_write(text, op.u.readconsole.count);
    } while (op.u.readconsole.count != 0);
}

void cmd_debug_keys(struct dom *d, unsigned int argc, char **argv)
{
    struct xen_sysctl op = {
        .u.debug_keys.nr_keys = (uint32_t)strlen(argv[1]),
    };

    set_xen_guest_handle(op.u.debug_keys.keys, argv[1]);
    shell_failed(argv[0], hypercall_sysctl(XEN_SYSCTL_debug_keys, &op));
}

static void cmd_uptime_one(domid_t domid, nsec_t since)
{
    const uint64_t s = (loop_now() - since) / NSEC_PER_SEC;

    con_printf("%-33s %4u %3lu:%02lu:%02lu\n", shell_name(domid), domid,
               s / 3600, s / 60 % 60, s % 60);
}

void cmd_uptime(struct dom *d, unsigned int argc, char **argv)
{
    con_printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    cmd_uptime_one(0, 0);
    for_each_dom(d) {
        cmd_uptime_one(d->domid, d->started);
    }
}
