/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scalar and address types of the hypervisor. Frame numbers of the
 * machine, of a guest and of a device are different one-member structs, so
 * that the compiler refuses to mix them; the constructors and accessors are
 * the only crossings. No locking, no manual chapter.
 */
#ifndef CORE_LIB_TYPES_H
#define CORE_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <core/lib/compiler.h>
#include <core/lib/const.h>

/* Machine-physical, guest-physical, guest-linear address: bytes. */
typedef uint64_t paddr_t;
typedef uint64_t gpa_t;
typedef uint64_t gva_t;

/* Nanoseconds: system time since boot, or a length of time. */
typedef uint64_t nsec_t;

#define NSEC_NEVER UINT64_MAX
#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC UINT64_C(1000000000)

/* A frame of the machine's memory. */
typedef struct {
    uint64_t m;
} mfn_t;

/* A frame of a guest's physical address space. */
typedef struct {
    uint64_t g;
} gfn_t;

/* A frame of a device's DMA address space. */
typedef struct {
    uint64_t d;
} dfn_t;

#define INVALID_FRAME UINT64_MAX
#define INVALID_MFN MFN(INVALID_FRAME)
#define INVALID_GFN GFN(INVALID_FRAME)
#define INVALID_DFN DFN(INVALID_FRAME)

static inline mfn_t MFN(uint64_t frame)
{
    return (mfn_t){ .m = frame };
}

static inline uint64_t mfn_x(mfn_t mfn)
{
    return mfn.m;
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return a.m == b.m;
}

static inline bool mfn_valid(mfn_t mfn)
{
    return mfn.m != INVALID_FRAME;
}

static inline mfn_t mfn_add(mfn_t mfn, uint64_t pages)
{
    return MFN(mfn.m + pages);
}

static inline mfn_t mfn_min(mfn_t a, mfn_t b)
{
    return a.m < b.m ? a : b;
}

static inline mfn_t mfn_max(mfn_t a, mfn_t b)
{
    return a.m > b.m ? a : b;
}

static inline gfn_t GFN(uint64_t frame)
{
    return (gfn_t){ .g = frame };
}

static inline uint64_t gfn_x(gfn_t gfn)
{
    return gfn.g;
}

static inline bool gfn_eq(gfn_t a, gfn_t b)
{
    return a.g == b.g;
}

static inline bool gfn_valid(gfn_t gfn)
{
    return gfn.g != INVALID_FRAME;
}

static inline gfn_t gfn_add(gfn_t gfn, uint64_t pages)
{
    return GFN(gfn.g + pages);
}

static inline gfn_t gfn_min(gfn_t a, gfn_t b)
{
    return a.g < b.g ? a : b;
}

static inline gfn_t gfn_max(gfn_t a, gfn_t b)
{
    return a.g > b.g ? a : b;
}

static inline dfn_t DFN(uint64_t frame)
{
    return (dfn_t){ .d = frame };
}

static inline uint64_t dfn_x(dfn_t dfn)
{
    return dfn.d;
}

static inline bool dfn_eq(dfn_t a, dfn_t b)
{
    return a.d == b.d;
}

static inline bool dfn_valid(dfn_t dfn)
{
    return dfn.d != INVALID_FRAME;
}

static inline dfn_t dfn_add(dfn_t dfn, uint64_t pages)
{
    return DFN(dfn.d + pages);
}

static inline dfn_t dfn_min(dfn_t a, dfn_t b)
{
    return a.d < b.d ? a : b;
}

static inline dfn_t dfn_max(dfn_t a, dfn_t b)
{
    return a.d > b.d ? a : b;
}

static inline mfn_t paddr_to_mfn(paddr_t paddr)
{
    return MFN(paddr >> PAGE_SHIFT);
}

static inline paddr_t mfn_to_paddr(mfn_t mfn)
{
    return mfn.m << PAGE_SHIFT;
}

static inline gfn_t gpa_to_gfn(gpa_t gpa)
{
    return GFN(gpa >> PAGE_SHIFT);
}

static inline gpa_t gfn_to_gpa(gfn_t gfn)
{
    return gfn.g << PAGE_SHIFT;
}

/* Offset in its page of any address. */
static inline uint64_t page_offset(uint64_t addr)
{
    return addr & ~PAGE_MASK;
}

/* Whole pages that hold this many bytes. */
static inline uint64_t bytes_to_pages(uint64_t bytes)
{
    return (bytes >> PAGE_SHIFT) + (page_offset(bytes) != 0);
}

#endif
