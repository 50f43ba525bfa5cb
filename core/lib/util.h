/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small macros every file needs: sizes, rounding, bounds, containers. The
 * macros evaluate each argument once, except those that must be constant
 * expressions (ARRAY_SIZE, DIV_ROUND_UP). No locking, no manual chapter.
 */
#ifndef CORE_LIB_UTIL_H
#define CORE_LIB_UTIL_H

#include <core/lib/types.h>

#ifndef static_assert
#define static_assert _Static_assert
#endif

/* Number of elements; refuses to compile when given a pointer. */
#define ARRAY_SIZE(a)                                                     \
    (sizeof(a) / sizeof((a)[0]) +                                         \
     0 * sizeof(struct {                                                  \
         static_assert(!__builtin_types_compatible_p(                     \
                           __typeof__(a), __typeof__(&(a)[0])),           \
                       "not an array");                                   \
         int dummy;                                                       \
     }))

#define container_of(ptr, type, member)                                   \
    ((type *)((uintptr_t)(1 ? (ptr) : &((type *)0)->member) -             \
              offsetof(type, member)))

/* Both arguments must have the same type, as for the comparison of pointers. */
#define min(a, b)                                                         \
    __extension__({                                                       \
        const __typeof__(a) min_a = (a);                                  \
        const __typeof__(b) min_b = (b);                                  \
        (void)(&min_a == &min_b);                                         \
        min_a < min_b ? min_a : min_b;                                    \
    })

#define max(a, b)                                                         \
    __extension__({                                                       \
        const __typeof__(a) max_a = (a);                                  \
        const __typeof__(b) max_b = (b);                                  \
        (void)(&max_a == &max_b);                                         \
        max_a > max_b ? max_a : max_b;                                    \
    })

#define clamp(value, low, high) min(max(value, low), high)

#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

/* Unsigned; the result of DIV_ROUND_UP is exact for all n. */
#define DIV_ROUND_UP(n, d) ((n) / (d) + ((n) % (d) != 0))

/* align is a power of two; the value must not wrap when rounded up. */
static inline uint64_t round_down(uint64_t value, uint64_t align)
{
    return value & ~(align - 1);
}

static inline uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static inline bool is_aligned(uint64_t value, uint64_t align)
{
    return (value & (align - 1)) == 0;
}

static inline bool is_power_of_2(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/*
 * An index chosen by a guest, after it was checked against size: returns
 * index when it is below size and 0 otherwise, without a branch the CPU
 * could mispredict. Requires 1 <= size <= 2^63.
 */
static inline uint64_t index_nospec(uint64_t index, uint64_t size)
{
    uint64_t mask;

    /* Not in C: the compiler knows of the check and folds the mask away. */
    __asm__("cmp %[size], %[index]\n\tsbb %[mask], %[mask]"
            : [mask] "=r"(mask)
            : [index] "r"(index), [size] "er"(size)
            : "cc");
    return index & mask;
}

#endif
