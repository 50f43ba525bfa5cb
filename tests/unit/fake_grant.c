/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant copies on the host: fake_grant_page has the guest's pages by
 * reference; addresses of this side are the host's. As the hypervisor, it
 * refuses what crosses a page or is not granted.
 */
#include <string.h>

#include <tests/unit/fake_grant.h>

void *fake_grant_page[FAKE_GRANTS];
unsigned int fake_grant_copies;

bool grant_copy(struct gnttab_copy *op, unsigned int count)
{
    bool is_good = true;

    for (unsigned int i = 0; i < count; i++) {
        const bool is_to = op[i].flags == GNTCOPY_dest_gref;
        const uint32_t ref = is_to ? op[i].dest.u.ref : op[i].source.u.ref;
        const uint16_t offset = is_to ? op[i].dest.offset
                                      : op[i].source.offset;
        const uint64_t here = is_to
            ? (op[i].source.u.gmfn << 12 | op[i].source.offset)
            : (op[i].dest.u.gmfn << 12 | op[i].dest.offset);

        fake_grant_copies++;
        op[i].status = GNTST_okay;
        if (ref >= FAKE_GRANTS || !fake_grant_page[ref] ||
            offset + op[i].len > 4096 || (here & 4095) + op[i].len > 4096) {
            op[i].status = GNTST_general_error;
            is_good = false;
        } else if (is_to) {
            memcpy((char *)fake_grant_page[ref] + offset, (void *)here,
                   op[i].len);
        } else {
            memcpy((void *)here, (char *)fake_grant_page[ref] + offset,
                   op[i].len);
        }
    }
    return is_good;
}
