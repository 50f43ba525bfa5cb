/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parser of the multiboot2 information.  Multiboot2 Specification, "Boot
 * information format".  Pure: no lock, no output; one static scratch area.
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

        /* Type 0 is nothing; a range may end at the top, not wrap. */
        if (len && start + len > start && type) {
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

/* What is more restricted wins: RAM only where nothing else is claimed. */
static bool mmap_wins(uint32_t a, uint32_t b)
{
    return b == BOOT_MEM_RAM && a != BOOT_MEM_RAM;
}

/*
 * Of @n entries at @map: *@type that holds at @pos (0 if none) and *@next,
 * the next place where that may change.  False behind the last.
 */
static bool mmap_at(const struct boot_mem *map, unsigned int n, paddr_t pos,
                    uint32_t *type, paddr_t *next)
{
    bool is_covered = false;

    *next = UINT64_MAX;
    *type = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (map[i].start > pos) {
            *next = min(*next, map[i].start);
        } else if (map[i].end > pos) {
            *next = min(*next, map[i].end);
            if (!is_covered || mmap_wins(map[i].type, *type)) {
                *type = map[i].type;
            }
            is_covered = true;
        }
    }
    return *next != UINT64_MAX;
}

/* Sort the map and resolve its overlaps, walking it by ascending address. */
static void mmap_resolve(struct boot_info *info)
{
    static INIT_DATA struct boot_mem raw[BOOT_MMAP_MAX];
    const unsigned int n = info->mmap_count;
    paddr_t pos = 0;
    paddr_t next;
    uint32_t type;

    memcpy(raw, info->mmap, sizeof(raw));
    info->mmap_count = 0;
    while (mmap_at(raw, n, pos, &type, &next)) {
        struct boot_mem *const last =
            info->mmap_count ? &info->mmap[info->mmap_count - 1] : NULL;

        if (last && last->end == pos && last->type == type) {
            last->end = next;
        } else if (type) {
            mmap_add(info, pos, next, type);
        }
        pos = next;
    }
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

    mmap_resolve(info);
    return info->mmap_count ? 0 : -EINVAL;
}
