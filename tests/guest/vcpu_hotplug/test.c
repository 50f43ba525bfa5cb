/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain brings up its own second vCPU: VCPUOP_initialise in 64-bit and
 * 32-bit mode, up, down, NMI, and contexts that are not sound.
 * Public headers "vcpu.h", "hvm/hvm_vcpu.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/hvm/hvm_vcpu.h>

static struct child c;

#define PASSING (PAGE_SIZE / 2)

static int64_t op(unsigned int cmd, uint32_t vcpu, const void *arg,
                  unsigned int size)
{
    const uint64_t gpa = ((uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT) +
                         PASSING;

    if (size) {
        memcpy((uint8_t *)c.mailbox + PASSING, arg, size);
    }
    return child_hypercall(&c, __HYPERVISOR_vcpu_op, cmd, vcpu, gpa);
}

/* Set GS to RDI and go to the payload. */
static const uint8_t start[] = {
    0xb9, 0x01, 0x01, 0x00, 0xc0,           /* mov $0xc0000101, %ecx */
    0x89, 0xf8,                             /* mov %edi, %eax */
    0x31, 0xd2,                             /* xor %edx, %edx */
    0x0f, 0x30,                             /* wrmsr */
    0xb8, 0x00, 0x40, 0x00, 0x00,           /* mov $0x4000, %eax */
    0xff, 0xe0,                             /* jmp *%rax */
};

static struct vcpu_hvm_context ctx;

static void fill(void)
{
    struct vcpu_hvm_x86_64 *r = &ctx.cpu_regs.x86_64;

    memset(&ctx, 0, sizeof(ctx));
    ctx.mode = VCPU_HVM_MODE_64B;
    r->rip = ((uint64_t)CHILD_GFN_SNIPPET << PAGE_SHIFT) + 0x800;
    r->rdi = ((uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT) +
             sizeof(struct child_mailbox);
    r->rsp = ((uint64_t)CHILD_GFN_STACK << PAGE_SHIFT) + PAGE_SIZE / 2;
    r->rflags = 2;
    r->cr0 = CR0_PE | CR0_ET | CR0_PG;
    r->cr3 = (uint64_t)CHILD_GFN_PML4 << PAGE_SHIFT;
    r->cr4 = CR4_PAE;
    r->efer = EFER_LME | EFER_LMA;
}

static int64_t initialise(uint32_t vcpu)
{
    return op(VCPUOP_initialise, vcpu, &ctx, sizeof(ctx));
}

static void unsound(void)
{
    fill();
    ctx.mode = 7;
    check_eq("an unknown mode", initialise(1), -XEN_EINVAL);
    fill();
    ctx.pad = 1;
    check_eq("a pad that is not zero", initialise(1), -XEN_EINVAL);
    fill();
    ctx.cpu_regs.x86_64.cr0 &= ~(uint64_t)CR0_PG;
    check_eq("64 bits without paging", initialise(1), -XEN_EINVAL);
    fill();
    ctx.cpu_regs.x86_64.efer = 0;
    check_eq("without long mode", initialise(1), -XEN_EINVAL);
    fill();
    ctx.cpu_regs.x86_64.cr4 = 0;
    check_eq("without PAE", initialise(1), -XEN_EINVAL);
    /* Xen takes these, and the vCPU ends its domain when it runs. */
    fill();
    ctx.cpu_regs.x86_64.cr0 |= 1ull << 40;
    if (!on_xen()) {
        check_eq("reserved bits of CR0", initialise(1), -XEN_EINVAL);
    }
    fill();
    ctx.cpu_regs.x86_64.cr4 |= 1ull << 40;
    check_eq("reserved bits of CR4", initialise(1), -XEN_EINVAL);
    fill();
    ctx.cpu_regs.x86_64.efer |= 1ull << 40;
    check_eq("reserved bits of EFER", initialise(1), -XEN_EINVAL);
    fill();
    check_eq("no vCPU", initialise(2), -XEN_ENOENT);
    check_eq("vCPU -1", initialise(UINT32_MAX), -XEN_ENOENT);
    check_eq("from nowhere",
             child_hypercall(&c, __HYPERVISOR_vcpu_op, VCPUOP_initialise, 1,
                             1ull << 40), -XEN_EFAULT);
}

static int64_t second_version(void)
{
    struct child_mailbox *m = &c.mailbox[1];

    m->code = 0;
    m->nr = __HYPERVISOR_xen_version;
    m->arg[0] = XENVER_version;
    m->arg[1] = 0;
    mb();
    m->request++;
    return child_wait(&c, 1);
}

static void up_and_down(void)
{
    struct xen_domctl_getdomaininfo info;

    check_eq("up before it is initialised", op(VCPUOP_up, 1, NULL, 0),
             -XEN_EINVAL);
    check_eq("is_up", op(VCPUOP_is_up, 1, NULL, 0), 0);
    check_eq("initialise", initialise(1), 0);
    check_eq("a second time", initialise(1), -XEN_EEXIST);
    check_eq("it is not up by that", op(VCPUOP_is_up, 1, NULL, 0), 0);
    check_eq("up", op(VCPUOP_up, 1, NULL, 0), 0);
    check_eq("is_up", op(VCPUOP_is_up, 1, NULL, 0), 1);
    check_eq("it runs", second_version(), 0x40011);
    CHECK("two on line", child_info(c.domid, &info) &&
          info.nr_online_vcpus == 2);
    check_eq("down", op(VCPUOP_down, 1, NULL, 0), 0);
    check_eq("is_up", op(VCPUOP_is_up, 1, NULL, 0), 0);
    check_eq("down again", op(VCPUOP_down, 1, NULL, 0), 0);
    CHECK("one on line", child_info(c.domid, &info) &&
          info.nr_online_vcpus == 1);
    check_eq("up again", op(VCPUOP_up, 1, NULL, 0), 0);
    check_eq("it goes on where it was", second_version(), 0x40011);
    check_eq("up twice", op(VCPUOP_up, 1, NULL, 0), 0);
    check_eq("up of no vCPU", op(VCPUOP_up, 7, NULL, 0), -XEN_ENOENT);
    check_eq("down of no vCPU", op(VCPUOP_down, 7, NULL, 0), -XEN_ENOENT);
}

static void runstate(void)
{
    struct vcpu_runstate_info *rs =
        (void *)((uint8_t *)c.mailbox + PASSING);

    check_eq("get_runstate_info", op(VCPUOP_get_runstate_info, 1, rs, 0), 0);
    check("time ran", rs->time[RUNSTATE_running] > 0, "%lu",
          rs->time[RUNSTATE_running]);
    check_eq("of no vCPU", op(VCPUOP_get_runstate_info, 7, rs, 0),
             -XEN_ENOENT);
    check_eq("send_nmi with an argument", op(VCPUOP_send_nmi, 0, NULL, 0),
             -XEN_EINVAL);
    check_eq("send_nmi", child_hypercall(&c, __HYPERVISOR_vcpu_op,
                                         VCPUOP_send_nmi, 0, 0), 0);
    child_is_alive(&c);
    check_eq("it comes", c.mailbox->nmis, 1);
    check_eq("an unknown op", op(77, 0, NULL, 0), -XEN_ENOSYS);
}

/* The last vCPU that goes down takes the domain with it. */
static void last_one(void)
{
    check_eq("down", op(VCPUOP_down, 1, NULL, 0), 0);
    c.mailbox->code = 0;
    c.mailbox->nr = __HYPERVISOR_vcpu_op;
    c.mailbox->arg[0] = VCPUOP_down;
    c.mailbox->arg[1] = 0;
    mb();
    c.mailbox->request++;
    check_eq("without a vCPU it is off", child_wait_shutdown(&c),
             SHUTDOWN_poweroff);
}

TEST(vcpu_hotplug, "vCPUs that a domain brings up itself", TEST_DOM0)
{
    const struct child_config cfg = { .vcpus = 2 };

    if (child_boot(&c, &cfg)) {
        memcpy(c.snippet + 0x800, start, sizeof(start));
        unsound();
        up_and_down();
        runstate();
        last_one();
        CHECK("it goes", child_destroy(&c));
    }
}
