/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getdomaininfo, getdomaininfolist, getvcpuinfo, setdomainhandle, max_mem:
 * what they say of a domain in each of its states.
 * Public headers "domctl.h", "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static struct xen_domctl_getdomaininfo info;
static struct child c;

static uint32_t state(void)
{
    CHECK("the domain is found", child_info(c.domid, &info));
    return info.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown |
                         XEN_DOMINF_paused | XEN_DOMINF_debugged |
                         XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
}

static void fresh(void)
{
    check_eq("create", child_create_bare(&c, NULL), 0);
    check_eq("new: paused, HVM, HAP", state(),
             XEN_DOMINF_paused | XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
    check_eq("no vCPU", info.max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
    check_eq("none on line", info.nr_online_vcpus, 0);
    check_eq("no memory", info.tot_pages, 0);
    check_eq("none claimed", info.outstanding_pages, 0);
    check_eq("nothing shared", info.shr_pages + info.paged_pages, 0);
    check_eq("no time used", info.cpu_time, 0);
    check_eq("pool", info.cpupool, 0);
    check_eq("emulated devices", info.arch_config.emulation_flags,
             XEN_X86_EMU_LAPIC);
    check_eq("handle", info.handle[3], 0xc3);
    check("width of addresses", info.gpaddr_bits >= 36 &&
          info.gpaddr_bits <= 52, "%u", info.gpaddr_bits);
    CHECK("it goes", child_destroy(&c));
}

static void running(void)
{
    struct xen_domctl op = { 0 };
    uint64_t used;

    check_eq("running", state(), XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
    check_eq("highest vCPU", info.max_vcpu_id, 0);
    check_eq("on line", info.nr_online_vcpus, 1);
    check_eq("pages", info.tot_pages, CHILD_PAGES);
    check_eq("limit", info.max_pages, CHILD_PAGES + 256);
    check("time used", info.cpu_time > 0, "none");
    used = info.cpu_time;
    child_is_alive(&c);
    state();
    check("more and more", info.cpu_time > used, "%lu", info.cpu_time);
    op.u.getvcpuinfo.vcpu = 0;
    check_eq("getvcpuinfo", domctl(&op, XEN_DOMCTL_getvcpuinfo, c.domid), 0);
    check_eq("on line", op.u.getvcpuinfo.online, 1);
    check_eq("not blocked", op.u.getvcpuinfo.blocked, 0);
    check("time", op.u.getvcpuinfo.cpu_time >= used, "%lu",
          op.u.getvcpuinfo.cpu_time);
    check_eq("on CPU 0 to 3", op.u.getvcpuinfo.cpu & ~3u, 0);
    op.u.getvcpuinfo.vcpu = 1;
    check_eq("getvcpuinfo of no vCPU",
             domctl(&op, XEN_DOMCTL_getvcpuinfo, c.domid), -XEN_EINVAL);
    op.u.getvcpuinfo.vcpu = UINT32_MAX;
    check_eq("of vCPU -1", domctl(&op, XEN_DOMCTL_getvcpuinfo, c.domid),
             -XEN_EINVAL);
}

static void changes(void)
{
    struct xen_domctl op = { 0 };

    memset(op.u.setdomainhandle.handle, 0x77, sizeof(xen_domain_handle_t));
    check_eq("setdomainhandle",
             domctl(&op, XEN_DOMCTL_setdomainhandle, c.domid), 0);
    state();
    check_eq("it is the new one", info.handle[0], 0x77);
    memset(&op, 0, sizeof(op));
    op.u.max_mem.max_memkb = 8192;
    check_eq("max_mem", domctl(&op, XEN_DOMCTL_max_mem, c.domid), 0);
    state();
    check_eq("limit", info.max_pages, 2048);
    op.u.max_mem.max_memkb = 16;
    check_eq("max_mem below what it has",
             domctl(&op, XEN_DOMCTL_max_mem, c.domid), 0);
    state();
    check_eq("limit", info.max_pages, 4);
    check_eq("it keeps its pages", info.tot_pages, CHILD_PAGES);
    check_eq("and gets no more", child_populate(&c, 0x1000, 1), 0);
    op.u.max_mem.max_memkb = UINT64_MAX;
    check_eq("max_mem without end",
             domctl(&op, XEN_DOMCTL_max_mem, c.domid), 0);
    state();
    check("limit", info.max_pages >= 1u << 30, "%lx", info.max_pages);
    check_eq("now it gets more", child_populate(&c, 0x1000, 1), 1);
    check_eq("pause", domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    check_eq("paused", state(),
             XEN_DOMINF_paused | XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
    CHECK("it goes", child_destroy(&c));
}

static int64_t list(void *buf, uint16_t first, uint32_t max, uint32_t *n)
{
    struct xen_sysctl op = { 0 };
    int64_t rc;

    op.u.getdomaininfolist.first_domain = first;
    op.u.getdomaininfolist.max_domains = max;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, buf);
    rc = sysctl(&op, XEN_SYSCTL_getdomaininfolist);
    *n = op.u.getdomaininfolist.num_domains;
    return rc;
}

static void scanning(void)
{
    struct xen_domctl_getdomaininfo *all = mm_alloc(1);
    struct xen_domctl op = { 0 };
    struct child a;
    struct child b;
    uint32_t n;

    check_eq("one domain", child_create_bare(&a, NULL), 0);
    check_eq("and another", child_create_bare(&b, NULL), 0);
    check_eq("getdomaininfo of a number between",
             domctl(&op, XEN_DOMCTL_getdomaininfo, 1), 0);
    check_eq("is the next", op.domain, a.domid);
    check_eq("also inside", op.u.getdomaininfo.domain, a.domid);
    check_eq("behind the last",
             domctl(&op, XEN_DOMCTL_getdomaininfo, b.domid + 1), -XEN_ESRCH);
    check_eq("list", list(all, 0, 8, &n), 0);
    check_eq("all three", n, 3);
    check_eq("in order", all[0].domain == 0 && all[1].domain == a.domid &&
             all[2].domain == b.domid, true);
    check_eq("list of two", list(all, 0, 2, &n), 0);
    check_eq("two", n, 2);
    check_eq("list from the second on", list(all, a.domid, 8, &n), 0);
    check_eq("two", n, 2);
    check_eq("first of them", all[0].domain, a.domid);
    check_eq("list of none", list(all, 0, 0, &n), 0);
    check_eq("none", n, 0);
    check_eq("list behind the last", list(all, b.domid + 1, 8, &n), 0);
    check_eq("none", n, 0);
    mm_map(MM_WINDOW, 0, 0);
    check_eq("list to nowhere", list((void *)MM_WINDOW, 0, 8, &n),
             -XEN_EFAULT);
    CHECK("they go", child_destroy(&a) && child_destroy(&b));
}

TEST(domctl_info, "domctl: what is told of domains", TEST_DOM0)
{
    fresh();
    if (child_boot(&c, NULL)) {
        running();
        changes();
    }
    scanning();
}
