/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parser of the multiboot2 information.  Multiboot2 Specification, "Boot
 * information format".  Pure: no lock, no output, no global state.
 */
#include <boot/mb2_format.h>
#include <boot/mb2_parse.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>

#define MB2_SIZE_MIN 16u
#define MB2_SIZE_MAX (1u << 20)
#define MMAP_ENTRY_MIN 20u

struct mb2_tag {
    uint32_t type;
    uint32_t size;
};

/* A tag that is known to lie wholly in the information. */
struct mb2_view {
    const uint8_t *data; /* behind type and size */
    uint32_t len;
};

static uint32_t view_u32(const struct mb2_view *v, uint32_t offset)
{
    uint32_t val = 0;

    if (offset + sizeof(val) <= v->len) {
        memcpy(&val, v->data + offset, sizeof(val));
    }
    return val;
}

static uint64_t view_u64(const struct mb2_view *v, uint32_t offset)
{
    uint64_t val = 0;

    if (offset + sizeof(val) <= v->len) {
        memcpy(&val, v->data + offset, sizeof(val));
    }
    return val;
}

static uint8_t view_u8(const struct mb2_view *v, uint32_t offset)
{
    return offset < v->len ? v->data[offset] : 0;
}

/* A string that ends inside the tag, or "". */
static const char *view_str(const struct mb2_view *v, uint32_t offset)
{
    if (offset >= v->len ||
        !memchr(v->data + offset, '\0', v->len - offset)) {
        return "";
    }
    return (const char *)v->data + offset;
}

static void mmap_add(struct boot_info *info, paddr_t start, paddr_t end,
                     uint32_t type)
{
    if (info->mmap_count == BOOT_MMAP_MAX) {
        info->mmap_lost++;
        return;
    }
    info->mmap[info->mmap_count++] =
        (struct boot_mem){ .start = start, .end = end, .type = type };
}

static void parse_mmap(struct boot_info *info, const struct mb2_view *v)
{
    const uint32_t entry_size = view_u32(v, 0);

    if (entry_size < MMAP_ENTRY_MIN || entry_size > v->len) {
        return;
    }
    for (uint32_t off = 8; off <= v->len - entry_size; off += entry_size) {
        const paddr_t start = view_u64(v, off);
        const uint64_t len = view_u64(v, off + 8);
        const uint32_t type = view_u32(v, off + 16);

        if (len && start + len > start) {
            mmap_add(info, start, start + len, type);
        }
    }
}

static void parse_module(struct boot_info *info, const struct mb2_view *v)
{
    const uint32_t start = view_u32(v, 0);
    const uint32_t end = view_u32(v, 4);

    if (info->module_count == BOOT_MODULES_MAX) {
        info->module_lost++;
        return;
    }
    info->module[info->module_count++] = (struct boot_module){
        .start = start,
        .end = max(start, end),
        .cmdline = view_str(v, 8),
    };
}

static void parse_framebuffer(struct boot_info *info,
                              const struct mb2_view *v)
{
    enum { KIND_RGB = 1, KIND_TEXT = 2 };
    struct boot_framebuffer *fb = &info->fb;
    const uint8_t kind = view_u8(v, 21);

    if (kind != KIND_RGB && kind != KIND_TEXT) {
        return;
    }
    *fb = (struct boot_framebuffer){
        .is_present = true,
        .is_text = kind == KIND_TEXT,
        .addr = view_u64(v, 0),
        .pitch = view_u32(v, 8),
        .width = view_u32(v, 12),
        .height = view_u32(v, 16),
        .bits = view_u8(v, 20),
    };
    if (kind == KIND_RGB) {
        fb->red_pos = view_u8(v, 24);
        fb->red_size = view_u8(v, 25);
        fb->green_pos = view_u8(v, 26);
        fb->green_size = view_u8(v, 27);
        fb->blue_pos = view_u8(v, 28);
        fb->blue_size = view_u8(v, 29);
    }
}

static void parse_rsdp(struct boot_info *info, const struct mb2_view *v)
{
    /* The new one, if there are both, is the longer. */
    if (v->len > info->rsdp_len || info->rsdp_len == 0) {
        info->rsdp_len = min_t(uint32_t, v->len, BOOT_RSDP_MAX);
        memcpy(info->rsdp, v->data, info->rsdp_len);
    }
}

static void parse_efi_mmap(struct boot_info *info, const struct mb2_view *v)
{
    const uint32_t desc_size = view_u32(v, 0);

    info->is_efi = true;
    if (v->len > 8 && desc_size >= 40 && desc_size <= v->len - 8) {
        info->efi_desc_size = desc_size;
        info->efi_mmap = v->data + 8;
        info->efi_mmap_len = (v->len - 8) / desc_size * desc_size;
    }
}

static void parse_tag(struct boot_info *info, uint32_t type,
                      const struct mb2_view *v)
{
    switch (type) {
    case MB2_TAG_CMDLINE:
        info->cmdline = view_str(v, 0);
        break;
    case MB2_TAG_LOADER_NAME:
        info->loader = view_str(v, 0);
        break;
    case MB2_TAG_MODULE:
        parse_module(info, v);
        break;
    case MB2_TAG_MMAP:
        parse_mmap(info, v);
        break;
    case MB2_TAG_FRAMEBUFFER:
        parse_framebuffer(info, v);
        break;
    case MB2_TAG_EFI64:
        info->is_efi = true;
        info->efi_systab = view_u64(v, 0);
        break;
    case MB2_TAG_ACPI_OLD:
    case MB2_TAG_ACPI_NEW:
        parse_rsdp(info, v);
        break;
    case MB2_TAG_EFI_MMAP:
        parse_efi_mmap(info, v);
        break;
    default:
        break;
    }
}

static void mmap_sort(struct boot_info *info)
{
    /* Few and nearly sorted. */
    for (unsigned int i = 1; i < info->mmap_count; i++) {
        const struct boot_mem m = info->mmap[i];
        unsigned int j = i;

        while (j > 0 && info->mmap[j - 1].start > m.start) {
            info->mmap[j] = info->mmap[j - 1];
            j--;
        }
        info->mmap[j] = m;
    }
}

/* What is more restricted wins: RAM only where nothing else is claimed. */
static bool mmap_wins(uint32_t a, uint32_t b)
{
    return b == BOOT_MEM_RAM && a != BOOT_MEM_RAM;
}

/*
 * Resolve the overlap of the neighbours @a and @b, @a.start <= @b.start, by
 * cutting one of them.  Returns what remains of @a behind @b, empty if none.
 */
static struct boot_mem mmap_cut(struct boot_mem *a, struct boot_mem *b)
{
    struct boot_mem rest = { .type = a->type };

    if (mmap_wins(a->type, b->type)) {
        b->start = min(a->end, b->end);
        return rest;
    }
    if (a->end > b->end) {
        rest.start = b->end;
        rest.end = a->end;
    }
    a->end = b->start;
    return rest;
}

static void mmap_drop_empty(struct boot_info *info)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < info->mmap_count; i++) {
        if (info->mmap[i].start < info->mmap[i].end) {
            info->mmap[n++] = info->mmap[i];
        }
    }
    info->mmap_count = n;
}

/* One pass over neighbours; true if something overlapped. */
static bool mmap_resolve_once(struct boot_info *info)
{
    bool changed = false;

    mmap_sort(info);
    for (unsigned int i = 0; i + 1 < info->mmap_count; i++) {
        struct boot_mem rest;

        if (info->mmap[i].end <= info->mmap[i + 1].start) {
            continue;
        }
        rest = mmap_cut(&info->mmap[i], &info->mmap[i + 1]);
        if (rest.start < rest.end) {
            mmap_add(info, rest.start, rest.end, rest.type);
        }
        changed = true;
        break;
    }
    mmap_drop_empty(info);
    return changed;
}

uint32_t mb2_total_size(const void *mbi)
{
    uint32_t size;

    memcpy(&size, mbi, sizeof(size));
    return size >= MB2_SIZE_MIN && size <= MB2_SIZE_MAX ? size : 0;
}

int mb2_parse(const void *mbi, uint32_t size, struct boot_info *info)
{
    const uint8_t *base = mbi;
    uint32_t off = 8;

    memset(info, 0, sizeof(*info));
    info->loader = "";
    info->cmdline = "";
    for (;;) {
        struct mb2_tag tag;
        struct mb2_view v;

        if (off > size || size - off < sizeof(tag)) {
            return -EINVAL;
        }
        memcpy(&tag, base + off, sizeof(tag));
        if (tag.type == MB2_TAG_END) {
            break;
        }
        if (tag.size < sizeof(tag) || tag.size > size - off) {
            return -EINVAL;
        }
        v.data = base + off + sizeof(tag);
        v.len = tag.size - (uint32_t)sizeof(tag);
        parse_tag(info, tag.type, &v);
        off += (uint32_t)round_up(tag.size, MB2_TAG_ALIGN);
    }

    /* Each pass cuts one overlap; rubbish ends at the bound, not never. */
    for (unsigned int i = 0; i < 4 * BOOT_MMAP_MAX; i++) {
        if (!mmap_resolve_once(info)) {
            break;
        }
    }
    return info->mmap_count ? 0 : -EINVAL;
}
