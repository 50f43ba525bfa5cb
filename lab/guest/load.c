/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain of `lab run --on`: reads the experiment from its module
 * (lab/bridge.py wrote it), makes the load guests, gives the pool its policy
 * once they all sleep, so that the policy begins with nobody known, sleeps
 * through the experiment, and writes the trace's rings to the
 * debug port that only it has.
 */
#include <lab/adjust.h>
#include <lab/guest/load.h>

#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <core/abi/trace.h>

#define TABLE_MAGIC 0x314442414c534f48ull /* "HOSLABD1" */
#define GUESTS 24u
#define WORKER_GFN CHILD_GFN_FREE
#define DATA_GFN 0x100u
#define ADJUST_WORDS 4u
#define MASKS_AT (2 + ADJUST_WORDS)
#define DEBUG_PORT 0x402
#define COM2 0x2f8
#define COM_LCR (COM2 + 3)
#define COM_LCR_8BITS 0x03
#define COM_LCR_DIVISOR 0x80
#define COM_LSR (COM2 + 5)
#define COM_LSR_EMPTY 0x20
#define SET_SCHED 0x48000001u
#define POOL_CPU 1u /* Of a pool of their own                                */
#define RTC_INDEX 0x70
#define RTC_DATA 0x71
#define RTC_REG_A 0x0a
#define RTC_1024_HZ 0x26
#define RTC_REG_B 0x0b
#define RTC_24H 0x02
#define RTC_PERIODIC 0x40
#define TRACE_GFN 0x370000ull
#define TRACE_VA (MM_WINDOW + 0x20000000ull)
#define MS 1000000ull
/* The experiment begins at a multiple of this: tableau's slots have places. */
#define BEGIN_STEP (1024 * MS)
#define TURNS 8192u

/* How the module begins; behind it the guests, as make_guest() takes them. */
struct load_head {
    uint64_t magic;
    uint64_t policy;
    uint64_t duration;     /* ns */
    uint64_t lead;         /* ns that making the guests takes                */
    uint64_t ring_pages;
    uint64_t cpus;
    uint64_t guests;
    uint64_t has_pool;     /* They are in a pool of their own                */
    uint64_t has_serial;   /* The trace goes to COM2, not to DEBUG_PORT      */
    uint64_t change_at;    /* ns: of its policy                              */
    uint64_t change_every;
    uint64_t turns;
    uint64_t policies[];   /* By turns                                       */
};

static struct child child[GUESTS];
static struct load_vcpu *vcpu[GUESTS][CHILD_VCPUS];
static const uint64_t *table; /* The next guest's words in the module        */
static bool has_serial;
static uint64_t speed;        /* Instructions in 2^20 ns                     */

static void must(const char *what, int64_t rc)
{
    if (rc) {
        kprintf("load: %s: %ld\n", what, rc);
        test_abort(what);
    }
}

static void calibrate(void)
{
    uint64_t best = UINT64_MAX;

    for (unsigned int i = 0; i < 5; i++) {
        uint64_t turns = TURNS;
        const uint64_t begin = shared_now_ns();
        uint64_t took;

        asm volatile(LOAD_LOOP : "+r"(turns));
        took = shared_now_ns() - begin;
        best = took < best ? took : best;
    }
    speed = ((uint64_t)TURNS * LOAD_TURN << 20) / best;
}

/* The domain's jobs begin at page @gfn; returns the next free one. */
static unsigned int fill_vcpu(unsigned int g, unsigned int v,
                              unsigned int gfn)
{
    const uint64_t jobs = table[3];
    const uint64_t bytes = sizeof(struct load_vcpu) +
                           jobs * sizeof(struct load_job);
    const unsigned int pages =
        (unsigned int)((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    struct load_vcpu *w = NULL;
    int64_t rc = 0;

    for (unsigned int i = 0; i < pages; i += CHILD_PAGES) {
        const unsigned int n =
            pages - i < CHILD_PAGES ? pages - i : CHILD_PAGES;

        must("no memory for the jobs",
             child_populate(&child[g], gfn + i, n) - n);
    }
    for (unsigned int i = 0; i < pages; i++) {
        void *page = child_map(&child[g], gfn + i, &rc);

        must("the jobs cannot be mapped", rc);
        w = w ? w : page;
    }
    memset(w, 0, sizeof(*w));
    w->mode = (uint32_t)table[0];
    w->start = table[1];
    w->stop = table[2];
    w->jobs = jobs;
    w->id = v;
    w->vmmcall = hypercall_is_vmmcall;
    table += 4;
    for (uint64_t i = 0; i < jobs; i++, table += 2) {
        w->job[i].at = table[0];
        w->job[i].work = table[1] * speed >> 20;
    }
    vcpu[g][v] = w;
    child[g].mailbox[v].code =
        ((uint64_t)WORKER_GFN << PAGE_SHIFT) +
        (uint64_t)((const uint8_t *)load_worker - __start_worker);
    child[g].mailbox[v].arg[0] = (uint64_t)gfn << PAGE_SHIFT;
    child[g].mailbox[v].request++;
    return gfn + pages;
}

/* vcpus pages ADJUST hard soft, then the vCPUs; ADJUST is kept for later. */
static const uint64_t *make_guest(unsigned int g)
{
    struct child_config cfg = {
        .vcpus = (unsigned int)table[0],
        .max_kb = table[1] * 4 + 4096,
    };
    const uint64_t *adjust = table + 2;
    struct xen_domctl op = { 0 };
    unsigned int gfn = DATA_GFN;
    int64_t rc;

    must("a guest cannot be made", child_create(&child[g], &cfg));
    for (unsigned int v = 0; v < cfg.vcpus; v++) {
        op.u.vcpuaffinity.vcpu = v;
        op.u.vcpuaffinity.flags =
            XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
        op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
        set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap,
                             (uint8_t *)(uintptr_t)&table[MASKS_AT]);
        op.u.vcpuaffinity.cpumap_soft.nr_bits = 64;
        set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap,
                             (uint8_t *)(uintptr_t)&table[MASKS_AT + 1]);
        must("affinity", domctl(&op, XEN_DOMCTL_setvcpuaffinity,
                                child[g].domid));
    }
    memcpy(child_map(&child[g], WORKER_GFN, &rc), __start_worker,
           (size_t)(__stop_worker - __start_worker));
    table += MASKS_AT + 2;
    for (unsigned int v = 0; v < cfg.vcpus; v++) {
        gfn = fill_vcpu(g, v, gfn);
    }
    must("start", child_start(&child[g], cfg.vcpus));
    return adjust;
}

static void set_policy(uint32_t pool, uint32_t id)
{
    struct xen_sysctl op = { 0 };

    op.u.cpupool_op.op = SET_SCHED;
    op.u.cpupool_op.cpupool_id = pool;
    op.u.cpupool_op.sched_id = id;
    must("the policy", sysctl(&op, XEN_SYSCTL_cpupool_op));
}

/* The guests get a pool, which has CPU POOL_CPU; returns its number. */
static uint32_t make_pool(uint32_t id, unsigned int guests)
{
    struct xen_sysctl op = { 0 };
    struct xen_sysctl_cpupool_op *p = &op.u.cpupool_op;
    uint32_t pool;

    p->op = XEN_SYSCTL_CPUPOOL_OP_CREATE;
    p->cpupool_id = XEN_SYSCTL_CPUPOOL_PAR_ANY;
    p->sched_id = id;
    must("a pool", sysctl(&op, XEN_SYSCTL_cpupool_op));
    pool = p->cpupool_id;
    p->cpu = POOL_CPU;
    p->op = XEN_SYSCTL_CPUPOOL_OP_RMCPU;
    p->cpupool_id = 0;
    must("its CPU", sysctl(&op, XEN_SYSCTL_cpupool_op));
    p->op = XEN_SYSCTL_CPUPOOL_OP_ADDCPU;
    p->cpupool_id = pool;
    must("its CPU", sysctl(&op, XEN_SYSCTL_cpupool_op));
    p->op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN;
    for (unsigned int g = 0; g < guests; g++) {
        p->domid = child[g].domid;
        must("its guests", sysctl(&op, XEN_SYSCTL_cpupool_op));
    }
    return pool;
}

/* @adjust: see adjust.h; a policy without parameters has no use for it. */
static void adjust_guest(unsigned int g, uint32_t id, const uint64_t *adjust)
{
    struct xen_domctl op = { 0 };
    uint32_t word[ADJUST_WORDS];

    for (unsigned int i = 0; i < ADJUST_WORDS; i++) {
        word[i] = (uint32_t)adjust[i];
    }
    op.u.scheduler_op.sched_id = id;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    if (word[0] == 0 || domctl(&op, XEN_DOMCTL_scheduler_op,
                               child[g].domid) != 0) {
        return;
    }
    lab_adjust(&op.u.scheduler_op, word);
    must("its parameters", domctl(&op, XEN_DOMCTL_scheduler_op,
                                  child[g].domid));
}

static struct xen_sysctl_tbuf_op tbuf(uint32_t cmd, uint32_t mask,
                                      uint32_t size)
{
    struct xen_sysctl op = { 0 };

    op.u.tbuf_op.cmd = cmd;
    op.u.tbuf_op.evt_mask = mask;
    op.u.tbuf_op.size = size;
    must("the trace", sysctl(&op, XEN_SYSCTL_tbuf_op));
    return op.u.tbuf_op;
}

/* A page of the trace, until the next call. */
static const void *trace_page(uint64_t mfn, unsigned int slot)
{
    const uint64_t va = TRACE_VA + slot * PAGE_SIZE;
    const void *page;
    int64_t rc;

    (void)foreign_unmap(TRACE_GFN + slot, va);
    page = foreign_map(DOMID_XEN, mfn, TRACE_GFN + slot, va, &rc);
    must("map the trace", rc);
    return page;
}

/* At the highest speed, for an emulator takes the time that it says. */
static void open_serial(void)
{
    outb(COM_LCR, COM_LCR_DIVISOR);
    outb(COM2, 1);
    outb(COM2 + 1, 0);
    outb(COM_LCR, COM_LCR_8BITS);
}

static void out(const void *data, uint64_t bytes)
{
    if (!has_serial) {
        asm volatile("rep outsb" : "+S"(data), "+c"(bytes)
                     : "d"(DEBUG_PORT) : "memory");
        return;
    }
    for (uint64_t i = 0; i < bytes; i++) {
        while (!(inb(COM_LSR) & COM_LSR_EMPTY)) {
        }
        outb(COM2, ((const uint8_t *)data)[i]);
    }
}

/* One CPU's ring: its number, bytes, and so many of its data. */
static void write_ring(uint32_t cpu, const uint32_t *list,
                       unsigned int pages)
{
    const struct t_buf *buf = trace_page(list[0], 0);
    const uint32_t room = pages * PAGE_SIZE - (uint32_t)sizeof(*buf);
    uint32_t head[2] = { cpu, buf->prod };

    if (head[1] > room) {
        test_abort("the trace is longer than its rings");
    }
    out(head, sizeof(head));
    for (uint32_t i = 0, done = 0; done < head[1]; i++) {
        const uint8_t *page = trace_page(list[i], 0);
        const uint32_t skip = i == 0 ? (uint32_t)sizeof(*buf) : 0;
        uint32_t n = PAGE_SIZE - skip;

        n = n < head[1] - done ? n : head[1] - done;
        out(page + skip, n);
        done += n;
    }
}

static void write_trace(uint64_t t0, unsigned int cpus, unsigned int pages)
{
    const struct xen_sysctl_tbuf_op t = tbuf(XEN_SYSCTL_TBUFOP_get_info, 0,
                                             0);
    const volatile struct vcpu_time_info *v = &shared_vcpu_info(0)->time;
    const uint64_t head[8] = {
        TABLE_MAGIC, t0, v->system_time, v->tsc_timestamp,
        v->tsc_to_system_mul, (uint64_t)(int64_t)v->tsc_shift,
        child[0].domid, cpus,
    };
    const struct t_info *info;

    for (unsigned int i = 0; i < t.size / PAGE_SIZE; i++) {
        trace_page(t.buffer_mfn + i, 1 + i);
    }
    info = (const struct t_info *)(TRACE_VA + PAGE_SIZE);
    out(head, sizeof(head));
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        write_ring(cpu, (const uint32_t *)info + info->mfn_offset[cpu],
                   pages);
    }
}

static void wait_ready(unsigned int guests)
{
    for (unsigned int g = 0; g < guests; g++) {
        for (unsigned int v = 0; v < child[g].vcpus; v++) {
            while (!vcpu[g][v]->is_ready) {
                child_relax(MS);
            }
        }
    }
    /* And asleep. */
    child_relax(MS);
}

/*
 * With -icount QEMU gives one CPU at a time all that is left until the next
 * timer of the machine, which may be long: so the RTC always has one soon.
 */
static void keep_timer(void)
{
    outb(RTC_INDEX, RTC_REG_A);
    outb(RTC_DATA, RTC_1024_HZ);
    outb(RTC_INDEX, RTC_REG_B);
    outb(RTC_DATA, RTC_24H | RTC_PERIODIC);
}

static void sleep_until(uint64_t at)
{
    while (shared_now_ns() < at) {
        child_relax(at - shared_now_ns());
    }
}

static const struct load_head *find_head(void)
{
    const struct hvm_modlist_entry *module =
        (const void *)(uintptr_t)shared_start_info.modlist_paddr;
    const struct load_head *h = (const void *)(uintptr_t)module->paddr;

    if (shared_start_info.nr_modules == 0 ||
        (module->paddr + module->size > MM_POOL_START &&
         module->paddr < MM_POOL_END) ||
        h->magic != TABLE_MAGIC || h->guests > GUESTS) {
        kprintf("load: module at %lx, %lx bytes, first word %lx\n",
                module->paddr, module->size, h->magic);
        test_abort("there is no table of an experiment");
    }
    return h;
}

/* Sleep through the experiment; change the pool's policy when asked to. */
static void play(const struct load_head *h, uint32_t pool, uint64_t t0)
{
    uint64_t turn = 0;

    if (h->turns) {
        keep_timer();
    }
    for (uint64_t at = h->change_at; h->turns && at < h->duration;
         at += h->change_every) {
        sleep_until(t0 + at);
        set_policy(pool, (uint32_t)h->policies[turn++ % h->turns]);
    }
    sleep_until(t0 + h->duration);
    kprintf("load: %lu changes of policy\n", turn);
}

TEST(load, "an experiment of the laboratory", TEST_DOM0)
{
    const struct load_head *h = find_head();
    const uint64_t *adjust[GUESTS];
    const unsigned int guests = (unsigned int)h->guests;
    uint32_t pool = 0;
    uint64_t t0;

    table = h->policies + h->turns;
    has_serial = h->has_serial;
    if (has_serial) {
        open_serial();
    }
    calibrate();
    for (unsigned int g = 0; g < guests; g++) {
        adjust[g] = make_guest(g);
    }
    t0 = (shared_now_ns() + h->lead) / BEGIN_STEP * BEGIN_STEP + BEGIN_STEP;
    for (unsigned int g = 0; g < guests; g++) {
        for (unsigned int v = 0; v < child[g].vcpus; v++) {
            vcpu[g][v]->t0 = t0;
        }
        must("unpause", domctl_plain(XEN_DOMCTL_unpausedomain,
                                     child[g].domid));
    }
    wait_ready(guests);
    if (h->has_pool) {
        pool = make_pool((uint32_t)h->policy, guests);
    } else {
        set_policy(0, (uint32_t)h->policy);
    }
    for (unsigned int g = 0; g < guests; g++) {
        adjust_guest(g, (uint32_t)h->policy, adjust[g]);
    }
    tbuf(XEN_SYSCTL_TBUFOP_set_evt_mask, TRC_SCHED_MIN, 0);
    tbuf(XEN_SYSCTL_TBUFOP_set_size, 0, (uint32_t)h->ring_pages);
    if (shared_now_ns() + MS > t0) {
        test_abort("the guests were not ready in time");
    }
    kprintf("load: %u guests, %lu instructions in 2^20 ns\n", guests, speed);
    play(h, pool, t0);
    tbuf(XEN_SYSCTL_TBUFOP_disable, 0, 0);
    write_trace(t0, (unsigned int)h->cpus, (unsigned int)h->ring_pages);
    check("the trace is written", true, "-");
}
