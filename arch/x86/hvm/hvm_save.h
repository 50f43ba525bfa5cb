/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions behind hvm_records.def, and the walk through a stream.
 *
 * save writes a body and returns its bytes, 0 if there is nothing to write;
 * check returns 0, -EINVAL or -EOPNOTSUPP and changes nothing; load cannot
 * fail after it.  Bodies are aligned to 8 bytes, sizes are within the row's.
 * Context: the vCPU is saved and its domain paused.
 */
#ifndef ARCH_X86_HVM_HVM_SAVE_H
#define ARCH_X86_HVM_HVM_SAVE_H

#include <core/abi/hvm_save.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct vcpu;

/* With room for states that no processor has yet. */
#define HVM_XSAVE_BYTES_MAX 16384u
#define HVM_MSRS_MAX 16u
#define HVM_MSRS_BYTES_MAX                                                \
    (sizeof(struct hvm_msr) + HVM_MSRS_MAX * sizeof(struct hvm_one_msr))

#define HVM_RECORD(name, code, fn, least, most)                           \
    uint32_t fn##_save(struct vcpu *v, void *body);                       \
    int __must_check fn##_check(struct vcpu *v, const void *body,         \
                                uint32_t bytes);                          \
    void fn##_load(struct vcpu *v, const void *body, uint32_t bytes);
#include <arch/x86/hvm/hvm_records.def>
#undef HVM_RECORD

/* The most that is written of extended state on this machine. */
uint32_t hvm_xsave_bytes(void);

/* A stream being read or written: @size bytes, of which @at are done. */
struct hvm_stream {
    uint8_t *data;
    size_t size;
    size_t at;
};

/*
 * The next record of a stream that is not trusted: 0, -ENODATA if there is
 * none, -EINVAL for a body that is cut off or no multiple of 8 bytes.
 */
int __must_check hvm_stream_next(struct hvm_stream *s,
                                 struct hvm_save_descriptor *desc,
                                 const void **body);

#endif /* ARCH_X86_HVM_HVM_SAVE_H */
