/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grants of guests. Chapter: grant_table.h of the public headers.
 */
#include <dom0/rt/grant.h>
#include <dom0/rt/rt.h>

int grant_map(struct grant_map *m, domid_t domid, grant_ref_t ref)
{
    struct gnttab_map_grant_ref op = {
        .flags = GNTMAP_host_map, .ref = ref, .dom = domid,
    };

    m->page = mem_window_get();
    if (m->page == NULL) {
        return -ENOMEM;
    }
    op.host_addr = (uint64_t)m->page;
    if (hypercall_grant(GNTTABOP_map_grant_ref, &op, 1) != 0 ||
        op.status != GNTST_okay) {
        mem_window_put(m->page);
        m->page = NULL;
        return -EINVAL;
    }
    m->handle = op.handle;
    return 0;
}

void grant_unmap(struct grant_map *m)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = (uint64_t)m->page, .handle = m->handle,
    };

    if (m->page == NULL) {
        return;
    }
    if (hypercall_grant(GNTTABOP_unmap_grant_ref, &op, 1) != 0 ||
        op.status != GNTST_okay) {
        panic("a grant cannot be unmapped: status %d", op.status);
    }
    mem_window_put(m->page);
    m->page = NULL;
}

unsigned int grant_crash_after;

bool grant_copy(struct gnttab_copy *op, unsigned int count)
{
    bool is_good = count == 0 ||
                   hypercall_grant(GNTTABOP_copy, op, count) == 0;

    for (unsigned int i = 0; i < count; i++) {
        is_good &= op[i].status == GNTST_okay;
    }
    if (grant_crash_after != 0 && --grant_crash_after == 0) {
        panic("asked for, after a copy");
    }
    return is_good;
}
