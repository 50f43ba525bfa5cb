/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port and a frame of the machine in the hands of another domain: not
 * before it was allowed, and not after.
 * Public header "domctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

/* System control port A, which reads as something else than ones. */
#define PORT 0x92u
#define PORT_NOBODY 0xffu
/* Text of the display adapter. */
#define TEXT_FRAME 0xb8u
#define TEXT_GFN 0x300u

static struct child c;
static struct xen_domctl op;

/* mov $0x92, %dx; in %dx, %al; movzbl %al, %eax; ret */
static const uint8_t in[] = {
    0x66, 0xba, PORT, 0x00, 0xec, 0x0f, 0xb6, 0xc0, 0xc3,
};

static int64_t port(uint8_t allow)
{
    memset(&op, 0, sizeof(op));
    op.u.ioport_permission.first_port = PORT;
    op.u.ioport_permission.nr_ports = 1;
    op.u.ioport_permission.allow_access = allow;
    return domctl(&op, XEN_DOMCTL_ioport_permission, c.domid);
}

static int64_t frame(uint8_t allow)
{
    memset(&op, 0, sizeof(op));
    op.u.iomem_permission.first_mfn = TEXT_FRAME;
    op.u.iomem_permission.nr_mfns = 1;
    op.u.iomem_permission.allow_access = allow;
    return domctl(&op, XEN_DOMCTL_iomem_permission, c.domid);
}

static int64_t map(uint32_t add)
{
    memset(&op, 0, sizeof(op));
    op.u.memory_mapping.first_gfn = TEXT_GFN;
    op.u.memory_mapping.first_mfn = TEXT_FRAME;
    op.u.memory_mapping.nr_mfns = 1;
    op.u.memory_mapping.add_mapping = add;
    return domctl(&op, XEN_DOMCTL_memory_mapping, c.domid);
}

static void ports(void)
{
    check_eq("a port it has not", child_run(&c, 0, in, sizeof(in), 0, 0),
             PORT_NOBODY);
    check_eq("allow it", port(1), 0);
    /* Xen lets a PVH domain at no port, whatever it may. */
    if (!on_xen()) {
        CHECK("it reads the device",
              child_run(&c, 0, in, sizeof(in), 0, 0) != PORT_NOBODY);
    }
    check_eq("forbid it", port(0), 0);
    check_eq("nobody is there again",
             child_run(&c, 0, in, sizeof(in), 0, 0), PORT_NOBODY);
}

static void frames(void)
{
    volatile uint64_t *const ours =
        mm_map(MM_WINDOW, (uint64_t)TEXT_FRAME << 12, PTE_RW);
    const uint64_t gpa = (uint64_t)TEXT_GFN << 12;
    const uint64_t was = ours[0];

    check_eq("a frame it may not have", map(1), -XEN_EPERM);
    check_eq("allow it", frame(1), 0);
    check_eq("nothing is mapped by that", (int64_t)child_peek(&c, gpa), -1);
    check_eq("map it", map(1), 0);
    child_poke(&c, gpa, 0x0742074107400721);
    check_eq("it writes to the device", (int64_t)ours[0],
             0x0742074107400721);
    check_eq("and reads it", (int64_t)child_peek(&c, gpa),
             0x0742074107400721);
    check_eq("unmap it", map(0), 0);
    check_eq("nobody is there again", (int64_t)child_peek(&c, gpa), -1);
    check_eq("forbid it", frame(0), 0);
    check_eq("it may not have it any more", map(1), -XEN_EPERM);
    ours[0] = was;
}

TEST(device_given, "A port and a frame for another domain", TEST_DOM0)
{
    if (!child_boot(&c, NULL)) {
        return;
    }
    ports();
    frames();
    CHECK("it goes", child_destroy(&c));
}
