/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the rest ever learns of the boot loader.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include <core/lib/types.h>

#define BOOT_MMAP_MAX 256u
#define BOOT_MODULES_MAX 8u
#define BOOT_RSDP_MAX 36u
#define BOOT_EFI_MMAP_MAX 32768u

/* Types as in the BIOS interface E820, which multiboot2 uses too. */
enum boot_mem_type {
    BOOT_MEM_RAM = 1,
    BOOT_MEM_RESERVED = 2,
    BOOT_MEM_ACPI = 3,  /* tables, usable once they were read */
    BOOT_MEM_NVS = 4,
    BOOT_MEM_BAD = 5
};

struct boot_mem {
    paddr_t start;
    paddr_t end; /* first byte behind it */
    uint32_t type;
};

struct boot_module {
    paddr_t start;
    paddr_t end;
    const char *cmdline; /* never NULL */
};

struct boot_framebuffer {
    bool is_present;
    bool is_text;        /* EGA text; else direct colours                    */
    paddr_t addr;
    uint32_t pitch;      /* bytes of a line                                  */
    uint32_t width;      /* pixels, or characters                            */
    uint32_t height;
    uint8_t bits;        /* of a pixel                                       */
    uint8_t red_pos;
    uint8_t red_size;
    uint8_t green_pos;
    uint8_t green_size;
    uint8_t blue_pos;
    uint8_t blue_size;
};

/*
 * Strings lie in the loader's information, which stays where it is.
 */
struct boot_info {
    const char *loader;  /* never NULL                                       */
    const char *cmdline; /* never NULL                                       */
    unsigned int mmap_count;
    unsigned int module_count;
    unsigned int mmap_lost;   /* entries for which there was no room         */
    unsigned int module_lost;
    uint32_t rsdp_len;        /* 0: the loader gave none                     */
    bool is_efi;
    uint64_t efi_systab;      /* 0: none                                     */
    uint32_t efi_desc_size;   /* 0: no EFI memory map                        */
    uint32_t efi_mmap_len;
    const void *efi_mmap;     /* lies in the loader's information            */
    struct boot_framebuffer fb;
    struct boot_mem mmap[BOOT_MMAP_MAX]; /* ascending, without overlap       */
    struct boot_module module[BOOT_MODULES_MAX];
    uint8_t rsdp[BOOT_RSDP_MAX];
};

extern struct boot_info boot_info;

/* Physical extent of the loader's information. */
extern paddr_t boot_info_paddr;
extern uint32_t boot_info_size;

/* Time stamp counter at the first instruction. */
extern uint64_t boot_entry_tsc;

#endif /* BOOT_BOOT_INFO_H */
