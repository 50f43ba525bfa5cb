/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that floods, for tests of the toolstack: flood=forever. Each round
 * takes all the ports it can get and offers them to dom0, signals the
 * console's and the store's port, and closes what it took. Without the word
 * a few rounds, as a test.
 * Public headers "event_channel.h", "hvm/params.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/test.h>

#include <xen/hvm/params.h>

#define PORTS   1024
#define SIGNALS 256
#define ROUNDS  2

static uint32_t ports[PORTS];

static void signal_daemon(uint32_t index)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

    if (hvm_op(HVMOP_get_param, &p) || !p.value) {
        return;
    }
    for (unsigned int i = 0; i < SIGNALS; i++) {
        evtchn_send((uint32_t)p.value);
    }
}

static unsigned int one_round(void)
{
    unsigned int n = 0;

    for (; n < PORTS; n++) {
        const int64_t port = evtchn_alloc_unbound(DOMID_SELF, 0);

        if (port < 0) {
            break;
        }
        ports[n] = (uint32_t)port;
    }
    signal_daemon(HVM_PARAM_CONSOLE_EVTCHN);
    signal_daemon(HVM_PARAM_STORE_EVTCHN);
    for (unsigned int i = 0; i < n; i++) {
        evtchn_close(ports[i]);
    }
    return n;
}

TEST(flood, "Take and close all ports, signal the daemons", 0)
{
    char text[8];
    const bool for_ever = test_option("flood", text, sizeof(text));
    const unsigned int first = one_round();

    for (unsigned int i = 1; i < ROUNDS || for_ever; i++) {
        const unsigned int n = one_round();

        if (!check_quiet("as many ports each round", n == first,
                         "%u, first %u", n, first)) {
            break;
        }
    }
    check("ports were there", first > 0, "%u", first);
}
