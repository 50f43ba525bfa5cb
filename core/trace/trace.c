/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event trace.
 *
 * Design: a ring per CPU in the ABI's form (struct t_buf, records behind it),
 * written by that CPU only and read by the control domain through a mapping,
 * which moves @cons.  Both offsets count modulo twice the size, so that full
 * and empty differ.  A record never wraps: a filler goes to the end of the
 * ring instead.  When there is no room records are counted, and a record says
 * how many before the next one that fits.
 *
 * Locking: none; rings are made once and stay, and who sets it up holds
 * CONTROL.  @cons is another's memory: it is read once and checked, and a bad
 * one switches the ring off.
 */
#include <core/arch/arch_time.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/kernel/softirq.h>
#include <core/lib/bitmap.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/mm/page.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>
#include <core/trace/trace.h>

#define RECENT 32u
#define CYCLE_WORDS 2u
#define MAX_RECORD ((1 + CYCLE_WORDS + TRACE_EXTRA_MAX) * sizeof(uint32_t))
/* header, count, domain and vCPU, time of the first lost */
#define LOST_WORDS 4u
#define LOST_BYTES ((1 + CYCLE_WORDS + LOST_WORDS) * sizeof(uint32_t))

struct trace_ring {
    struct t_buf *buf;
    uint32_t size;           /* Of the data                                  */
    uint32_t lost;
    uint64_t first_lost;     /* Cycles                                       */
    uint32_t written;        /* Records ever                                 */
    uint32_t recent[RECENT]; /* Offsets of the last ones                     */
    bool is_off;             /* Spoilt by its reader                         */
};

uint32_t trace_mask;

static struct t_info *info;
static uint32_t info_bytes;
static unsigned int ring_pages;
static unsigned int next_ring;   /* CPUs below this have been thought of     */
static uint32_t wanted = TRC_ALL;
static bool is_on;
static uint64_t excluded[BITMAP_WORDS(CPU_MAX)];
static void (*hook)(void);

static char *data_at(const struct trace_ring *r, uint32_t at)
{
    return (char *)(r->buf + 1) + (at >= r->size ? at - r->size : at);
}

/* Bytes in use, or UINT32_MAX if the reader's offset makes no sense. */
static uint32_t bytes_used(const struct trace_ring *r)
{
    const uint32_t cons = READ_ONCE(r->buf->cons);
    const uint32_t prod = r->buf->prod;
    uint32_t used;

    if (cons >= 2 * r->size || cons % sizeof(uint32_t) != 0) {
        return UINT32_MAX;
    }
    used = prod >= cons ? prod - cons : prod + 2 * r->size - cons;
    return used <= r->size ? used : UINT32_MAX;
}

/* Bytes from @prod to the end of the ring's memory. */
static uint32_t bytes_to_end(const struct trace_ring *r)
{
    const uint32_t prod = r->buf->prod;

    return prod >= r->size ? 2 * r->size - prod : r->size - prod;
}

static void put_record(struct trace_ring *r, uint32_t event,
                       bool has_cycles, unsigned int words,
                       const uint32_t *data)
{
    const uint64_t cycles = arch_cycles();
    char *const at = data_at(r, r->buf->prod);
    const uint32_t head = event | words << TRACE_EXTRA_SHIFT |
                          (has_cycles ? (uint32_t)TRC_HD_CYCLE_FLAG : 0);
    uint32_t len = sizeof(head);
    uint32_t prod;

    memcpy(at, &head, sizeof(head));
    if (has_cycles) {
        memcpy(at + len, &cycles, sizeof(cycles));
        len += sizeof(cycles);
    }
    memcpy(at + len, data, words * sizeof(uint32_t));
    len += words * (uint32_t)sizeof(uint32_t);
    r->recent[r->written++ % RECENT] = r->buf->prod;
    prod = r->buf->prod + len;
    if (prod >= 2 * r->size) {
        prod -= 2 * r->size;
    }
    /* Release: the reader sees the record before the offset. */
    atomic_set_release(&r->buf->prod, prod);
}

/* Fill up to the end of the memory if @len bytes do not fit before it. */
static void put_filler(struct trace_ring *r, uint32_t len)
{
    static const uint32_t nothing[TRACE_EXTRA_MAX];
    const uint32_t left = bytes_to_end(r);
    uint32_t words = left / (uint32_t)sizeof(uint32_t) - 1;
    const bool has_cycles = words > TRACE_EXTRA_MAX;

    if (left >= len) {
        return;
    }
    if (has_cycles) {
        words -= CYCLE_WORDS;
    }
    put_record(r, TRC_TRACE_WRAP_BUFFER, has_cycles, words, nothing);
}

static uint32_t with_filler(const struct trace_ring *r, uint32_t len)
{
    const uint32_t left = bytes_to_end(r);

    return left < len ? len + left : len;
}

static void put_lost(struct trace_ring *r)
{
    const uint32_t data[LOST_WORDS] = {
        r->lost, 0, (uint32_t)r->first_lost, (uint32_t)(r->first_lost >> 32),
    };

    put_filler(r, LOST_BYTES);
    put_record(r, TRC_LOST_RECORDS, true, LOST_WORDS, data);
    r->lost = 0;
}

void trace_record(uint32_t event, unsigned int words, const uint32_t *data)
{
    struct trace_ring *const r = this_cpu()->trace;
    const uint32_t len =
        (1 + CYCLE_WORDS + words) * (uint32_t)sizeof(uint32_t);
    uint32_t used;
    uint32_t room;

    if (!r || r->is_off || words > TRACE_EXTRA_MAX ||
        bitmap_test(excluded, this_cpu_id())) {
        return;
    }
    used = bytes_used(r);
    if (used == UINT32_MAX) {
        r->is_off = true;
        return;
    }
    /* Generous: room for the report of losses and two fillers. */
    room = with_filler(r, len) + (r->lost ? LOST_BYTES + MAX_RECORD : 0);
    if (r->size - used < room) {
        if (r->lost++ == 0) {
            r->first_lost = arch_cycles();
        }
        return;
    }
    if (r->lost) {
        put_lost(r);
    }
    put_filler(r, len);
    put_record(r, event, true, words, data);
    if (hook && used < r->size / 2 && used + len >= r->size / 2) {
        softirq_raise_self(SOFTIRQ_EVENT);
    }
}

/* Pages that the control domain may map. */
static void *shared_alloc(size_t bytes)
{
    const unsigned int order = order_of_pages(bytes_to_pages(bytes));
    struct page *const pg = page_alloc(order, DOMID_XEN, PAGE_ZERO,
                                       PAGE_ANY_NODE);

    for (unsigned long i = 0; pg && i < 1ul << order; i++) {
        pg[i].flags |= PAGE_F_SHARED;
    }
    return pg ? page_va(pg) : NULL;
}

static int make_ring(unsigned int cpu)
{
    const uint32_t first = info->mfn_offset[0] + cpu * ring_pages;
    struct trace_ring *const r = xzalloc_type(struct trace_ring);
    uint32_t *const list = (uint32_t *)info;
    char *const mem = r ? shared_alloc(ring_pages * PAGE_SIZE) : NULL;

    if (!mem) {
        xfree(r);
        return -ENOMEM;
    }
    r->buf = (struct t_buf *)mem;
    r->size = (uint32_t)(ring_pages * PAGE_SIZE - sizeof(struct t_buf));
    for (unsigned int i = 0; i < ring_pages; i++) {
        list[first + i] =
            (uint32_t)mfn_x(page_mfn(va_page(mem + i * PAGE_SIZE)));
    }
    info->mfn_offset[cpu] = (uint16_t)first;
    cpu_of(cpu)->trace = r;
    return 0;
}

static int make_info(unsigned int pages)
{
    const uint32_t head =
        (uint32_t)DIV_ROUND_UP(sizeof(struct t_info) +
                                   cpu_count * sizeof(uint16_t),
                               sizeof(uint32_t));
    const size_t bytes =
        (head + (size_t)cpu_count * pages) * sizeof(uint32_t);

    /* What the ABI has room for. */
    if (pages == 0 || pages > UINT16_MAX ||
        head + cpu_count * pages > UINT16_MAX) {
        return -EINVAL;
    }
    info = shared_alloc(bytes);
    if (!info) {
        return -ENOMEM;
    }
    info_bytes = (uint32_t)round_up(bytes, PAGE_SIZE);
    ring_pages = pages;
    info->tbuf_size = (uint16_t)pages;
    info->mfn_offset[0] = (uint16_t)head;
    return 0;
}

static void apply_mask(void)
{
    WRITE_ONCE(trace_mask, is_on ? wanted & TRC_ALL : 0);
}

int trace_alloc(unsigned int pages)
{
    int rc = 0;

    if (info && pages != ring_pages) {
        return -EINVAL;
    }
    if (info && next_ring == cpu_count) {
        return -EBUSY;
    }
    if (!info) {
        rc = make_info(pages);
    }
    if (rc == 0 && cpu_of(next_ring)) {
        rc = make_ring(next_ring);
    }
    if (rc) {
        return rc;
    }
    return ++next_ring < cpu_count ? -ERESTART : trace_enable(true);
}

void trace_set_mask(uint32_t mask)
{
    wanted = mask;
    apply_mask();
}

uint32_t trace_get_mask(void)
{
    return wanted;
}

int trace_enable(bool on)
{
    if (on && !info) {
        return -EINVAL;
    }
    is_on = on;
    apply_mask();
    return 0;
}

void trace_set_cpus(const uint64_t *bits)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(excluded); i++) {
        WRITE_ONCE(excluded[i], ~bits[i]);
    }
}

uint64_t trace_info_mfn(void)
{
    return info ? mfn_x(page_mfn(va_page(info))) : 0;
}

uint32_t trace_info_bytes(void)
{
    return info_bytes;
}

static void run_hook(void)
{
    if (hook) {
        hook();
    }
}

void trace_set_hook(void (*fn)(void))
{
    hook = fn;
    softirq_register(SOFTIRQ_EVENT, run_hook);
}

static void dump_record(const char *at)
{
    uint32_t word[TRACE_EXTRA_MAX];
    uint64_t cycles = 0;
    uint32_t head;
    uint32_t len = sizeof(head);

    memcpy(&head, at, sizeof(head));
    if (TRC_HD_INCLUDES_CYCLE_COUNT(head)) {
        memcpy(&cycles, at + len, sizeof(cycles));
        len += sizeof(cycles);
    }
    printk_raw("  %16lu %07x", cycles, (uint32_t)TRC_HD_TO_EVENT(head));
    memcpy(word, at + len, TRC_HD_EXTRA(head) * sizeof(uint32_t));
    for (unsigned int i = 0; i < TRC_HD_EXTRA(head); i++) {
        printk_raw(" %08x", word[i]);
    }
    printk_raw("\n");
}

void trace_dump(unsigned int count)
{
    for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
        const struct trace_ring *const r =
            cpu_of(cpu) ? cpu_of(cpu)->trace : NULL;
        const uint32_t n = r ? min_t(uint32_t, r->written, count) : 0;

        if (n) {
            printk_raw("Trace of CPU %u:\n", cpu);
        }
        for (uint32_t i = min(n, RECENT); i > 0; i--) {
            dump_record(data_at(r, r->recent[(r->written - i) % RECENT]));
        }
    }
}
