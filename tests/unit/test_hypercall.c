/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dispatchers of hypercalls, multicalls and domctls, with handlers that
 * only record; guest memory is the test's own.
 *
 * Links: core/hypercall/dispatch.c core/hypercall/multicall.c
 * Links: core/hypercall/domctl.c core/hypercall/guest_bitmap.c
 * Links: core/domain/access.c core/lib/bitmap.c core/sync/spinlock.c
 * Links: core/hypercall/layout.c
 */
#include "unit.h"

#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/domain/access.h>
#include <core/hypercall/domctl.h>
#include <core/hypercall/guest_bitmap.h>
#include <core/hypercall/hypercall.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>

#include <string.h>

void abort(void);

void bug_fail(const char *what, const char *file, int line)
{
    abort();
}

void lock_check_acquire(struct spinlock *l, bool second)
{
}

void lock_check_acquired(struct spinlock *l)
{
}

void lock_check_release(struct spinlock *l)
{
}

static bool fault;
static unsigned int copies;

int guest_copy_from(void *dst, gva_t src, size_t bytes)
{
    copies++;
    if (fault || src < PAGE_SIZE) {
        return -EFAULT;
    }
    memcpy(dst, (const void *)(uintptr_t)src, bytes);
    return 0;
}

int guest_copy_to(gva_t dst, const void *src, size_t bytes)
{
    copies++;
    if (fault || dst < PAGE_SIZE) {
        return -EFAULT;
    }
    memcpy((void *)(uintptr_t)dst, src, bytes);
    return 0;
}

int guest_clear(gva_t dst, size_t bytes)
{
    memset((void *)(uintptr_t)dst, 0, bytes);
    return 0;
}

bool guest_is_64bit(void)
{
    return true;
}

static struct domain control = { .id = 0, .is_control = true };
static struct domain guest = { .id = 5 };
static struct vcpu vcpu;

struct domain *domain_by_id(domid_t id)
{
    return id == 0 ? &control : id == 5 ? &guest : NULL;
}

/* Every hypercall: counts, answers by its first argument. */
static unsigned int calls;

static int64_t answer(struct hcall_regs *r)
{
    calls++;
    if (r->arg[0] == 0x9999) {
        /* Long work: two runs. */
        r->arg[0] = 7;
        r->arg[5] = 11;
        return -ERESTART;
    }
    return (int64_t)(r->arg[0] + r->arg[5]);
}

#define HYPERCALL(nr, name, args, access)                                 \
    __weak int64_t hcall_##name(struct vcpu *v, struct hcall_regs *r)     \
    {                                                                     \
        return answer(r);                                                 \
    }
#include <core/hypercall/hypercalls.def>
#undef HYPERCALL

static struct domain *seen;
static int domctl_rc;

#define DOMCTL(name, out, target)                                         \
    __weak int domctl_##name(struct domain *d, struct xen_domctl *op)     \
    {                                                                     \
        seen = d;                                                         \
        op->u.max_mem.max_memkb++;                                        \
        return domctl_rc;                                                 \
    }
#define DOMCTL_REFUSED(name, errno, target)
#include <core/hypercall/domctl.def>
#undef DOMCTL
#undef DOMCTL_REFUSED

TEST(numbers_and_rights)
{
    struct hcall_regs r = { .nr = 17, .arg = { 3, 0, 0, 0, 0, 4 } };

    vcpu.domain = &guest;
    CHECK(hypercall_dispatch(&vcpu, &r) == HCALL_DONE);
    CHECK_EQ(r.result, 7);
    for (r.nr = 56; r.nr < 100; r.nr++) {
        CHECK(hypercall_dispatch(&vcpu, &r) == HCALL_DONE);
        CHECK_EQ(r.result, -ENOSYS);
    }
    r.nr = UINT64_MAX;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ENOSYS);
    r.nr = 0;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ENOSYS);
    r.nr = __HYPERVISOR_domctl;
    CHECK_EQ(hypercall_call(&vcpu, &r), -EPERM);
    r.nr = __HYPERVISOR_console_io;
    CHECK_EQ(hypercall_call(&vcpu, &r), -EPERM);
    r.nr = 17;
    r.arg[0] = 0x9999;
    CHECK(hypercall_dispatch(&vcpu, &r) == HCALL_CONTINUE);
    CHECK(hypercall_dispatch(&vcpu, &r) == HCALL_DONE);
    CHECK_EQ(r.result, 18);
}

TEST(multicalls)
{
    struct multicall_entry e[100];
    struct hcall_regs r = { .nr = __HYPERVISOR_multicall };
    unsigned int passes = 0;

    vcpu.domain = &guest;
    memset(e, 0, sizeof(e));
    for (unsigned int i = 0; i < 100; i++) {
        e[i].op = 17;
        e[i].args[0] = i;
        e[i].args[5] = 1000;
    }
    e[3].op = __HYPERVISOR_multicall;
    e[4].op = 77;
    e[20].args[0] = 0x9999;
    r.arg[0] = (uintptr_t)e;
    r.arg[1] = 100;
    calls = 0;
    while (hypercall_dispatch(&vcpu, &r) == HCALL_CONTINUE &&
           CHECK(passes++ < 10)) {
    }
    CHECK_EQ(r.result, 0);
    CHECK_EQ(calls, 99);
    for (unsigned int i = 0; i < 100; i++) {
        const int64_t want = i == 3 ? -EINVAL : i == 4 ? -ENOSYS
                             : i == 20 ? 18 : 1000 + (int64_t)i;

        CHECK_EQ(e[i].result, want);
    }

    /* 32 in one pass with four copies. */
    r.arg[0] = (uintptr_t)&e[30];
    r.arg[1] = 32;
    copies = 0;
    CHECK(hypercall_dispatch(&vcpu, &r) == HCALL_DONE);
    CHECK_EQ(copies, 4);
    fault = true;
    CHECK_EQ(hypercall_call(&vcpu, &r), -EFAULT);
    fault = false;
    r.arg[1] = 0;
    CHECK_EQ(hypercall_call(&vcpu, &r), 0);
}

TEST(domctls)
{
    struct xen_domctl op = {
        .cmd = XEN_DOMCTL_max_mem,
        .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
        .domain = 5,
    };
    struct hcall_regs r = {
        .nr = __HYPERVISOR_domctl, .arg = { (uintptr_t)&op },
    };

    vcpu.domain = &control;
    CHECK_EQ(hypercall_call(&vcpu, &r), 0);
    CHECK(seen == &guest);
    CHECK_EQ(op.u.max_mem.max_memkb, 0);
    op.cmd = XEN_DOMCTL_getvcpuinfo;
    CHECK_EQ(hypercall_call(&vcpu, &r), 0);
    CHECK_EQ(op.u.max_mem.max_memkb, 1);
    domctl_rc = -ENOMEM;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ENOMEM);
    CHECK_EQ(op.u.max_mem.max_memkb, 1);
    domctl_rc = 0;
    op.domain = 6;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ESRCH);
    op.domain = 0;
    op.cmd = XEN_DOMCTL_pausedomain;
    CHECK_EQ(hypercall_call(&vcpu, &r), -EINVAL);
    op.cmd = 4000;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ENOSYS);
    op.cmd = 0;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ENOSYS);
    op.interface_version--;
    CHECK_EQ(hypercall_call(&vcpu, &r), -EACCES);
    CHECK(control_begin());
    op.interface_version++;
    op.cmd = XEN_DOMCTL_createdomain;
    CHECK_EQ(hypercall_call(&vcpu, &r), -ERESTART);
    control_end();
    CHECK_EQ(hypercall_call(&vcpu, &r), 0);
    CHECK(seen == NULL);
    r.arg[0] = 0;
    CHECK_EQ(hypercall_call(&vcpu, &r), -EFAULT);
}

TEST(bitmaps)
{
    uint8_t bytes[64];
    uint64_t map[4];
    struct xenctl_bitmap b = { .nr_bits = 12 };

    b.bitmap.p = bytes;
    memset(bytes, 0xff, sizeof(bytes));
    CHECK_EQ(guest_bitmap_read(map, 256, &b), 0);
    CHECK_EQ(map[0], 0xfff);
    CHECK_EQ(map[3], 0);
    b.nr_bits = 400;
    CHECK_EQ(guest_bitmap_read(map, 200, &b), 0);
    CHECK_EQ(map[3], 0xff);

    memset(map, 0xff, sizeof(map));
    b.nr_bits = 10;
    CHECK_EQ(guest_bitmap_write(&b, map, 256), 0);
    CHECK_EQ(bytes[0], 0xff);
    CHECK_EQ(bytes[1], 0x03);
    CHECK_EQ(bytes[2], 0xff);
    b.nr_bits = 300;
    CHECK_EQ(guest_bitmap_write(&b, map, 4), 0);
    CHECK_EQ(bytes[0], 0x0f);
    CHECK_EQ(bytes[37], 0);
    CHECK_EQ(bytes[38], 0xff);
}
