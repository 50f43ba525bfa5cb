/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking a record stream: descriptors and bounds.  Pure.
 */
#include <arch/x86/hvm/hvm_save.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define BODY_ALIGN 8u

int hvm_stream_next(struct hvm_stream *s, struct hvm_save_descriptor *desc,
                    const void **body)
{
    const size_t left = s->size - s->at;

    if (left < sizeof(*desc)) {
        return -ENODATA;
    }
    memcpy(desc, s->data + s->at, sizeof(*desc));
    if (desc->length > left - sizeof(*desc) || desc->length % BODY_ALIGN) {
        return -EINVAL;
    }
    *body = s->data + s->at + sizeof(*desc);
    s->at += sizeof(*desc) + desc->length;
    return 0;
}
