/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event trace, read as xentrace would.
 * Links: core core/trace/trace.c
 */
#include <string.h>

#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <core/trace/trace.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

static struct t_buf *buf;
static uint32_t size;

static void set_up(void)
{
    const struct t_info *info;
    static struct trace_ring *ring;

    fake_init(2);
    if (ring) {
        this_cpu()->trace = ring;
        return;
    }
    fake_memory(64);
    CHECK_EQ(trace_enable(true), -EINVAL);
    CHECK_EQ(trace_enable(false), 0);
    CHECK_EQ(trace_alloc(0), -EINVAL);
    CHECK_EQ(trace_alloc(UINT16_MAX), -EINVAL);
    CHECK_EQ(trace_info_mfn(), 0);
    CHECK_EQ(trace_alloc(2), -ERESTART);
    CHECK_EQ(trace_alloc(3), -EINVAL);
    CHECK_EQ(trace_alloc(2), 0);
    CHECK_EQ(trace_alloc(2), -EBUSY);
    CHECK_EQ(trace_alloc(3), -EINVAL);
    info = mfn_va(MFN(trace_info_mfn()));
    CHECK_EQ(info->tbuf_size, 2);
    buf = mfn_va(MFN(((const uint32_t *)info)[info->mfn_offset[0]]));
    CHECK(va_page(info)->flags & PAGE_F_SHARED);
    CHECK(va_page(buf)->flags & PAGE_F_SHARED);
    size = 2 * PAGE_SIZE - sizeof(*buf);
    CHECK_EQ(trace_get_mask(), TRC_ALL);
    CHECK_EQ(trace_mask, TRC_ALL);
    ring = this_cpu()->trace;
}

/* Take one record out: its event, data words in @data. */
static uint32_t take(uint32_t *data, unsigned int *words)
{
    const char *p = (const char *)(buf + 1) + buf->cons % size;
    uint32_t head;
    uint32_t len = 4;

    memcpy(&head, p, 4);
    len += TRC_HD_INCLUDES_CYCLE_COUNT(head) ? 8 : 0;
    *words = TRC_HD_EXTRA(head);
    memcpy(data, p + len, *words * 4);
    len += *words * 4;
    CHECK(buf->cons % size + len <= size);
    buf->cons = (buf->cons + len) % (2 * size);
    return TRC_HD_TO_EVENT(head);
}

TEST(order_and_wrap)
{
    uint32_t written = 0;
    uint32_t got = 0;
    uint32_t data[7];
    unsigned int words;

    set_up();
    for (int round = 0; round < 5000; round++) {
        const unsigned int n = (unsigned int)(unit_random() % 6) + 1;
        uint32_t out[7] = { written++, n };

        trace_record(TRC_SCHED_WAKE, n, out);
        while (unit_random() % 2 && buf->cons != buf->prod) {
            const uint32_t ev = take(data, &words);

            if (ev == TRC_SCHED_WAKE) {
                CHECK_EQ(data[0], got);
                got++;
            } else if (ev == TRC_LOST_RECORDS) {
                got += data[0];
            } else {
                CHECK_EQ(ev, TRC_TRACE_WRAP_BUFFER);
            }
        }
    }
    CHECK(got > 1000);
}

TEST(losses_are_told)
{
    uint32_t data[7] = { 0 };
    unsigned int words;
    unsigned int seen = 0;
    unsigned int lost = 0;

    set_up();
    buf->cons = buf->prod;
    for (int i = 0; i < 2000; i++) {
        trace_record(TRC_SCHED_WAKE, 2, data);
    }
    while (buf->cons != buf->prod) {
        seen += take(data, &words) == TRC_SCHED_WAKE;
    }
    trace_record(TRC_SCHED_WAKE, 2, data);
    while (buf->cons != buf->prod) {
        const uint32_t ev = take(data, &words);

        if (ev == TRC_LOST_RECORDS) {
            CHECK_EQ(words, 4);
            lost = data[0];
        }
    }
    CHECK_EQ(seen + lost, 2000);
}

TEST(masks)
{
    const uint32_t prod = buf->prod;
    const uint64_t none[BITMAP_WORDS(CPU_MAX)] = { 0 };
    uint64_t all[BITMAP_WORDS(CPU_MAX)];

    set_up();
    bitmap_fill(all, CPU_MAX);
    trace_set_mask(TRC_HVM);
    TRACE(WAKE, 1, 2);
    trace_set_mask(TRC_SCHED_MIN);
    TRACE(WAKE, 1, 2);
    CHECK_EQ(buf->prod, prod);
    TRACE(RUNSTATE, 1);
    CHECK(buf->prod != prod);
    buf->prod = prod;
    trace_set_cpus(none);
    TRACE(RUNSTATE, 1);
    CHECK_EQ(buf->prod, prod);
    trace_set_cpus(all);
    CHECK_EQ(trace_enable(false), 0);
    TRACE(RUNSTATE, 1);
    CHECK_EQ(buf->prod, prod);
    CHECK_EQ(trace_enable(true), 0);
    trace_set_mask(TRC_ALL);
    TRACE(SWITCH, 1, 2, 3, 4);
    CHECK(buf->prod != prod);
    trace_dump(4);
    CHECK(strstr(fake_printed(), "Trace of CPU 0") != NULL);
}

TEST(bad_reader)
{
    uint32_t data[7] = { 0 };
    uint32_t prod;

    set_up();
    buf->cons = 2 * size + 4;
    prod = buf->prod;
    trace_record(TRC_SCHED_WAKE, 2, data);
    CHECK_EQ(buf->prod, prod);
}
