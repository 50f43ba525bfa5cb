/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages: thresholds, prefixes, limits of rate.
 *
 * Each source, the hypervisor and the guests, has two thresholds: what is at
 * or above the first is printed, what is at or above the second as well while
 * the limit of rate allows.
 *
 * Locking: CONSOLE, by console_lock(), around each call.
 */
#include <core/console/console_priv.h>
#include <core/console/printk.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

#define RATE_PER_SEC 10u
#define RATE_BURST 30u

/* Levels below these numbers; LOG_LEVELS: all, 0: none. */
struct threshold {
    unsigned int always;
    unsigned int limited;
};

static struct threshold own = { LOG_INFO + 1, LOG_INFO + 1 };
static struct threshold guest = { 0, LOG_WARN + 1 };
static bool is_unlimited;

/* [console lock] The limit of rate: a bucket of messages. */
static struct {
    unsigned int left;
    unsigned int lost;
    nsec_t filled;
} bucket = { .left = RATE_BURST };

static void put_own(void *ctx, char c)
{
    console_put(c, true);
}

static void print_locked(const char *fmt, ...) __printf_like(1, 2);

static void print_locked(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    printf_core(put_own, NULL, fmt, args);
    va_end(args);
}

/* Take one message out of the bucket, if there is one. */
static bool may_print(nsec_t now)
{
    const uint64_t gained =
        (now - bucket.filled) / (NSEC_PER_SEC / RATE_PER_SEC);

    if (gained > 0) {
        bucket.left = (unsigned int)min(bucket.left + gained,
                                        (uint64_t)RATE_BURST);
        bucket.filled = now;
    }
    if (bucket.left == 0) {
        bucket.lost++;
        return false;
    }
    bucket.left--;
    if (bucket.lost) {
        print_locked("%u messages were too many and are lost\n",
                     bucket.lost);
        bucket.lost = 0;
    }
    return true;
}

static bool is_wanted(const struct threshold *t, enum log_level level)
{
    return level < t->always || level < t->limited;
}

/* The lock is held. */
static bool passes(const struct threshold *t, enum log_level level)
{
    return level < t->always || is_unlimited || may_print(time_now());
}

void vprintk(enum log_level level, const char *fmt, va_list args)
{
    bool is_locked;

    if (!is_wanted(&own, level)) {
        return;
    }
    is_locked = console_lock();
    if (passes(&own, level)) {
        printf_core(put_own, NULL, fmt, args);
    }
    console_unlock(is_locked);
}

void printk(enum log_level level, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk(level, fmt, args);
    va_end(args);
}

void vprintk_raw(const char *fmt, va_list args)
{
    const bool is_locked = console_lock();

    printf_core(put_own, NULL, fmt, args);
    console_unlock(is_locked);
}

void printk_raw(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vprintk_raw(fmt, args);
    va_end(args);
}

void printk_guest(enum log_level level, uint16_t domid, const char *fmt, ...)
{
    va_list args;
    bool is_locked;

    if (!is_wanted(&guest, level)) {
        return;
    }
    is_locked = console_lock();
    if (passes(&guest, level)) {
        print_locked("d%u: ", (unsigned int)domid);
        va_start(args, fmt);
        printf_core(put_own, NULL, fmt, args);
        va_end(args);
    }
    console_unlock(is_locked);
}

/* One level of @len characters; -EINVAL. */
static int parse_level(const char *text, size_t len, unsigned int *below)
{
    static const struct {
        const char *name;
        unsigned int below;
    } names[] = {
        { "none", 0 },
        { "error", LOG_ERR + 1 },
        { "warning", LOG_WARN + 1 },
        { "info", LOG_INFO + 1 },
        { "debug", LOG_DEBUG + 1 },
        { "all", LOG_LEVELS },
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        if (strlen(names[i].name) == len &&
            strncmp(names[i].name, text, len) == 0) {
            *below = names[i].below;
            return 0;
        }
    }
    return -EINVAL;
}

static int set_threshold(struct threshold *t, const char *text)
{
    const char *const slash = strchr(text, '/');
    const size_t len = slash ? (size_t)(slash - text) : strlen(text);
    struct threshold val;

    if (parse_level(text, len, &val.always)) {
        return -EINVAL;
    }
    val.limited = val.always;
    if (slash && parse_level(slash + 1, strlen(slash + 1), &val.limited)) {
        return -EINVAL;
    }
    *t = val;
    return 0;
}

int printk_set_level(const char *text)
{
    return set_threshold(&own, text);
}

int printk_set_guest_level(const char *text)
{
    return set_threshold(&guest, text);
}

void printk_set_sync(bool on)
{
    is_unlimited = on;
}
