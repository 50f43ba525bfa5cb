/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which emulated device answers at which port and guest physical address.
 * The lists are filled while a domain is created and do not change after.
 */
#ifndef ARCH_X86_HVM_HVM_IO_H
#define ARCH_X86_HVM_HVM_IO_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct hvm_exit;
struct vcpu;

#define HVM_IO_MAX_PIO 24u
#define HVM_IO_MAX_MMIO 12u

/*
 * @size is 1, 2 or 4; the access lies wholly in the range.  A read sets the
 * low @size bytes of its result.
 */
struct pio_ops {
    uint32_t (*read)(struct vcpu *v, uint16_t port, unsigned int size);
    void (*write)(struct vcpu *v, uint16_t port, unsigned int size,
                  uint32_t val);
};

/*
 * @size is 1, 2, 4 or 8.  An access to a register that the device does not
 * have reads all ones and drops writes.  @accept is NULL for a fixed range.
 */
struct mmio_ops {
    bool (*accept)(struct vcpu *v, gpa_t gpa);
    uint64_t (*read)(struct vcpu *v, gpa_t gpa, unsigned int size);
    void (*write)(struct vcpu *v, gpa_t gpa, unsigned int size,
                  uint64_t val);
};

struct hvm_io {
    struct {
        uint16_t first;
        uint16_t last;
        const struct pio_ops *ops;
    } pio[HVM_IO_MAX_PIO];
    struct {
        gpa_t first;
        gpa_t last;
        const struct mmio_ops *ops;
    } mmio[HVM_IO_MAX_MMIO];
    unsigned int pio_count;
    unsigned int mmio_count;
};

/* Add a device; the first that matches answers.  BUG when the table is full. */
void hvm_io_add_pio(struct domain *d, uint16_t first, uint16_t last,
                    const struct pio_ops *ops);
/* @last < @first: ask ops->accept for every address. */
void hvm_io_add_mmio(struct domain *d, gpa_t first, gpa_t last,
                     const struct mmio_ops *ops);

/* One access of an emulated port; nobody there: all ones. */
uint32_t hvm_pio_read(struct vcpu *v, uint16_t port, unsigned int size);
void hvm_pio_write(struct vcpu *v, uint16_t port, unsigned int size,
                   uint32_t val);

/* The device at @gpa, or NULL. */
const struct mmio_ops *hvm_mmio_find(struct vcpu *v, gpa_t gpa);

/* Exit handlers, see hvm_run.c. */
void hvm_handle_io(struct vcpu *v, const struct hvm_exit *exit);
void hvm_handle_gpa_fault(struct vcpu *v, struct hvm_exit *exit);

#endif /* ARCH_X86_HVM_HVM_IO_H */
