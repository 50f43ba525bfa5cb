/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a domain's vCPUs as a stream of records; see hvm_save.h and
 * docs/save-format.md.
 *
 * Locking: none; the domain is paused, its vCPUs are saved, and one domctl
 * runs at a time.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_save.h>
#include <core/arch/arch_save.h>
#include <core/arch/arch_time.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define DESC_BYTES sizeof(struct hvm_save_descriptor)

struct record {
    uint16_t code;
    uint32_t least;
    uint32_t most;
    uint32_t (*save)(struct vcpu *v, void *body);
    int (*check)(struct vcpu *v, const void *body, uint32_t bytes);
    void (*load)(struct vcpu *v, const void *body, uint32_t bytes);
};

static const struct record records[] = {
#define HVM_RECORD(name, type, fn, min_bytes, max_bytes)                     \
    { (type), (min_bytes), (max_bytes), fn##_save, fn##_check, fn##_load },
#include <arch/x86/hvm/hvm_records.def>
#undef HVM_RECORD
};

static const struct record *record_of(unsigned int code)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(records); i++) {
        if (records[i].code == code) {
            return &records[i];
        }
    }
    return NULL;
}

size_t arch_save_size(const struct domain *d)
{
    size_t per_vcpu = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(records); i++) {
        per_vcpu += DESC_BYTES + (records[i].code == CPU_XSAVE_CODE
                                      ? hvm_xsave_bytes()
                                      : records[i].most);
    }
    return 2 * DESC_BYTES + sizeof(struct hvm_save_header) +
           d->max_vcpus * per_vcpu;
}

static void describe(struct hvm_stream *s, unsigned int code,
                     unsigned int instance, uint32_t bytes)
{
    const struct hvm_save_descriptor desc = {
        .typecode = (uint16_t)code, .instance = (uint16_t)instance,
        .length = bytes,
    };

    memcpy(s->data + s->at, &desc, sizeof(desc));
    s->at += sizeof(desc);
}

static void put_header(struct hvm_stream *s, const struct domain *d)
{
    const struct hvm_save_header header = {
        .magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION,
        .changeset = UINT64_MAX, /* Not Xen's */
        .cpuid = cpuid_raw(1, 0).eax,
        .gtsc_khz = d->arch->tsc_khz,
    };

    describe(s, HVM_SAVE_CODE(HEADER), 0, sizeof(header));
    memcpy(s->data + s->at, &header, sizeof(header));
    s->at += sizeof(header);
}

size_t arch_save(struct domain *d, void *buf)
{
    struct hvm_stream s = { .data = buf };
    struct vcpu *v;

    d->arch->sync_cycles = arch_cycles();
    put_header(&s, d);
    for (unsigned int i = 0; i < ARRAY_SIZE(records); i++) {
        for_each_vcpu(d, v) {
            const uint32_t bytes =
                records[i].save(v, s.data + s.at + DESC_BYTES);

            if (bytes) {
                describe(&s, records[i].code, v->id, bytes);
                s.at += bytes;
            }
        }
    }
    describe(&s, HVM_SAVE_CODE(END), 0, 0);
    return s.at;
}

int arch_save_one(struct domain *d, unsigned int type, unsigned int instance,
                  void *buf, size_t *bytes)
{
    const struct record *const r = record_of(type);
    struct vcpu *const v = domain_vcpu(d, instance);

    if (!r) {
        return -EINVAL;
    }
    if (!v) {
        return -ENOENT;
    }
    d->arch->sync_cycles = arch_cycles();
    *bytes = r->save(v, buf);
    return *bytes ? 0 : -ENODATA;
}

static int check_header(struct hvm_stream *s)
{
    struct hvm_save_descriptor desc;
    struct hvm_save_header header;
    const void *body;

    if (hvm_stream_next(s, &desc, &body) != 0 ||
        desc.typecode != HVM_SAVE_CODE(HEADER) ||
        desc.length != sizeof(header)) {
        return -ENODATA;
    }
    memcpy(&header, body, sizeof(header));
    return header.magic == HVM_FILE_MAGIC &&
                   header.version == HVM_FILE_VERSION
               ? 0
               : -EINVAL;
}

static int check_record(const struct domain *d,
                        const struct hvm_save_descriptor *desc,
                        const void *body)
{
    const struct record *const r = record_of(desc->typecode);
    struct vcpu *const v = domain_vcpu(d, desc->instance);

    if (!r || !v || desc->length < r->least || desc->length > r->most) {
        return -EINVAL;
    }
    return r->check(v, body, desc->length);
}

static int check_all(const struct domain *d, struct hvm_stream s)
{
    for (;;) {
        struct hvm_save_descriptor desc;
        const void *body;
        int rc = hvm_stream_next(&s, &desc, &body);

        if (rc || desc.typecode == HVM_SAVE_CODE(END)) {
            return rc;
        }
        rc = check_record(d, &desc, body);
        if (rc) {
            return rc;
        }
    }
}

/* check_all() has been here: nothing is amiss. */
static void load_all(struct domain *d, struct hvm_stream s)
{
    struct hvm_save_descriptor desc;
    const void *body;

    while (hvm_stream_next(&s, &desc, &body) == 0 &&
           desc.typecode != HVM_SAVE_CODE(END)) {
        record_of(desc.typecode)
            ->load(d->vcpu[desc.instance], body, desc.length);
    }
}

/*
 * The counters of vCPUs that were given no registers follow the first one's,
 * which is set to what the boot processor of a new domain shall read.
 */
static void follow_tsc(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        if (vcpu_is_down(v)) {
            hvm_vcpu_set_tsc_offset(v, d->vcpu[0]->arch->tsc_offset);
        }
    }
}

int arch_load(struct domain *d, const void *buf, size_t bytes)
{
    struct hvm_stream s = { .data = (uint8_t *)(uintptr_t)buf,
                            .size = bytes };
    struct vcpu *v;
    int rc = check_header(&s);

    if (!rc) {
        rc = check_all(d, s);
    }
    if (rc) {
        return rc;
    }
    /* Commit: nothing below may fail. */
    d->arch->sync_cycles = arch_cycles();
    for_each_vcpu(d, v) {
        vcpu_park(v);
    }
    load_all(d, s);
    follow_tsc(d);
    return 0;
}
