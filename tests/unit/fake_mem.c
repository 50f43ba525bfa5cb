/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's allocator on the host: libc's, so that the sanitizer
 * sees every overrun and leak; fake_mem_left makes it fail.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <dom0/rt/keep.h>
#include <dom0/rt/mem.h>
#include <tests/unit/fake_mem.h>

/* Allocations until one fails; negative: none does. */
long fake_mem_left = -1;

void *mem_alloc(size_t bytes)
{
    if (fake_mem_left == 0) {
        return NULL;
    }
    fake_mem_left -= fake_mem_left > 0;
    return calloc(1, bytes ? bytes : 1);
}

void mem_free(void *p)
{
    free(p);
}

void *fake_keep_store;

void *keep_alloc(size_t pages)
{
    return mem_alloc(pages << 12);
}

void keep_free(void *p, size_t pages)
{
    free(p);
}

void keep_set_store(void *area)
{
    fake_keep_store = area;
}

/* Below 4 GiB, as devices find them there. */
void *mem_pages_alloc(size_t n)
{
    void *const p = mmap(NULL, n * 4096, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

void mem_pages_free(void *pages, size_t n)
{
    munmap(pages, n * 4096);
}
