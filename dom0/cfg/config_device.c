/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The meaning of disk and vif items, of names of disks, addresses of cards
 * and lists of CPUs. Chapters: xl-disk-configuration(5),
 * xl-network-configuration(5); Xen, "vbd-interface".
 */
#include <dom0/cfg/config_priv.h>
#include <dom0/rt/rt.h>

#define XVD_MAJOR 202u
#define XVD_EXTENDED BIT32(28)

/* "key=value" to its value if key is this one; else NULL. */
static const char *config_after(const char *field, const char *key)
{
    const size_t n = strlen(key);

    return strncmp(field, key, n) == 0 && field[n] == '=' ? field + n + 1
                                                          : NULL;
}

/* What is behind the kind of disk; NULL: no such kind. */
static const char *config_vdev_letters(const char *name)
{
    name += str_starts_with(name, "xvd");
    return str_starts_with(name, "vd") || str_starts_with(name, "sd")
        ? name + 2 : NULL;
}

/* Letters count disks, digits partitions. */
int config_vdev(const char *name, uint32_t *number)
{
    uint32_t disk = 0;
    uint64_t part = 0;

    name = config_vdev_letters(name);
    if (name == NULL || *name < 'a' || *name > 'z') {
        return -EINVAL;
    }
    for (; *name >= 'a' && *name <= 'z' && disk < 1000; name++) {
        disk = disk * 26 + (uint32_t)(*name - 'a') + 1;
    }
    disk--;
    if (*name != '\0' && (*name == '0' ||
                          str_to_u64(name, 10, &part, NULL) != 0)) {
        return -EINVAL;
    }
    if (disk < 16 && part < 16) {
        *number = XVD_MAJOR << 8 | disk << 4 | (uint32_t)part;
    } else if (disk < 1u << 20 && part < 256) {
        *number = XVD_EXTENDED | disk << 8 | (uint32_t)part;
    } else {
        return -EINVAL;
    }
    return 0;
}

static bool config_disk_access(struct config_disk *d, const char *text)
{
    d->read_only = *text == 'r' && strcmp(text, "rw") != 0;
    return strcmp(text, "r") == 0 || strcmp(text, "ro") == 0 ||
           strcmp(text, "w") == 0 || strcmp(text, "rw") == 0;
}

/* Fields without a key stand in the order target, format, vdev, access. */
static bool config_disk_field(struct config_disk *d, const char *field,
                              unsigned int *place)
{
    static const char *const key[] = { "target", "format", "vdev", "access" };
    const char *value = NULL;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(key) && value == NULL; i++) {
        value = config_after(field, key[i]);
    }
    if (value == NULL && *place < ARRAY_SIZE(key)) {
        value = field;
        i = ++*place;
    }
    switch (value == NULL ? 0 : i) {
    case 1: return strlcpy(d->target, value, sizeof(d->target)) <
                   sizeof(d->target);
    case 2: return *value == '\0' || strcmp(value, "raw") == 0;
    case 3: return strlcpy(d->vdev, value, sizeof(d->vdev)) < sizeof(d->vdev);
    case 4: return config_disk_access(d, value);
    default: return false;
    }
}

void config_disk(struct config_reader *r, char *text)
{
    struct config_guest *const g = r->guest;
    struct config_disk d = { .target = "" };
    unsigned int place = 0;
    char *rest = text;
    char *field;

    if (g->disk_count == CONFIG_DISKS_MAX) {
        config_complain(r, "more than %u disks", CONFIG_DISKS_MAX);
        return;
    }
    while ((field = text_field(&rest, ',')) != NULL) {
        if (!config_disk_field(&d, field, &place)) {
            config_complain(r, "disk: \"%s\" is not known: write 'target=file"
                            ", format=raw, vdev=xvda, access=rw'", field);
            return;
        }
    }
    if (d.target[0] == '\0' || config_vdev(d.vdev, &d.number) != 0) {
        config_complain(r, "disk: no target, or \"%s\" is no vdev: write "
                        "'target=file, vdev=xvda'", d.vdev);
        return;
    }
    for (unsigned int i = 0; i < g->disk_count; i++) {
        if (g->disk[i].number == d.number) {
            config_complain(r, "disk: a second %s", d.vdev);
            return;
        }
    }
    g->disk[g->disk_count++] = d;
}

int config_mac(const char *text, uint8_t *mac)
{
    for (unsigned int i = 0; i < CONFIG_MAC_LEN; i++) {
        uint64_t byte;
        const char *end;

        if (str_to_u64(text, 16, &byte, &end) != 0 || byte > UINT8_MAX ||
            *end != (i + 1 == CONFIG_MAC_LEN ? '\0' : ':')) {
            return -EINVAL;
        }
        mac[i] = (uint8_t)byte;
        text = end + 1;
    }
    return (mac[0] & 1) != 0 ? -EINVAL : 0;
}

void config_vif(struct config_reader *r, char *text)
{
    /* There are no scripts. */
    static const char *const ignored[] = {
        "script", "type", "model", "vifname", "ip", "rate",
    };
    struct config_guest *const g = r->guest;
    struct config_vif v = { .mac = { 0 } };
    char *rest = text;
    char *field;

    if (g->vif_count == CONFIG_VIFS_MAX) {
        config_complain(r, "more than %u vifs", CONFIG_VIFS_MAX);
        return;
    }
    while ((field = text_field(&rest, ',')) != NULL) {
        const char *const mac = config_after(field, "mac");
        const char *const bridge = config_after(field, "bridge");
        bool is_known = *field == '\0' || bridge != NULL;

        if (bridge != NULL) {
            strlcpy(v.bridge, bridge, sizeof(v.bridge));
        }
        for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
            is_known |= config_after(field, ignored[i]) != NULL;
        }
        if (mac != NULL ? config_mac(mac, v.mac) != 0 : !is_known) {
            config_complain(r, "vif: \"%s\" is not known: write "
                            "'mac=00:16:3e:xx:xx:xx'", field);
            return;
        }
    }
    g->vif[g->vif_count++] = v;
}

/* One part of the list, "3" or "0-3"; end is set behind it. */
static int config_cpu_range(const char *text, uint64_t *first, uint64_t *last,
                            const char **end)
{
    int rc = str_to_u64(text, 10, first, end);

    *last = *first;
    if (rc == 0 && **end == '-') {
        rc = str_to_u64(*end + 1, 10, last, end);
    }
    return rc != 0 || *last < *first ? -EINVAL : 0;
}

int config_cpus(const char *text, uint64_t *map, unsigned int nbits)
{
    bitmap_zero(map, nbits);
    if (strcmp(text, "all") == 0 || *text == '\0') {
        bitmap_fill(map, nbits);
        return 0;
    }
    for (;;) {
        const bool is_not = *text == '^';
        uint64_t first = 0;
        uint64_t last = 0;
        const char *end;

        if (config_cpu_range(text + is_not, &first, &last, &end) != 0 ||
            (*end != '\0' && *end != ',')) {
            return -EINVAL;
        }
        if (last >= nbits) {
            return -ERANGE;
        }
        (is_not ? bitmap_clear_range : bitmap_set_range)
            (map, (unsigned int)first, (unsigned int)(last - first + 1));
        if (*end == '\0') {
            return bitmap_is_empty(map, nbits) ? -EINVAL : 0;
        }
        text = end + 1;
    }
}
