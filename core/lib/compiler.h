/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the compiler is told beyond the language: attributes, sections,
 * branch hints, single accesses, configuration tests, and the annotations
 * of Clang's thread safety analysis. Works with GCC and Clang, freestanding
 * and on the host. No locking, no manual chapter.
 */
#ifndef CORE_LIB_COMPILER_H
#define CORE_LIB_COMPILER_H

#include <core/lib/const.h>

#ifndef __ASSEMBLER__

#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define __keep __attribute__((__used__))
#ifndef __packed
#define __packed __attribute__((__packed__))
#endif
#ifndef __aligned
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#endif
/* Its locals are no arrays: spare the check of the stack's canary. */
#define __no_stack_protector __attribute__((__no_stack_protector__))
#define __cold __attribute__((__cold__))
#define __noinline __attribute__((__noinline__))
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#define __noreturn __attribute__((__noreturn__))
#define __weak __attribute__((__weak__))
#define __pure __attribute__((__pure__))
#define __printf_like(fmt, first) \
    __attribute__((__format__(__printf__, fmt, first)))

#define fallthrough __attribute__((__fallthrough__))

/*
 * Placement. Init sections are given back to the allocator at the end of
 * boot: nothing outside of them may call or point into them afterwards.
 * On the host the sections would only confuse the sanitizers.
 */
#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#define __section(name)
#else
#define __section(name) __attribute__((__section__(name)))
#endif
#define INIT_TEXT __section(".init.text") __cold
#define INIT_DATA __section(".init.data")
#define INIT_RODATA __section(".init.rodata")
/* Written during boot only, read-only afterwards. */
#define RO_AFTER_INIT __section(".data.ro_after_init")

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define unreachable() __builtin_unreachable()

/* The compiler moves no memory access across this. */
#define barrier() __asm__ volatile("" ::: "memory")

/* Exactly one access, not torn, not repeated. Scalars up to 8 bytes. */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) \
    (*(volatile __typeof__(x) *)&(x) = (value))

/*
 * IS_ENABLED(OPTION) is 1 if OPTION is a macro that expands to 1, else 0
 * (0 and undefined alike), so that both arms of an if are compiled.
 */
#define IS_ENABLED(option) IS_ENABLED_EXPAND(option)
#define IS_ENABLED_EXPAND(value) IS_ENABLED_TEST(IS_ENABLED_ARG_##value)
#define IS_ENABLED_ARG_1 0,
#define IS_ENABLED_TEST(arg_or_junk) IS_ENABLED_SECOND(arg_or_junk 1, 0, 0)
#define IS_ENABLED_SECOND(ignored, value, ...) value

/*
 * Thread safety annotations. CAPABILITY goes on a lock's struct, the others
 * behind a prototype; their arguments are expressions that name a lock.
 */
#if defined(__clang__)
#define THREAD_ATTR(x) __attribute__((x))
#else
#define THREAD_ATTR(x)
#endif
#define CAPABILITY(name) THREAD_ATTR(capability(name))
#define ACQUIRES(...) THREAD_ATTR(acquire_capability(__VA_ARGS__))
#define ACQUIRES_SHARED(...) \
    THREAD_ATTR(acquire_shared_capability(__VA_ARGS__))
#define TRY_ACQUIRES(...) THREAD_ATTR(try_acquire_capability(__VA_ARGS__))
#define RELEASES(...) THREAD_ATTR(release_capability(__VA_ARGS__))
#define RELEASES_SHARED(...) \
    THREAD_ATTR(release_shared_capability(__VA_ARGS__))
#define REQUIRES(...) THREAD_ATTR(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) \
    THREAD_ATTR(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...) THREAD_ATTR(locks_excluded(__VA_ARGS__))
#define ASSERTS_HELD(...) THREAD_ATTR(assert_capability(__VA_ARGS__))
#define NO_LOCK_ANALYSIS THREAD_ATTR(no_thread_safety_analysis)

#endif /* !__ASSEMBLER__ */

#endif
