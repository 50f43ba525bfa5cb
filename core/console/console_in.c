/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Console input.  Characters go to one of two rings: the control domain's, or
 * the hypervisor's debug keys.  The switch key (Ctrl-a) pressed three times in
 * a row changes between them; pressed once or twice it is a character like
 * others, delivered when the next one shows that it was not the switch.
 *
 * Locking: CONSOLE_IN around the rings and the state; hooks and keys run from
 * the softirq without.
 */
#include <core/console/console.h>
#include <core/console/console_priv.h>
#include <core/console/printk.h>
#include <core/kernel/keyhandler.h>
#include <core/kernel/softirq.h>
#include <core/lib/errno.h>
#include <core/sync/spinlock.h>

#define GUEST_RING 256u
#define KEY_RING 16u
#define SWITCH_PRESSES 3u

static struct spinlock lock = SPINLOCK_INIT(CONSOLE_IN);
/* All [lock]. */
static char guest_ring[GUEST_RING];
static unsigned int guest_prod;
static unsigned int guest_cons;
static char key_ring[KEY_RING];
static unsigned int key_prod;
static unsigned int key_cons;
static char switch_char = 1; /* Ctrl-a */
static unsigned int presses;
static bool is_to_guest;
static bool starts_with_keys;
static bool has_switched;  /* To be announced by the softirq */
static bool has_guest_news;

static void (*guest_hook)(void);

int con_in_set_switch(const char *text)
{
    if (text[0] < 'a' || text[0] > 'z' ||
        (text[1] != '\0' && (text[1] != 'x' || text[2] != '\0'))) {
        return -EINVAL;
    }
    switch_char = (char)(text[0] - 'a' + 1);
    starts_with_keys = text[1] == 'x';
    return 0;
}

void con_in_set_hook(void (*hook)(void))
{
    guest_hook = hook;
}

static void deliver(char c)
{
    if (!is_to_guest) {
        if (key_prod - key_cons < KEY_RING) {
            key_ring[key_prod++ % KEY_RING] = c;
        }
        return;
    }
    /* When it is full the newest is lost, as on a serial line. */
    if (guest_prod - guest_cons < GUEST_RING) {
        guest_ring[guest_prod++ % GUEST_RING] = c;
        has_guest_news = true;
    }
}

void con_in_char(char c)
{
    spin_lock(&lock);
    if (c == switch_char) {
        if (++presses == SWITCH_PRESSES) {
            presses = 0;
            is_to_guest = !is_to_guest && guest_hook;
            has_switched = true;
        }
    } else {
        for (; presses > 0; presses--) {
            deliver(switch_char);
        }
        deliver(c);
    }
    spin_unlock(&lock);
    softirq_raise_self(SOFTIRQ_CONSOLE);
}

size_t con_in_read(char *buf, size_t size)
{
    size_t n = 0;

    spin_lock(&lock);
    while (n < size && guest_cons != guest_prod) {
        buf[n++] = guest_ring[guest_cons++ % GUEST_RING];
    }
    spin_unlock(&lock);
    return n;
}

static void announce(bool to_guest)
{
    printk_raw("Input goes to %s (Ctrl-%c three times changes it%s)\n",
               to_guest ? "the control domain" : "the hypervisor",
               switch_char + 'a' - 1, to_guest ? "" : ", h for help");
}

void con_in_start_guest(void)
{
    spin_lock(&lock);
    is_to_guest = !starts_with_keys;
    spin_unlock(&lock);
    announce(is_to_guest);
}

static void console_softirq(void)
{
    bool switched;
    bool news;
    bool to_guest;
    int key;

    spin_lock(&lock);
    switched = has_switched;
    news = has_guest_news;
    to_guest = is_to_guest;
    has_switched = false;
    has_guest_news = false;
    spin_unlock(&lock);
    if (switched) {
        announce(to_guest);
    }
    if (news && guest_hook) {
        guest_hook();
    }
    do {
        spin_lock(&lock);
        key = key_cons == key_prod ? -1 : key_ring[key_cons++ % KEY_RING];
        spin_unlock(&lock);
        if (key >= 0) {
            keyhandler_run((char)key);
        }
    } while (key >= 0);
    console_ring_softirq();
}

void console_init(void)
{
    softirq_register(SOFTIRQ_CONSOLE, console_softirq);
}
