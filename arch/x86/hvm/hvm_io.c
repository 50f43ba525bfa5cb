/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports and guest physical addresses that exit: who answers.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_event.h>
#include <core/arch/arch_io.h>
#include <core/kernel/bug.h>
#include <core/lib/rangeset.h>

void hvm_io_add_pio(struct domain *d, uint16_t first, uint16_t last,
                    const struct pio_ops *ops)
{
    struct hvm_io *const io = &d->arch->io;

    BUG_ON(io->pio_count == HVM_IO_MAX_PIO);
    io->pio[io->pio_count].first = first;
    io->pio[io->pio_count].last = last;
    io->pio[io->pio_count].ops = ops;
    io->pio_count++;
}

void hvm_io_add_mmio(struct domain *d, gpa_t first, gpa_t last,
                     const struct mmio_ops *ops)
{
    struct hvm_io *const io = &d->arch->io;

    BUG_ON(io->mmio_count == HVM_IO_MAX_MMIO);
    io->mmio[io->mmio_count].first = first;
    io->mmio[io->mmio_count].last = last;
    io->mmio[io->mmio_count].ops = ops;
    io->mmio_count++;
}

static const struct pio_ops *pio_find(const struct hvm_io *io, uint16_t port,
                                      unsigned int size)
{
    for (unsigned int i = 0; i < io->pio_count; i++) {
        if (port >= io->pio[i].first &&
            port + size - 1u <= io->pio[i].last) {
            return io->pio[i].ops;
        }
    }
    return NULL;
}

static bool port_is_own(const struct domain *d, uint16_t port,
                        unsigned int size)
{
    return d->port_ok && rangeset_contains(d->port_ok, port,
                                           port + size - 1u);
}

uint32_t hvm_pio_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    const struct pio_ops *const ops =
        pio_find(&v->domain->arch->io, port, size);

    if (ops) {
        return ops->read(v, port, size);
    }
    /* Also when the map that would let it through could not be had. */
    if (port_is_own(v->domain, port, size)) {
        switch (size) {
        case 1: return arch_io_in8(port);
        case 2: return arch_io_in16(port);
        default: return arch_io_in32(port);
        }
    }
    return UINT32_MAX;
}

void hvm_pio_write(struct vcpu *v, uint16_t port, unsigned int size,
                   uint32_t val)
{
    const struct pio_ops *const ops =
        pio_find(&v->domain->arch->io, port, size);

    if (ops) {
        ops->write(v, port, size, val);
    } else if (port_is_own(v->domain, port, size)) {
        switch (size) {
        case 1: arch_io_out8(port, (uint8_t)val); break;
        case 2: arch_io_out16(port, (uint16_t)val); break;
        default: arch_io_out32(port, val); break;
        }
    }
}

void hvm_handle_io(struct vcpu *v, const struct hvm_exit *exit)
{
    uint64_t *const rax = &v->arch->s.gpr[GPR_RAX];
    const unsigned int size = exit->u.io.size;
    const uint64_t mask = GENMASK64(size * 8 - 1, 0);

    if (unlikely(exit->u.io.is_string)) {
        hvm_emulate(v, exit);
        return;
    }
    if (exit->u.io.is_in) {
        const uint32_t val = hvm_pio_read(v, exit->u.io.port, size);

        /* A 32-bit result clears the upper half, a smaller one does not. */
        *rax = size == 4 ? val : (*rax & ~mask) | (val & mask);
    } else {
        hvm_pio_write(v, exit->u.io.port, size, (uint32_t)(*rax & mask));
    }
    hvm_skip(v, exit->insn_len);
}

const struct mmio_ops *hvm_mmio_find(struct vcpu *v, gpa_t gpa)
{
    const struct hvm_io *const io = &v->domain->arch->io;

    for (unsigned int i = 0; i < io->mmio_count; i++) {
        if (io->mmio[i].last < io->mmio[i].first) {
            if (io->mmio[i].ops->accept(v, gpa)) {
                return io->mmio[i].ops;
            }
        } else if (gpa >= io->mmio[i].first && gpa <= io->mmio[i].last) {
            return io->mmio[i].ops;
        }
    }
    return NULL;
}

/*
 * Instructions do not come from devices: their memory is mapped for data
 * only, so a fetch that finds it mapped would fault again and again.
 */
static bool is_resolved(struct vcpu *v, gfn_t gfn, uint32_t access)
{
    return !p2m_fault(v->domain, gfn, access & GPA_FAULT_WRITE) &&
           (!(access & GPA_FAULT_EXEC) ||
            p2m_type_is_ram(p2m_lookup(v->domain, gfn).type));
}

void hvm_handle_gpa_fault(struct vcpu *v, struct hvm_exit *exit)
{
    const uint32_t access = exit->u.fault.access;

    exit->device = hvm_mmio_find(v, exit->gpa);
    if (!exit->device &&
        is_resolved(v, gpa_to_gfn(exit->gpa), access)) {
        return;
    }
    /* Fetches and page walks where there is no memory: nothing to emulate. */
    if (access & (GPA_FAULT_EXEC | GPA_FAULT_IN_WALK)) {
        hvm_inject_fault_error(v, X86_GP, 0);
        return;
    }
    hvm_emulate(v, exit);
}
