/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks and the requests on their way. Pure but for the console.
 */
#include <dom0/drv/disk.h>
#include <dom0/rt/rt.h>

LIST_HEAD(disk_list);

void disk_add(struct disk *disk, const char *name)
{
    strlcpy(disk->name, name, sizeof(disk->name));
    list_init(&disk->waiting);
    list_add_tail(&disk->link, &disk_list);
    con_printf("dom0: disk /dev/%s: %s, %lu MiB%s\n", disk->name, disk->kind,
               disk->sectors * DISK_SECTOR >> 20,
               disk->is_read_only ? ", read only" : "");
}

struct disk *disk_find(const char *name)
{
    struct disk *disk;

    list_for_each_entry(disk, &disk_list, link) {
        if (strcmp(disk->name, name) == 0) {
            return disk;
        }
    }
    return NULL;
}

static void disk_next(struct disk *disk)
{
    while (!list_empty(&disk->waiting)) {
        struct disk_io *const io =
            list_first_entry(&disk->waiting, struct disk_io, link);
        const unsigned int slot = bit_ffs(~disk->busy) - 1;

        if (disk->is_broken) {
            list_del(&io->link);
            io->done(io, false);
        } else if (slot < disk->slots) {
            list_del(&io->link);
            disk->busy |= BIT32(slot);
            disk->io[slot] = io;
            disk->start(disk, slot, io);
        } else {
            return;
        }
    }
}

void disk_submit(struct disk *disk, struct disk_io *io)
{
    if (disk->memory != NULL ||
        (io->op == DISK_FLUSH && disk->is_write_through)) {
        io->done(io, true);
        return;
    }
    list_add_tail(&io->link, &disk->waiting);
    disk_next(disk);
}

bool disk_done(struct disk *disk, unsigned int slot, bool is_good)
{
    if (slot >= disk->slots || !(disk->busy & BIT32(slot))) {
        return false;
    }
    disk->busy &= ~BIT32(slot);
    disk->io[slot]->done(disk->io[slot], is_good);
    disk_next(disk);
    return true;
}

void disk_break(struct disk *disk, const char *why)
{
    pci_stop(disk->pci, why);
    disk->is_broken = true;
    while (disk->busy != 0 &&
           disk_done(disk, bit_lowest(disk->busy), false)) {
    }
    disk_next(disk);
}
