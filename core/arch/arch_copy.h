/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to guest memory, the only way to touch it.  Every copy ends in a
 * compiler barrier: check and use the copy, never read twice.
 * Implemented by arch/x86/hvm/guest_copy.c.
 */
#ifndef CORE_ARCH_ARCH_COPY_H
#define CORE_ARCH_ARCH_COPY_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct page;
struct vcpu;

/*
 * Between hypervisor memory and the linear address space of the running
 * vCPU, at its privilege of a hypercall (supervisor).  0 or -EFAULT; on
 * failure a prefix may have been copied.  Context: the vCPU's CPU.
 */
int __must_check guest_copy_from(void *dst, gva_t src, size_t bytes);
int __must_check guest_copy_to(gva_t dst, const void *src, size_t bytes);
int __must_check guest_clear(gva_t dst, size_t bytes);

/* Width of the running vCPU's hypercall ABI: true if it is 64-bit. */
bool guest_is_64bit(void);

/* Of a given vCPU (paused, or the running one), by linear address. */
int __must_check guest_copy_to_vcpu(struct vcpu *v, gva_t dst,
                                    const void *src, size_t bytes);

/*
 * The page of the domain's own RAM behind [@gva, +@bytes) of the running
 * vCPU's address space, writable, with a reference, and the offset in it.
 * NULL if there is none, or the object crosses a page: copy each time then.
 * For what the hypervisor writes often; the guest may move its mapping later
 * and is then shown nothing new.
 */
struct page *guest_pin(gva_t gva, size_t bytes, unsigned int *offset);

/* By guest physical address; RAM only.  0 or -EFAULT. */
int __must_check guest_phys_read(struct domain *d, void *dst, gpa_t src,
                                 size_t bytes);
int __must_check guest_phys_write(struct domain *d, gpa_t dst,
                                  const void *src, size_t bytes);

#endif /* CORE_ARCH_ARCH_COPY_H */
