/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen_version: every sub-op, sizes, strings, and bad sub-ops and pointers.
 * Public header "version.h" and "features.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/features.h>

#define F(bit) (1u << (bit))

static void features(void)
{
    struct xen_feature_info fi = { .submap_idx = 0 };
    const uint32_t must = F(XENFEAT_auto_translated_physmap) |
                          F(XENFEAT_hvm_callback_vector) |
                          F(XENFEAT_hvm_safe_pvclock) |
                          F(XENFEAT_memory_op_vnode_supported);
    const uint32_t mapped = F(XENFEAT_direct_mapped) |
                            F(XENFEAT_not_direct_mapped);

    check_eq("get_features", xen_version(XENVER_get_features, &fi), 0);
    check("features of a PVH guest", (fi.submap & must) == must,
          "submap %x", fi.submap);
    check_eq("dom0 feature", !!(fi.submap & F(XENFEAT_dom0)),
             test_is_dom0());
    CHECK("either mapped directly or not",
          (fi.submap & mapped) == F(XENFEAT_direct_mapped) ||
          (fi.submap & mapped) == F(XENFEAT_not_direct_mapped));
    CHECK("no PIRQs", !(fi.submap & F(XENFEAT_hvm_pirqs)));
    fi.submap_idx = 1;
    CHECK("submap 1 is empty or refused",
          xen_version(XENVER_get_features, &fi) == -XEN_EINVAL ||
          fi.submap == 0);
}

static void strings(void)
{
    static char buf[1024];
    static struct xen_compile_info info;

    memset(buf, 'x', sizeof(buf));
    check_eq("extraversion", xen_version(XENVER_extraversion, buf), 0);
    CHECK("extraversion ends within 16 bytes",
          strlen(buf) < XEN_EXTRAVERSION_LEN);
    memset(buf, 'x', sizeof(buf));
    check_eq("capabilities", xen_version(XENVER_capabilities, buf), 0);
    CHECK("capabilities end within 1024 bytes", strlen(buf) < 1024);
    CHECK("capabilities name 64-bit HVM",
          test_is_dom0() ? strlen(buf) > 0 : true);
    memset(buf, 'x', sizeof(buf));
    check_eq("changeset", xen_version(XENVER_changeset, buf), 0);
    CHECK("changeset ends within 64 bytes",
          strlen(buf) < XEN_CHANGESET_INFO_LEN);
    check_eq("compile_info", xen_version(XENVER_compile_info, &info), 0);
    memset(buf, 'x', sizeof(buf));
    check_eq("commandline", xen_version(XENVER_commandline, buf), 0);
    CHECK("commandline ends within 1024 bytes", strlen(buf) < 1024);
}

static void values(void)
{
    static struct xen_platform_parameters pp;
    static uint8_t handle[16];
    int64_t rc;

    check_eq("version", xen_version(XENVER_version, NULL), 0x40011);
    check_eq("pagesize", xen_version(XENVER_pagesize, NULL), 4096);
    check_eq("platform_parameters",
             xen_version(XENVER_platform_parameters, &pp), 0);
    check_eq("guest_handle", xen_version(XENVER_guest_handle, handle), 0);
    rc = xen_version(XENVER_build_id, NULL);
    check("build_id without a buffer is its length or ENODATA",
          test_is_dom0() ? rc > 0 || rc == -XEN_ENODATA : rc == -XEN_EPERM,
          "%ld", rc);
}

static void bad(void)
{
    void *hole = mm_map(MM_WINDOW, 0, 0);

    check_eq("unknown sub-op", xen_version(200, NULL), -XEN_ENOSYS);
    check_eq("sub-op -1", xen_version(UINT32_MAX, NULL), -XEN_ENOSYS);
    check_eq("unmapped buffer", xen_version(XENVER_extraversion, hole),
             -XEN_EFAULT);
    check_eq("unmapped feature info",
             xen_version(XENVER_get_features, hole), -XEN_EFAULT);
    /* Xen walks the page tables with the low 48 bits and does not look at
     * the rest. */
    if (!on_xen()) {
        check_eq("non-canonical buffer",
                 xen_version(XENVER_extraversion, (void *)(1ull << 62)),
                 -XEN_EFAULT);
    }
}

TEST(version, "xen_version: values, strings, features, errors", 0)
{
    values();
    features();
    strings();
    bad();
}
