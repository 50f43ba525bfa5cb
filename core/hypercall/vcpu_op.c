/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest asks about its vCPUs: <xen/vcpu.h>; and vm_assist.
 */
#include <core/hypercall/hypercall.h>

#include <core/abi/hvm.h>
#include <core/abi/vcpu.h>
#include <core/arch/arch_domain.h>
#include <core/domain/vcpu.h>
#include <core/hypercall/layout.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>

#define PERIOD_MIN NSEC_PER_MSEC
/* Far beyond any use, and safe to add to the system time. */
#define PERIOD_MAX (NSEC_PER_SEC << 30)

static int64_t op_initialise(struct vcpu *v, gva_t arg)
{
    struct domain *d = v->domain;
    struct vcpu_hvm_context ctx;
    int rc;

    if (gva_read(&ctx, arg) != 0) {
        return -EFAULT;
    }
    spin_lock(&d->lock);
    if (v->initialised) {
        rc = -EEXIST;
    } else {
        rc = arch_vcpu_set_hvm_context(v, &ctx);
        v->initialised = rc == 0;
    }
    spin_unlock(&d->lock);
    return rc;
}

static int64_t op_up(struct vcpu *v)
{
    if (!READ_ONCE(v->initialised)) {
        return -EINVAL;
    }
    vcpu_up(v);
    return 0;
}

static int64_t op_get_runstate(struct vcpu *v, gva_t arg)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(v, &rs);
    return layout_write(vcpu_runstate_info, arg, &rs, 1);
}

/* A 32-bit guest sets the lower half of the union only. */
static gva_t pointer(uint64_t p)
{
    return guest_is_64bit() ? p : (uint32_t)p;
}

static int64_t op_register_runstate(struct vcpu *v, gva_t arg)
{
    struct vcpu_register_runstate_memory_area area;

    if (gva_read(&area, arg) != 0) {
        return -EFAULT;
    }
    return vcpu_register_runstate(v, pointer(area.addr.p));
}

static int64_t op_register_time(struct vcpu *v, gva_t arg)
{
    struct vcpu_register_time_memory_area area;

    if (gva_read(&area, arg) != 0) {
        return -EFAULT;
    }
    return vcpu_register_time(v, pointer(area.addr.p));
}

static int64_t op_register_info(struct vcpu *v, gva_t arg)
{
    struct vcpu_register_vcpu_info info;

    if (gva_read(&info, arg) != 0) {
        return -EFAULT;
    }
    return vcpu_register_info(v, GFN(info.mfn), info.offset);
}

static int64_t op_set_periodic(struct vcpu *v, gva_t arg)
{
    struct vcpu_set_periodic_timer set;

    if (gva_read(&set, arg) != 0) {
        return -EFAULT;
    }
    if (set.period_ns < PERIOD_MIN || set.period_ns > PERIOD_MAX) {
        return -EINVAL;
    }
    vcpu_timer_set_periodic(v, set.period_ns);
    return 0;
}

/* The flag VCPU_SSHOTTMR_future is ignored, as Xen 4.17 does. */
static int64_t op_set_singleshot(struct vcpu *v, gva_t arg)
{
    struct vcpu_set_singleshot_timer set;

    if (v != this_cpu()->current) {
        return -EINVAL;
    }
    if (layout_read(vcpu_set_singleshot_timer, &set, arg, 1) != 0) {
        return -EFAULT;
    }
    vcpu_timer_set_singleshot(v, set.timeout_abs_ns);
    return 0;
}

int64_t hcall_vcpu_op(struct vcpu *self, struct hcall_regs *r)
{
    struct vcpu *v = domain_vcpu(self->domain, (uint32_t)r->arg[1]);
    const gva_t arg = r->arg[2];

    if (!v) {
        return -ENOENT;
    }
    switch ((uint32_t)r->arg[0]) {
    case VCPUOP_initialise: return op_initialise(v, arg);
    case VCPUOP_up: return op_up(v);
    case VCPUOP_down:
        vcpu_down(v);
        return 0;
    case VCPUOP_is_up: return !vcpu_is_down(v);
    case VCPUOP_get_runstate_info: return op_get_runstate(v, arg);
    case VCPUOP_register_runstate_memory_area:
        return op_register_runstate(v, arg);
    case VCPUOP_set_periodic_timer: return op_set_periodic(v, arg);
    case VCPUOP_stop_periodic_timer:
        vcpu_timer_set_periodic(v, 0);
        return 0;
    case VCPUOP_set_singleshot_timer: return op_set_singleshot(v, arg);
    case VCPUOP_stop_singleshot_timer:
        if (v != self) {
            return -EINVAL;
        }
        vcpu_timer_stop_singleshot(v);
        return 0;
    case VCPUOP_register_vcpu_info: return op_register_info(v, arg);
    case VCPUOP_send_nmi:
        if (arg) {
            return -EINVAL;
        }
        arch_vcpu_send_nmi(v);
        return 0;
    case VCPUOP_register_vcpu_time_memory_area:
        return op_register_time(v, arg);
    default: return -ENOSYS;
    }
}

/* The only one that means anything to a guest with its own page tables. */
#define VM_ASSIST_VALID BIT(VMASST_TYPE_runstate_update_flag)

int64_t hcall_vm_assist(struct vcpu *v, struct hcall_regs *r)
{
    const uint32_t type = (uint32_t)r->arg[1];

    if (type >= 64 || !(VM_ASSIST_VALID & BIT(type))) {
        return -EINVAL;
    }
    switch ((uint32_t)r->arg[0]) {
    case VMASST_CMD_enable:
        (void)atomic_fetch_or(&v->domain->vm_assist, BIT(type));
        return 0;
    case VMASST_CMD_disable:
        (void)atomic_fetch_and(&v->domain->vm_assist, ~BIT(type));
        return 0;
    default: return -ENOSYS;
    }
}
