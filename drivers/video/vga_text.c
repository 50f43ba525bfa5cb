/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VGA text mode: character cells in memory, the cursor in the CRT controller.
 * Locking: the console's.
 * Manual: IBM VGA Technical Reference, "CRT Controller Registers".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/console.h>
#include <core/lib/errno.h>
#include <drivers/video/vga_text.h>

#define CRTC_INDEX 0x3d4
#define CRTC_DATA 0x3d5
#define ATTRIBUTE (0x07u << 8) /* Light grey on black */
#define TAB 8u

enum crtc_reg {
    CRTC_CURSOR_HIGH = 0x0e,
    CRTC_CURSOR_LOW = 0x0f,
};

static int vga_init(struct console *con);
static void vga_putc(struct console *con, char c);

static const struct console_ops vga_ops = {
    .init = vga_init,
    .putc = vga_putc,
};

static struct {
    struct console con;
    paddr_t addr;
    uint16_t *cells;
    unsigned int columns;
    unsigned int rows;
    unsigned int x;
    unsigned int y;
} vga = { .con = { .name = "vga", .ops = &vga_ops } };

static uint16_t *cell(unsigned int x, unsigned int y)
{
    return vga.cells + y * vga.columns + x;
}

static void clear_row(unsigned int y)
{
    for (unsigned int x = 0; x < vga.columns; x++) {
        arch_mmio_write16(cell(x, y), ATTRIBUTE | ' ');
    }
}

static void scroll(void)
{
    for (unsigned int y = 1; y < vga.rows; y++) {
        for (unsigned int x = 0; x < vga.columns; x++) {
            arch_mmio_write16(cell(x, y - 1), arch_mmio_read16(cell(x, y)));
        }
    }
    clear_row(vga.rows - 1);
}

static void set_cursor(void)
{
    const unsigned int at = vga.y * vga.columns + vga.x;

    arch_io_out8(CRTC_INDEX, CRTC_CURSOR_HIGH);
    arch_io_out8(CRTC_DATA, (uint8_t)(at >> 8));
    arch_io_out8(CRTC_INDEX, CRTC_CURSOR_LOW);
    arch_io_out8(CRTC_DATA, (uint8_t)at);
}

static void new_line(void)
{
    vga.x = 0;
    if (vga.y + 1 < vga.rows) {
        vga.y++;
    } else {
        scroll();
    }
    set_cursor();
}

static void vga_putc(struct console *con, char c)
{
    if (!con->is_active) {
        return;
    }
    switch (c) {
    case '\n':
        new_line();
        return;
    case '\r':
        vga.x = 0;
        return;
    case '\b':
        vga.x -= vga.x > 0;
        return;
    case '\t':
        vga.x = (vga.x / TAB + 1) * TAB;
        break;
    default:
        if ((unsigned char)c < ' ') {
            return;
        }
        arch_mmio_write16(cell(vga.x, vga.y),
                          (uint16_t)(ATTRIBUTE | (unsigned char)c));
        vga.x++;
        break;
    }
    if (vga.x >= vga.columns) {
        new_line();
    }
}

static int vga_init(struct console *con)
{
    vga.cells = arch_mm_ioremap(vga.addr, vga.columns * vga.rows *
                                              sizeof(uint16_t));
    if (!vga.cells) {
        return -ENOMEM;
    }
    for (unsigned int y = 0; y < vga.rows; y++) {
        clear_row(y);
    }
    set_cursor();
    return 0;
}

void vga_text_register(paddr_t addr, unsigned int columns, unsigned int rows)
{
    vga.addr = addr;
    vga.columns = columns;
    vga.rows = rows;
    console_register(&vga.con);
}

void vga_text_release(void)
{
    vga.con.is_active = false;
}
