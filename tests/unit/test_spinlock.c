/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks and the checker of their order.
 * Links: core
 */
#include <pthread.h>
#include <string.h>

#include <core/sync/lock_check.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define THREADS 4
#define ROUNDS 20000

TEST(order)
{
    struct spinlock outer = SPINLOCK_INIT(DOMAIN);
    struct spinlock inner = SPINLOCK_INIT(P2M);
    struct spinlock same = SPINLOCK_INIT(P2M);

    fake_init(1);
    spin_lock(&outer);
    spin_lock(&inner);
    CHECK(spin_is_locked(&inner));
    CHECK_EQ(inner.holder, 1);
    spin_unlock(&outer);
    spin_unlock(&inner);
    CHECK(!spin_is_locked(&inner));
    lock_check_none_held();

    spin_lock(&inner);
    CHECK(FAKE_PANICS(spin_lock(&outer)));
    CHECK(strstr(fake_printed(), "wrong order: DOMAIN") != NULL);
    spin_init(&inner, LOCK_P2M);

    spin_lock(&inner);
    CHECK(FAKE_PANICS(spin_lock(&same)));
    spin_init(&inner, LOCK_P2M);
    spin_lock(&inner);
    CHECK(FAKE_PANICS(spin_lock(&inner)));
    CHECK(strstr(fake_printed(), "taken twice: P2M") != NULL);
    spin_init(&inner, LOCK_P2M);
    CHECK(FAKE_PANICS(spin_unlock(&outer)));
    spin_init(&outer, LOCK_DOMAIN);
    spin_lock(&outer);
    CHECK(FAKE_PANICS(lock_check_none_held()));
}

TEST(both)
{
    struct spinlock l[2] = { SPINLOCK_INIT(GNTTAB), SPINLOCK_INIT(GNTTAB) };

    fake_init(1);
    spin_lock_both(&l[1], &l[0]);
    CHECK(spin_is_locked(&l[0]) && spin_is_locked(&l[1]));
    spin_unlock_both(&l[1], &l[0]);
    spin_lock_both(&l[0], &l[0]);
    CHECK(spin_is_locked(&l[0]) && !spin_is_locked(&l[1]));
    spin_unlock_both(&l[0], &l[0]);
    CHECK(spin_trylock(&l[0]));
    CHECK(!spin_trylock(&l[0]));
    spin_unlock(&l[0]);
    lock_check_none_held();
}

static struct spinlock shared = SPINLOCK_INIT(LEAF);
static unsigned long counter;

static void spin_unlock_only(struct spinlock *l)
{
    __atomic_store_n(&l->u.ticket.owner, l->u.ticket.owner + 1,
                     __ATOMIC_RELEASE);
}

static void *hammer(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        spin_lock_raw(&shared);
        counter++;
        spin_unlock_only(&shared);
    }
    return NULL;
}

TEST(excludes)
{
    pthread_t t[THREADS];

    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&t[i], NULL, hammer, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
    }
    CHECK_EQ(counter, THREADS * ROUNDS);
    /* 16-bit tickets have wrapped. */
    CHECK(!spin_is_locked(&shared));
}

TEST(dump)
{
    struct spinlock l = SPINLOCK_INIT(RUNQ);

    fake_init(2);
    spin_lock(&l);
    lock_check_dump();
    CHECK(strstr(fake_printed(), "RUNQ") != NULL);
    spin_unlock(&l);
}
