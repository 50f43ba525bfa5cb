/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVM parameters of another domain, as its builder sets them and as the
 * domain itself sees them; which of them the domain may not touch.
 * Public header "hvm/params.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>
#include <xen/hvm/params.h>

static struct child c;

static int64_t param(unsigned int op, uint16_t domid, uint32_t index,
                     uint64_t *value)
{
    struct xen_hvm_param p = { .domid = domid, .index = index,
                               .value = *value };
    const int64_t rc = hvm_op(op, &p);

    *value = p.value;
    return rc;
}

static int64_t set(uint32_t index, uint64_t value)
{
    return param(HVMOP_set_param, c.domid, index, &value);
}

static int64_t get(uint32_t index, uint64_t *value)
{
    *value = 0xbad;
    return param(HVMOP_get_param, c.domid, index, value);
}

static void builder(void)
{
    static const uint32_t kept[] = {
        HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN, HVM_PARAM_CONSOLE_PFN,
        HVM_PARAM_CONSOLE_EVTCHN, HVM_PARAM_PAGING_RING_PFN,
        HVM_PARAM_MONITOR_RING_PFN, HVM_PARAM_SHARING_RING_PFN,
    };
    uint64_t val = 0;

    for (unsigned int i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
        check_quiet("set", set(kept[i], 0x1000 + i) == 0, "%u fails",
                    kept[i]);
        check_quiet("get", get(kept[i], &val) == 0 && val == 0x1000 + i,
                    "%u gives %lx", kept[i], val);
    }
    check_eq("TIMER_MODE 1", set(HVM_PARAM_TIMER_MODE, 1), 0);
    check_eq("TIMER_MODE 9", set(HVM_PARAM_TIMER_MODE, 9), -XEN_EINVAL);
    check_eq("ALTP2M 0", set(HVM_PARAM_ALTP2M, 0), 0);
    check_eq("ALTP2M 77", set(HVM_PARAM_ALTP2M, 77), -XEN_EINVAL);
    check_eq("IDENT_PT", set(HVM_PARAM_IDENT_PT, 0xfeffe000), 0);
    check_eq("NESTEDHVM is not a parameter any more",
             set(HVM_PARAM_NESTEDHVM, 1), -XEN_EINVAL);
    check_eq("an index beyond all", set(HVM_NR_PARAMS, 0), -XEN_EINVAL);
    check_eq("index -1", set(UINT32_MAX, 0), -XEN_EINVAL);
    check_eq("get beyond all", get(HVM_NR_PARAMS, &val), -XEN_EINVAL);
    check_eq("an unset one is 0", get(HVM_PARAM_ACPI_S_STATE, &val), 0);
    check_eq("0", val, 0);
    check_eq("of an absent domain",
             param(HVMOP_set_param, 0x7001, HVM_PARAM_STORE_PFN, &val),
             -XEN_ESRCH);
}

static int64_t by_child(unsigned int op, uint16_t domid, uint32_t index,
                        uint64_t *value)
{
    struct xen_hvm_param p = { .domid = domid, .index = index,
                               .value = *value };
    const int64_t rc = child_op(&c, __HYPERVISOR_hvm_op, op, &p, sizeof(p));

    *value = p.value;
    return rc;
}

static void guest(void)
{
    uint64_t val = 0;

    check_eq("it reads STORE_PFN",
             by_child(HVMOP_get_param, DOMID_SELF, HVM_PARAM_STORE_PFN,
                      &val), 0);
    check_eq("as it was set", val, 0x1000);
    check_eq("and CONSOLE_EVTCHN",
             by_child(HVMOP_get_param, DOMID_SELF, HVM_PARAM_CONSOLE_EVTCHN,
                      &val), 0);
    check_eq("as it was set", val, 0x1003);
    val = 1;
    check_eq("it sets CALLBACK_IRQ",
             by_child(HVMOP_set_param, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ,
                      &val), 0);
    check_eq("its builder reads that", get(HVM_PARAM_CALLBACK_IRQ, &val), 0);
    check_eq("1", val, 1);
    val = 9;
    check_eq("and STORE_EVTCHN, which is its own",
             by_child(HVMOP_set_param, DOMID_SELF, HVM_PARAM_STORE_EVTCHN,
                      &val), 0);
    check_eq("its builder reads that", get(HVM_PARAM_STORE_EVTCHN, &val), 0);
    check_eq("9", val, 9);
    check_eq("it may not set STORE_PFN",
             by_child(HVMOP_set_param, DOMID_SELF, HVM_PARAM_STORE_PFN,
                      &val), -XEN_EPERM);
    check_eq("nor TIMER_MODE",
             by_child(HVMOP_set_param, DOMID_SELF, HVM_PARAM_TIMER_MODE,
                      &val), -XEN_EPERM);
    check_eq("nor read IDENT_PT",
             by_child(HVMOP_get_param, DOMID_SELF, HVM_PARAM_IDENT_PT, &val),
             -XEN_EPERM);
    check_eq("nor touch dom0's",
             by_child(HVMOP_get_param, 0, HVM_PARAM_STORE_PFN, &val),
             -XEN_EPERM);
    check_eq("nor set dom0's",
             by_child(HVMOP_set_param, 0, HVM_PARAM_CALLBACK_IRQ, &val),
             -XEN_EPERM);
}

TEST(hvm_params_other, "HVM parameters of another domain", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    if (child_boot(&c, NULL)) {
        builder();
        guest();
        CHECK("it goes", child_destroy(&c));
    }
}
