/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consoles: who is there, who is chosen, and the way of a character to all
 * of them and to the ring.
 *
 * Locking: CONSOLE around the list, the ring and the drivers.  Interrupts are
 * off, so only an NMI or a fault can find its own CPU inside: it goes ahead
 * without the lock.  In a panic the lock is waited for only so long.
 */
#include <core/console/con_ring.h>
#include <core/console/console.h>
#include <core/console/console_priv.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/softirq.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/lib/string.h>
#include <core/sync/atomic.h>
#include <core/sync/spinlock.h>

#define PREFIX "(hospes) "
#define MAX_SELECTION 64u
#define PANIC_TRIES 1000000u
#define POLL_NS (10 * NSEC_PER_MSEC)

static struct spinlock lock = SPINLOCK_INIT(CONSOLE);
static uint32_t lock_owner;           /* [a] CPU + 1                         */
static LIST_HEAD(consoles);           /* [lock]                              */
bool console_to_ring;

static struct con_ring ring;          /* [lock]                              */
static char selection[MAX_SELECTION]; /* Boot; empty: none made yet          */
static bool is_at_start = true;       /* [lock] of a line                    */
static bool was_ours;                 /* [lock] the line begun               */
static void (*ring_hook)(void);
static bool ring_news;                /* [lock] since the hook was called    */
static struct timer poll_timer;

bool console_lock(void) NO_LOCK_ANALYSIS
{
    const uint32_t me = this_cpu_id() + 1;

    if (atomic_read_relaxed(&lock_owner) == me) {
        return false;
    }
    if (unlikely(panic_is_on())) {
        unsigned int tries = 0;

        while (!spin_trylock(&lock)) {
            if (++tries == PANIC_TRIES) {
                return false;
            }
            cpu_relax();
        }
    } else {
        spin_lock(&lock);
    }
    atomic_set_relaxed(&lock_owner, me);
    return true;
}

void console_unlock(bool is_locked) NO_LOCK_ANALYSIS
{
    if (is_locked) {
        atomic_set_relaxed(&lock_owner, 0u);
        spin_unlock(&lock);
    }
}

void console_force(void)
{
    spin_init(&lock, LOCK_CONSOLE);
    atomic_set_relaxed(&lock_owner, 0u);
}

/* What guests print is theirs to keep: only ours goes to the ring. */
static void put_everywhere(char c, bool is_ours)
{
    struct console *con;

    if (is_ours || console_to_ring) {
        con_ring_put(&ring, c);
    }
    list_for_each_entry (con, &consoles, link) {
        if (con->is_active) {
            con->ops->putc(con, c);
        }
    }
}

void console_put(char c, bool is_ours)
{
    if (!is_at_start && was_ours != is_ours) {
        put_everywhere('\n', was_ours);
        is_at_start = true;
    }
    if (is_at_start && is_ours) {
        for (const char *p = PREFIX; *p; p++) {
            put_everywhere(*p, true);
        }
    }
    put_everywhere(c, is_ours);
    is_at_start = c == '\n';
    was_ours = is_ours;
    if (is_at_start && (is_ours || console_to_ring) && ring_hook &&
        !ring_news) {
        ring_news = true;
        softirq_raise_self(SOFTIRQ_CONSOLE);
    }
}

void console_write(const char *s, size_t len)
{
    const bool is_locked = console_lock();

    for (size_t i = 0; i < len; i++) {
        console_put(s[i], false);
    }
    console_unlock(is_locked);
}

void console_guest_write(uint16_t domid, bool is_control, const char *s,
                         size_t len)
{
    size_t at = 0;

    if (is_control) {
        console_write(s, len);
        return;
    }
    while (at < len) {
        const char *const nl = memchr(s + at, '\n', len - at);
        const size_t n = nl ? (size_t)(nl - s) - at : len - at;

        printk_guest(LOG_ERR, domid, "%.*s\n", (int)n, s + at);
        at += n + 1;
    }
}

/* --- choosing --- */

static bool name_is_selected(const char *name)
{
    const size_t len = strlen(name);
    const char *p = selection;

    if (selection[0] == '\0') {
        return strcmp(name, "early") == 0;
    }
    while (*p) {
        const char *const comma = strchr(p, ',');
        const size_t n = comma ? (size_t)(comma - p) : strlen(p);

        if (n == len && strncmp(p, name, n) == 0) {
            return true;
        }
        p += n + (comma ? 1 : 0);
    }
    return false;
}

/* Better the early console than none; but once there is another, no more. */
static void leave_early(void)
{
    struct console *con;

    list_for_each_entry (con, &consoles, link) {
        if (strcmp(con->name, "early") == 0) {
            con->is_active = false;
        }
    }
}

/* Boot only, without the lock: the driver may map its device. */
static void activate(struct console *con)
{
    bool is_locked;

    if (con->is_active || con->ops->init(con)) {
        return;
    }
    is_locked = console_lock();
    if (selection[0] != '\0') {
        leave_early();
    }
    con->is_active = true;
    for (uint32_t i = ring.start; !con->has_seen && i != ring.prod; i++) {
        con->ops->putc(con, ring.data[i % CON_RING_BYTES]);
    }
    console_unlock(is_locked);
}

void console_register(struct console *con)
{
    const bool is_locked = console_lock();

    list_add_tail(&con->link, &consoles);
    console_unlock(is_locked);
    console_retry(con);
}

void console_retry(struct console *con)
{
    if (name_is_selected(con->name)) {
        activate(con);
    }
}

static bool name_is_known(const char *name, size_t len)
{
    const struct console *con;

    list_for_each_entry (con, &consoles, link) {
        if (strlen(con->name) == len && strncmp(con->name, name, len) == 0) {
            return true;
        }
    }
    return false;
}

void console_select(const char *names)
{
    struct console *con;

    strlcpy(selection, names, sizeof(selection));
    list_for_each_entry (con, &consoles, link) {
        console_retry(con);
    }
    if (strcmp(names, "none") == 0) {
        leave_early();
        return;
    }
    for (const char *p = names; *p;) {
        const char *const comma = strchr(p, ',');
        const size_t n = comma ? (size_t)(comma - p) : strlen(p);

        if (!name_is_known(p, n)) {
            pr_warn("console=%.*s: there is no such console\n", (int)n, p);
        }
        p += n + (comma ? 1 : 0);
    }
}

/* --- the ring --- */

size_t con_ring_read(char *buf, size_t size, uint32_t *index, bool clear,
                     bool incremental)
{
    const bool is_locked = console_lock();
    const size_t n = con_ring_get(&ring, buf, size, index, clear,
                                  incremental);

    console_unlock(is_locked);
    return n;
}

void con_ring_set_hook(void (*hook)(void))
{
    ring_hook = hook;
}

void console_ring_softirq(void)
{
    bool is_locked;
    bool news;

    if (!ring_hook) {
        return;
    }
    is_locked = console_lock();
    news = ring_news;
    ring_news = false;
    console_unlock(is_locked);
    if (news) {
        ring_hook();
    }
}

/* --- input --- */

void console_poll(void)
{
    struct console *con;
    char got[16];
    unsigned int n = 0;
    const bool is_locked = console_lock();

    list_for_each_entry (con, &consoles, link) {
        int c;

        if (!con->is_active || !con->ops->getc) {
            continue;
        }
        while (n < sizeof(got) && (c = con->ops->getc(con)) >= 0) {
            got[n++] = (char)c;
        }
        if (con->ops->poll) {
            con->ops->poll(con);
        }
    }
    console_unlock(is_locked);
    for (unsigned int i = 0; i < n; i++) {
        con_in_char(got[i]);
    }
}

static void poll_by_timer(void *data)
{
    console_poll();
    timer_set(&poll_timer, time_now() + POLL_NS);
}

void console_start_polling(void)
{
    if (!poll_timer.fn) {
        timer_init(&poll_timer, this_cpu_id(), poll_by_timer, NULL);
    }
    timer_set(&poll_timer, time_now() + POLL_NS);
}
