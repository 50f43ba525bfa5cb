/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of boot.
 */
#ifndef CORE_INIT_INIT_H
#define CORE_INIT_INIT_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* Run all steps on the boot CPU, then its loop.  @tsc: at the entry. */
void __noreturn init_main(uint64_t tsc);

/* Run the steps of each CPU on this one, not the boot CPU.  False: unusable. */
bool init_cpu(void);

/* Every step is a function of this type. */
#define INIT(name, function) void function(void);
#define INIT_CPU(name, function) void function(void);
#define INIT_CPU_CHECK(name, function) bool function(void);
#include <core/init/initcalls.def>
#undef INIT
#undef INIT_CPU
#undef INIT_CPU_CHECK

#endif /* CORE_INIT_INIT_H */
