/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * createdomain and max_vcpus: what a new domain is, which number it gets,
 * and every argument that is refused.
 * Public header "domctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

#define WANTED_DOMID 0x1234

static struct xen_domctl op;

static void fill(void)
{
    memset(&op, 0, sizeof(op));
    op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = -1;
    op.u.createdomain.max_maptrack_frames = -1;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(2);
    op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_LAPIC;
}

static int64_t create(uint16_t domid)
{
    return domctl(&op, XEN_DOMCTL_createdomain, domid);
}

static void destroy(void)
{
    const uint16_t domid = op.domain;

    check_quiet("destroy", domctl_plain(XEN_DOMCTL_destroydomain, domid) == 0,
                "fails");
    check_quiet("gone", child_wait_gone(domid), "stays");
}

/* Create what the caller has filled in: it must fail, and is ended if not. */
static void refused(const char *name, int64_t want)
{
    const int64_t rc = create(DOMID_INVALID);

    check_eq(name, rc, want);
    if (rc == 0) {
        destroy();
    }
}

static void numbers(void)
{
    struct xen_domctl_getdomaininfo info;
    uint16_t first;

    fill();
    memset(op.u.createdomain.handle, 0x5a, sizeof(xen_domain_handle_t));
    check_eq("create", create(DOMID_INVALID), 0);
    first = op.domain;
    check("a number of its own", first != 0 && first < DOMID_FIRST_RESERVED,
          "%u", first);
    CHECK("it is there", child_info(first, &info));
    check_eq("handle", info.handle[15], 0x5a);
    fill();
    check_eq("a number that is taken", create(first), -XEN_EEXIST);
    op.domain = first;
    destroy();
    fill();
    check_eq("create another", create(DOMID_INVALID), 0);
    check("its number is not the one just free", op.domain != first, "%u",
          first);
    destroy();
    fill();
    check_eq("a number asked for", create(WANTED_DOMID), 0);
    check_eq("is given", op.domain, WANTED_DOMID);
    destroy();
    fill();
    check_eq("number 0: any", create(0), 0);
    CHECK("not 0", op.domain != 0);
    destroy();
    fill();
    check_eq("a reserved number: any", create(DOMID_FIRST_RESERVED), 0);
    CHECK("not reserved", op.domain < DOMID_FIRST_RESERVED);
    destroy();
}

static void flags(void)
{
    fill();
    op.u.createdomain.flags |= XEN_DOMCTL_CDF_MAX << 1;
    refused("an unknown flag", -XEN_EINVAL);
    fill();
    op.u.createdomain.flags |= XEN_DOMCTL_CDF_nested_virt;
    if (!on_xen()) {
        refused("nested virtualisation", -XEN_EINVAL);
    }
    fill();
    op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm;
    if (!on_xen()) {
        refused("shadow paging", -XEN_EINVAL);
    }
    fill();
    op.u.createdomain.flags = 0;
    if (!on_xen()) {
        refused("a PV domain", -XEN_EINVAL);
    }
    fill();
    op.u.createdomain.iommu_opts = XEN_DOMCTL_IOMMU_no_sharept;
    refused("IOMMU options without IOMMU", -XEN_EINVAL);
    fill();
    op.u.createdomain.iommu_opts = XEN_DOMCTL_IOMMU_MAX << 1;
    refused("an unknown IOMMU option", -XEN_EINVAL);
    fill();
    op.u.createdomain.flags |= XEN_DOMCTL_CDF_xs_domain;
    check_eq("a xenstore domain", create(DOMID_INVALID), 0);
    destroy();
    fill();
    op.u.createdomain.ssidref = 77;
    check_eq("a label is ignored", create(DOMID_INVALID), 0);
    destroy();
}

static void sizes(void)
{
    fill();
    op.u.createdomain.max_vcpus = 0;
    refused("no vCPU", -XEN_EINVAL);
    fill();
    op.u.createdomain.max_vcpus = 129;
    refused("129 vCPUs", -XEN_EINVAL);
    fill();
    op.u.createdomain.max_vcpus = UINT32_MAX;
    refused("-1 vCPUs", -XEN_EINVAL);
    fill();
    op.u.createdomain.max_vcpus = 128;
    check_eq("128 vCPUs", create(DOMID_INVALID), 0);
    destroy();
    fill();
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(3);
    refused("grant version 3", -XEN_EINVAL);
    fill();
    op.u.createdomain.grant_opts = 0x12;
    refused("an unknown grant option", -XEN_EINVAL);
    fill();
    op.u.createdomain.vmtrace_size = 4096;
    refused("processor trace", -XEN_EINVAL);
    fill();
    op.u.createdomain.cpupool_id = 77;
    refused("an absent CPU pool", -XEN_ESRCH);
    fill();
    op.u.createdomain.max_grant_frames = 1 << 20;
    refused("too many grant frames", -XEN_EINVAL);
    fill();
    op.u.createdomain.max_maptrack_frames = 1 << 20;
    refused("too many maptrack frames", -XEN_EINVAL);
}

static void devices(void)
{
    fill();
    op.u.createdomain.arch.emulation_flags = 1u << 31;
    refused("an unknown device", -XEN_EINVAL);
    fill();
    op.u.createdomain.arch.emulation_flags =
        XEN_X86_EMU_LAPIC | XEN_X86_EMU_PIT;
    refused("a PIT alone", -XEN_EOPNOTSUPP);
    fill();
    op.u.createdomain.arch.emulation_flags = 0;
    refused("no local APIC", -XEN_EOPNOTSUPP);
    fill();
    op.u.createdomain.arch.misc_flags = XEN_X86_MISC_FLAGS_MAX << 1;
    refused("an unknown flag of the machine", -XEN_EINVAL);
}

static int64_t max_vcpus(uint16_t domid, uint32_t max)
{
    struct xen_domctl set = { 0 };

    set.u.max_vcpus.max = max;
    return domctl(&set, XEN_DOMCTL_max_vcpus, domid);
}

static void vcpus(void)
{
    struct xen_domctl_getdomaininfo info;
    uint16_t domid;

    fill();
    op.u.createdomain.max_vcpus = 3;
    check_eq("a domain for three vCPUs", create(DOMID_INVALID), 0);
    domid = op.domain;
    CHECK("none is there yet", child_info(domid, &info) &&
          info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID);
    check_eq("max_vcpus of another count", max_vcpus(domid, 2), -XEN_EINVAL);
    check_eq("of none", max_vcpus(domid, 0), -XEN_EINVAL);
    check_eq("of too many", max_vcpus(domid, 200), -XEN_EINVAL);
    check_eq("of the right count", max_vcpus(domid, 3), 0);
    CHECK("they are there", child_info(domid, &info) &&
          info.max_vcpu_id == 2);
    check_eq("and down", info.nr_online_vcpus, 0);
    check_eq("a second time", max_vcpus(domid, 3), 0);
    op.domain = domid;
    destroy();
    check_eq("max_vcpus of nobody", max_vcpus(domid, 1), -XEN_ESRCH);
    check_eq("of oneself", max_vcpus(0, 1), -XEN_EINVAL);
}

TEST(domctl_create, "domctl: createdomain, max_vcpus", TEST_DOM0)
{
    numbers();
    flags();
    sizes();
    devices();
    vcpus();
}
