/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for trace.c in a build without the event trace (TRACE=0).
 */
#include <core/lib/errno.h>
#include <core/trace/trace.h>

uint32_t trace_mask;

void trace_record(uint32_t event, unsigned int words, const uint32_t *data)
{
}

int trace_alloc(unsigned int pages)
{
    return -EOPNOTSUPP;
}

void trace_set_mask(uint32_t mask)
{
}

uint32_t trace_get_mask(void)
{
    return 0;
}

int trace_enable(bool on)
{
    return on ? -EOPNOTSUPP : 0;
}

void trace_set_cpus(const uint64_t *bits)
{
}

uint64_t trace_info_mfn(void)
{
    return 0;
}

uint32_t trace_info_bytes(void)
{
    return 0;
}

void trace_set_hook(void (*fn)(void))
{
}

void trace_dump(unsigned int count)
{
}
