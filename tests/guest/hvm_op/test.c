/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvm_op as a guest may use it on itself: parameters, upcall vector.
 * Public headers "hvm/hvm_op.h", "hvm/params.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/hvm/params.h>

static int64_t set(uint32_t index, uint64_t value)
{
    struct xen_hvm_param p = {
        .domid = DOMID_SELF, .index = index, .value = value,
    };

    return hvm_op(HVMOP_set_param, &p);
}

static int64_t get(uint32_t index, uint64_t *value)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };
    const int64_t rc = hvm_op(HVMOP_get_param, &p);

    *value = p.value;
    return rc;
}

static void parameters(void)
{
    uint64_t val = 77;

    check_eq("get CALLBACK_IRQ", get(HVM_PARAM_CALLBACK_IRQ, &val), 0);
    check_eq("set CALLBACK_IRQ 1", set(HVM_PARAM_CALLBACK_IRQ, 1), 0);
    get(HVM_PARAM_CALLBACK_IRQ, &val);
    check_eq("it is kept", val, 1);
    check_eq("get STORE_EVTCHN", get(HVM_PARAM_STORE_EVTCHN, &val), 0);
    if (test_is_dom0()) {
        check_eq("dom0 has no store", val, 0);
    }
    check_eq("get CONSOLE_PFN", get(HVM_PARAM_CONSOLE_PFN, &val), 0);
    check_eq("index beyond the table", get(HVM_NR_PARAMS, &val),
             -XEN_EINVAL);
    check_eq("set beyond the table", set(HVM_NR_PARAMS, 0), -XEN_EINVAL);
    check_eq("index -1", get(UINT32_MAX, &val), -XEN_EINVAL);
    check_eq("a deprecated index", get(HVM_PARAM_MEMORY_EVENT_CR0, &val),
             -XEN_EINVAL);
}

static void upcall_vector(void)
{
    struct xen_hvm_evtchn_upcall_vector v = { .vcpu = 0, .vector = 8 };
    uint32_t port;

    check_eq("a vector below 16", hvm_op(HVMOP_set_evtchn_upcall_vector, &v),
             -XEN_EINVAL);
    v.vector = 0x93;
    v.vcpu = 200;
    check_eq("an absent vCPU", hvm_op(HVMOP_set_evtchn_upcall_vector, &v),
             -XEN_ENOENT);
    v.vcpu = 0;
    check_eq("another vector", hvm_op(HVMOP_set_evtchn_upcall_vector, &v),
             0);
    port = (uint32_t)evtchn_bind_ipi(0);
    evtchn_unmask_raw(port);
    trap_irq_count[0x93] = 0;
    evtchn_send(port);
    irq_window();
    check_eq("events come on it", trap_irq_count[0x93], 1);
    shared_vcpu_info(0)->evtchn_upcall_pending = 0;
    shared_vcpu_info(0)->evtchn_pending_sel = 0;
    evtchn_clear_pending(port);
    evtchn_close(port);
    evtchn_init_cpu();
}

static void refusals(void)
{
    uint64_t dying[2] = { DOMID_SELF, 0 };

    check_eq("pagetable_dying is not for HAP",
             hvm_op(HVMOP_pagetable_dying, dying), -XEN_EINVAL);
    check_eq("unknown op", hvm_op(200, dying), -XEN_ENOSYS);
    mm_map(MM_WINDOW, 0, 0);
    check_eq("unmapped argument",
             hvm_op(HVMOP_get_param, (void *)MM_WINDOW), -XEN_EFAULT);
}

TEST(hvm_op, "hvm_op: parameters and the upcall vector", 0)
{
    evtchn_reset();
    parameters();
    upcall_vector();
    refusals();
}
