/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was built; build.mk passes the facts of the last commit.
 */
#include <core/console/printk.h>
#include <core/kernel/version.h>
#include <core/lib/compiler.h>

const struct version_info version_info = {
    .name = "Hospes",
    .version = "0.1",
#ifdef __clang__
    .compiler = "clang " __clang_version__,
#else
    .compiler = "gcc " __VERSION__,
#endif
    .compile_by = "hospes",
    .compile_domain = "localhost",
    .compile_date = VERSION_DATE,
    .changeset = VERSION_COMMIT,
};

void version_print(void)
{
    pr_info("%s %s (%s, %s, %s build), speaks Xen %u.%u\n",
            version_info.name, version_info.version, version_info.changeset,
            version_info.compiler, IS_ENABLED(DEBUG) ? "debug" : "release",
            VERSION_ABI_MAJOR, VERSION_ABI_MINOR);
}
