/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall xen_version: which ABI this is, and who speaks it.
 * Locking: none; all of it is constant.  Chapter: xen/version.h.
 */
#include <core/hypercall/hypercall.h>

#include <core/abi/version.h>
#include <core/domain/domain.h>
#include <core/hypercall/layout.h>
#include <core/hypercall/xen_version.h>
#include <core/kernel/version.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

/* What kinds of domains there can be; tools look for these words. */
#define VERSION_CAPABILITIES \
    "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 "

/* Bytes of a build id: those of a SHA-1. */
#define BUILD_ID_BYTES 20u

static char xen_version_cmdline[sizeof(xen_commandline_t)];

void xen_version_set_cmdline(const char *text)
{
    strlcpy(xen_version_cmdline, text, sizeof(xen_version_cmdline));
}

/* @text into the guest's array of @size bytes, zeros behind it. */
static __noinline int64_t version_text(gva_t arg, const char *text, size_t size)
{
    char buf[sizeof(xen_commandline_t)] = "";

    static_assert(sizeof(buf) >= sizeof(xen_capabilities_info_t), "room");
    strlcpy(buf, text, size);
    return guest_copy_to(arg, buf, size);
}

static __noinline int64_t version_compile_info(gva_t arg)
{
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    strlcpy(info.compiler, version_info.compiler, sizeof(info.compiler));
    strlcpy(info.compile_by, version_info.compile_by,
             sizeof(info.compile_by));
    strlcpy(info.compile_domain, version_info.compile_domain,
             sizeof(info.compile_domain));
    strlcpy(info.compile_date, version_info.compile_date,
             sizeof(info.compile_date));
    return gva_write(arg, &info);
}

uint32_t xen_version_features(const struct domain *d)
{
    return BIT32(XENFEAT_memory_op_vnode_supported) |
           BIT32(XENFEAT_writable_page_tables) |
           BIT32(XENFEAT_auto_translated_physmap) |
           BIT32(XENFEAT_hvm_safe_pvclock) |
           BIT32(XENFEAT_hvm_callback_vector) |
           (d->is_hardware ? BIT32(XENFEAT_dom0) : 0) |
           (d->is_direct_mapped ? BIT32(XENFEAT_direct_mapped)
                                : BIT32(XENFEAT_not_direct_mapped));
}

static __noinline int64_t version_features(const struct domain *d, gva_t arg)
{
    struct xen_feature_info info;

    if (gva_read(&info, arg) != 0) {
        return -EFAULT;
    }
    if (info.submap_idx != 0) {
        return -EINVAL;
    }
    info.submap = xen_version_features(d);
    return gva_write(arg, &info);
}

/* The build id: the changeset's digits as bytes, zeros where it has none. */
static void version_build_bytes(uint8_t *id)
{
    const char *s = version_info.changeset;

    memset(id, 0, BUILD_ID_BYTES);
    for (unsigned int i = 0; i < 2 * BUILD_ID_BYTES && *s != '\0'; i++, s++) {
        const unsigned int digit = *s >= '0' && *s <= '9'   ? *s - '0'
                                   : *s >= 'a' && *s <= 'f' ? *s - 'a' + 10u
                                                            : 0;

        id[i / 2] = (uint8_t)(id[i / 2] << 4 | digit);
    }
}

static __noinline int64_t version_build_id(gva_t arg)
{
    uint8_t id[BUILD_ID_BYTES];
    struct xen_build_id head;

    if (arg == 0) {
        return BUILD_ID_BYTES;
    }
    if (guest_copy_from(&head, arg, sizeof(head.len)) != 0) {
        return -EFAULT;
    }
    if (head.len == 0) {
        return -EINVAL;
    }
    if (head.len < BUILD_ID_BYTES) {
        return -ENOBUFS;
    }
    version_build_bytes(id);
    return guest_copy_to(arg + offsetof(struct xen_build_id, buf), id,
                         sizeof(id)) != 0
               ? -EFAULT
               : BUILD_ID_BYTES;
}

static __noinline int64_t version_ask(struct vcpu *v, struct hcall_regs *r)
{
    static const struct xen_platform_parameters params = { .virt_start = 0 };
    const struct domain *const d = v->domain;
    const gva_t arg = r->arg[1];

    switch ((unsigned int)r->arg[0]) {
    case XENVER_extraversion:
        return version_text(arg, VERSION_EXTRA, sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return version_compile_info(arg);
    case XENVER_capabilities:
        return version_text(arg, VERSION_CAPABILITIES,
                            sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return version_text(arg, version_info.changeset,
                            sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return layout_write(xen_platform_parameters, arg, &params, 1);
    case XENVER_get_features:
        return version_features(d, arg);
    case XENVER_pagesize:
        return arg != 0 ? -EINVAL : (int64_t)PAGE_SIZE;
    case XENVER_guest_handle:
        return guest_copy_to(arg, d->handle, sizeof(d->handle));
    case XENVER_commandline:
        /* Of the machine: as real Xen, not for everyone. */
        return version_text(arg, d->is_control ? xen_version_cmdline
                                               : "<denied>",
                            sizeof(xen_commandline_t));
    case XENVER_build_id:
        return d->is_control ? version_build_id(arg) : -EPERM;
    default:
        return -ENOSYS;
    }
}

/* Apart from the rest and its buffers: the call by which calls are measured. */
int64_t hcall_xen_version(struct vcpu *v, struct hcall_regs *r)
{
    return (unsigned int)r->arg[0] == XENVER_version
               ? (int64_t)(VERSION_ABI_MAJOR << 16 | VERSION_ABI_MINOR)
               : version_ask(v, r);
}
