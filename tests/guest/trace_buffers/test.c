/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace buffers as xentrace uses them: every operation of tbuf_op, the
 * list of pages and the rings mapped from DOMID_XEN, and what records of a
 * block and its end say.  Buffers are made once for all, so one test has it
 * all in its order.
 * Public headers "sysctl.h", "trace.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>
#include <xen/trace.h>

#define PAGES 4u
#define AT 0x360000ull
#define VA (MM_WINDOW + 0x20000000ull)
#define INFO_SLOT 64u
#define RING_BYTES (PAGES * PAGE_SIZE - sizeof(struct t_buf))

static struct xen_sysctl op;
static const struct xen_sysctl_tbuf_op *const t = &op.u.tbuf_op;
static const struct t_info *info;
static volatile struct t_buf *buf;

static int64_t tbuf(uint32_t cmd, uint32_t mask, uint32_t size)
{
    static uint8_t map[32];

    memset(&op, 0, sizeof(op));
    op.u.tbuf_op.cmd = cmd;
    op.u.tbuf_op.evt_mask = mask;
    op.u.tbuf_op.size = size;
    /* For set_cpu_mask: CPU 0 is in it or not. */
    map[0] = (uint8_t)size;
    op.u.tbuf_op.cpu_mask.nr_bits = sizeof(map) * 8;
    set_xen_guest_handle(op.u.tbuf_op.cpu_mask.bitmap, map);
    return sysctl(&op, XEN_SYSCTL_tbuf_op);
}

static int64_t map_page(uint64_t mfn, unsigned int slot)
{
    int64_t rc;

    foreign_map(DOMID_XEN, mfn, AT + slot, VA + slot * PAGE_SIZE, &rc);
    return rc;
}

static int64_t unmap_page(unsigned int slot)
{
    return foreign_unmap(AT + slot, VA + slot * PAGE_SIZE);
}

/* Block some times; on a laden host a time to wake may have passed. */
static void rest(void)
{
    for (unsigned int i = 0; i < 5; i++) {
        child_relax(2000000);
    }
}

static void before(void)
{
    check_eq("get_info", tbuf(XEN_SYSCTL_TBUFOP_get_info, 0, 0), 0);
    check_eq("all events", t->evt_mask, TRC_ALL);
    check_eq("no list", (int64_t)t->buffer_mfn, 0);
    check_eq("of no size", t->size, 0);
    check_eq("enable without buffers",
             tbuf(XEN_SYSCTL_TBUFOP_enable, 0, 0), -XEN_EINVAL);
    check_eq("disable", tbuf(XEN_SYSCTL_TBUFOP_disable, 0, 0), 0);
    check_eq("an unknown operation", tbuf(6, 0, 0), -XEN_EINVAL);
    check_eq("set_size of none", tbuf(XEN_SYSCTL_TBUFOP_set_size, 0, 0),
             -XEN_EINVAL);
}

static void make(void)
{
    check_eq("set_size", tbuf(XEN_SYSCTL_TBUFOP_set_size, 0, PAGES), 0);
    check_eq("set_size again", tbuf(XEN_SYSCTL_TBUFOP_set_size, 0, PAGES),
             -XEN_EBUSY);
    check_eq("another size", tbuf(XEN_SYSCTL_TBUFOP_set_size, 0, PAGES + 1),
             -XEN_EINVAL);
    check_eq("set_evt_mask",
             tbuf(XEN_SYSCTL_TBUFOP_set_evt_mask, TRC_SCHED, 0), 0);
    check_eq("set_cpu_mask", tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, 0, 1), 0);
    op.u.tbuf_op.cmd = XEN_SYSCTL_TBUFOP_set_cpu_mask;
    set_xen_guest_handle(op.u.tbuf_op.cpu_mask.bitmap, (uint8_t *)MM_WINDOW);
    check_eq("a mask from nowhere", sysctl(&op, XEN_SYSCTL_tbuf_op),
             -XEN_EFAULT);
    check_eq("get_info", tbuf(XEN_SYSCTL_TBUFOP_get_info, 0, 0), 0);
    check_eq("its mask", t->evt_mask, TRC_SCHED);
    check("a list", t->buffer_mfn != 0 && t->size >= PAGE_SIZE &&
          t->size % PAGE_SIZE == 0, "%lx, %u", t->buffer_mfn, t->size);
}

static bool map_all(void)
{
    const uint64_t mfn = t->buffer_mfn;
    const uint32_t *list;

    if (!check_eq("map the list", map_page(mfn, INFO_SLOT), 0)) {
        return false;
    }
    info = (const struct t_info *)(VA + INFO_SLOT * PAGE_SIZE);
    check_eq("its size in pages", info->tbuf_size, PAGES);
    if (!check("an offset", info->mfn_offset[0] > 0 &&
               info->mfn_offset[0] + PAGES <= PAGE_SIZE / 4, "%u",
               info->mfn_offset[0])) {
        return false;
    }
    list = (const uint32_t *)info + info->mfn_offset[0];
    for (unsigned int i = 0; i < PAGES; i++) {
        if (!check_eq("map a page", map_page(list[i], i), 0)) {
            return false;
        }
    }
    buf = (volatile struct t_buf *)VA;
    rest();
    check("it is on since there are buffers", buf->prod != 0, "nothing");
    check_eq("disable", tbuf(XEN_SYSCTL_TBUFOP_disable, 0, 0), 0);
    buf->cons = buf->prod;
    return true;
}

/*
 * Does the ring have this event, and is its first word (ANY: never mind)?
 * All records are whole, in order of time, and of what was asked for.
 */
#define ANY UINT32_MAX
static bool has(uint32_t event, uint32_t mask, uint32_t word)
{
    const uint8_t *data = (const uint8_t *)(VA + sizeof(struct t_buf));
    uint64_t last = 0;
    bool found = false;
    uint32_t at = buf->cons;

    while (at != buf->prod) {
        uint32_t rec[10];
        unsigned int words;
        uint32_t n;

        memcpy(rec, data + at % RING_BYTES, 4);
        words = TRC_HD_INCLUDES_CYCLE_COUNT(rec[0]) ? 3 : 1;
        n = TRC_HD_EXTRA(rec[0]) + words;
        memcpy(rec, data + at % RING_BYTES, n * 4);
        if (words == 3) {
            const uint64_t time = rec[1] | (uint64_t)rec[2] << 32;

            check_quiet("a time", time >= last, "%lx behind %lx", time, last);
            last = time;
        }
        check_quiet("of the class", rec[0] & TRC_SCHED & ~0xfffu, "%x",
                    rec[0]);
        if ((TRC_HD_TO_EVENT(rec[0]) & mask) == event &&
            (word == ANY || rec[words] == word)) {
            found = true;
        }
        at = (at + n * 4) % (2 * RING_BYTES);
        if (!check_quiet("not beyond the end", n <= 10, "%u", n)) {
            break;
        }
    }
    return found;
}

static void records(void)
{
    const uint32_t idle = 0x7fffu << 16;

    check_eq("enable", tbuf(XEN_SYSCTL_TBUFOP_enable, 0, 0), 0);
    rest();
    check_eq("disable", tbuf(XEN_SYSCTL_TBUFOP_disable, 0, 0), 0);
    CHECK("there are records", buf->prod != 0);
    check("d0v0 stops running", has(TRC_SCHED_RUNSTATE_CHANGE, ~0xf0u, 0),
          "no record");
    CHECK("d0v0 blocks", has(TRC_SCHED_RUNSTATE_CHANGE | 0x20, ~0u, 0));
    CHECK("d0v0 becomes runnable",
          has(TRC_SCHED_RUNSTATE_CHANGE | 0x210, ~0u, 0));
    CHECK("d0v0 runs", has(TRC_SCHED_RUNSTATE_CHANGE | 0x100, ~0u, 0));
    CHECK("the CPU idles",
          has(TRC_SCHED_RUNSTATE_CHANGE | 0x100, ~0u, idle));
    CHECK("and idles no more",
          has(TRC_SCHED_RUNSTATE_CHANGE | 0x010, ~0u, idle));
    CHECK("a switch", has(TRC_SCHED_SWITCH, ~0u, 0));
    CHECK("a switch back", has(TRC_SCHED_SWITCH, ~0u, 0x7fff));
    CHECK("from whom", has(TRC_SCHED_SWITCH_INFPREV, ~0u, 0));
    CHECK("to whom", has(TRC_SCHED_SWITCH_INFNEXT, ~0u, 0));
    CHECK("a wake-up", has(TRC_SCHED_WAKE, ~0u, 0));
}

static void masks(void)
{
    const uint32_t prod = buf->prod;

    rest();
    check_eq("nothing while it is off", buf->prod, prod);
    check_eq("no CPU", tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, 0, 0), 0);
    check_eq("enable", tbuf(XEN_SYSCTL_TBUFOP_enable, 0, 0), 0);
    rest();
    check_eq("nothing of CPUs left out", buf->prod, prod);
    check_eq("CPU 0", tbuf(XEN_SYSCTL_TBUFOP_set_cpu_mask, 0, 1), 0);
    tbuf(XEN_SYSCTL_TBUFOP_set_evt_mask, TRC_SCHED_MIN, 0);
    buf->cons = buf->prod;
    rest();
    CHECK("run states are of the smallest class",
          has(TRC_SCHED_RUNSTATE_CHANGE | 0x100, ~0u, 0));
    CHECK("switches are not", !has(TRC_SCHED_SWITCH, ~0u, ANY));
    for (unsigned int i = 0; i < 2000; i++) {
        child_relax(1000);
    }
    check("a full ring stays in bounds",
          (buf->prod + 2 * RING_BYTES - buf->cons) % (2 * RING_BYTES) <=
          RING_BYTES, "%u, %u", buf->cons, buf->prod);
    /* A reader that writes nonsense harms itself only. */
    buf->cons = 3;
    rest();
    check_eq("disable", tbuf(XEN_SYSCTL_TBUFOP_disable, 0, 0), 0);
    tbuf(XEN_SYSCTL_TBUFOP_set_evt_mask, TRC_ALL, 0);
}

/* The ring is CPU 0's. */
static void pin(int cpu)
{
    struct sched_pin_override where = { .pcpu = cpu };

    check_eq("pin_override", sched_op(SCHEDOP_pin_override, &where), 0);
    rest();
}

TEST(trace_buffers, "trace buffers: tbuf_op and records", TEST_DOM0)
{
    pin(0);
    before();
    make();
    if (map_all()) {
        check("a page of the hypervisor's own",
              map_page((uint64_t)t->buffer_mfn + 0x10000000, 70) < 0,
              "maps");
        records();
        masks();
        for (unsigned int i = 0; i < PAGES; i++) {
            check_quiet("unmap", unmap_page(i) == 0, "fails");
        }
        check_eq("unmap the list", unmap_page(INFO_SLOT), 0);
    }
    pin(-1);
}
