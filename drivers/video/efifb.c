/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on a linear framebuffer: cells of 8 by 16 pixels, the font's rows twice
 * as high as wide.
 *
 * The framebuffer is slow to write and slower to read, so a copy of the text
 * is kept, and after a scroll only the cells that differ are drawn.
 *
 * Locking: the console's.
 * Manual: UEFI Specification, "Graphics Output Protocol".
 */
#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/console/console.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/mm/boot_alloc.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <drivers/video/efifb.h>
#include <drivers/video/font.h>

#define CELL_WIDTH 8u
#define CELL_HEIGHT 16u
#define TAB 8u

static int efifb_init(struct console *con);
static void efifb_putc(struct console *con, char c);

static const struct console_ops efifb_ops = {
    .init = efifb_init,
    .putc = efifb_putc,
};

static struct {
    struct console con;
    struct efifb_mode mode;
    char *pixels;
    char *text;    /* What each cell should show */
    char *shown;   /* What it shows */
    uint32_t white;
    unsigned int columns;
    unsigned int rows;
    unsigned int x;
    unsigned int y;
} fb = { .con = { .name = "vga", .ops = &efifb_ops } };

static void put_pixel(char *at, uint32_t colour)
{
    switch (fb.mode.bits) {
    case 32:
        arch_mmio_write32(at, colour);
        break;
    case 24:
        arch_mmio_write8(at, (uint8_t)colour);
        arch_mmio_write8(at + 1, (uint8_t)(colour >> 8));
        arch_mmio_write8(at + 2, (uint8_t)(colour >> 16));
        break;
    default:
        arch_mmio_write16(at, (uint16_t)colour);
        break;
    }
}

/* One row of pixels of a character: two rows of the cell each. */
static void draw_row(char *at, char c, unsigned int row)
{
    const unsigned int bytes = fb.mode.bits / 8;

    for (unsigned int x = 0; x < CELL_WIDTH; x++) {
        const bool on = x > 0 && row < FONT_ROWS &&
                        (font_column(c, x - 1) >> row & 1);

        put_pixel(at + x * bytes, on ? fb.white : 0);
    }
}

static void draw_cell(unsigned int x, unsigned int y)
{
    const unsigned int i = y * fb.columns + x;
    char *at = fb.pixels + (size_t)y * CELL_HEIGHT * fb.mode.pitch +
               (size_t)x * CELL_WIDTH * (fb.mode.bits / 8);

    if (fb.shown[i] == fb.text[i]) {
        return;
    }
    fb.shown[i] = fb.text[i];
    for (unsigned int row = 0; row < CELL_HEIGHT; row++) {
        draw_row(at, fb.text[i], row / 2);
        at += fb.mode.pitch;
    }
}

static void new_line(void)
{
    const size_t rest = (size_t)fb.columns * (fb.rows - 1);

    fb.x = 0;
    if (fb.y + 1 < fb.rows) {
        fb.y++;
        return;
    }
    memmove(fb.text, fb.text + fb.columns, rest);
    memset(fb.text + rest, ' ', fb.columns);
    for (unsigned int y = 0; y < fb.rows; y++) {
        for (unsigned int x = 0; x < fb.columns; x++) {
            draw_cell(x, y);
        }
    }
}

static void efifb_putc(struct console *con, char c)
{
    if (!con->is_active) {
        return;
    }
    switch (c) {
    case '\n':
        new_line();
        return;
    case '\r':
        fb.x = 0;
        return;
    case '\b':
        fb.x -= fb.x > 0;
        return;
    case '\t':
        fb.x = (fb.x / TAB + 1) * TAB;
        break;
    default:
        if ((unsigned char)c < ' ') {
            return;
        }
        fb.text[fb.y * fb.columns + fb.x] = c;
        draw_cell(fb.x, fb.y);
        fb.x++;
        break;
    }
    if (fb.x >= fb.columns) {
        new_line();
    }
}

static uint32_t white_of(const struct efifb_mode *m)
{
    /* Three quarters of full brightness, whatever the widths. */
    const uint32_t red = (3u << m->red_size) / 4;
    const uint32_t green = (3u << m->green_size) / 4;
    const uint32_t blue = (3u << m->blue_size) / 4;

    return red << m->red_pos | green << m->green_pos | blue << m->blue_pos;
}

/* The screen is wanted before the page allocator works. */
static char *alloc_text(size_t bytes)
{
    paddr_t pa;

    if (page_total_count(PAGE_ANY_NODE)) {
        return xalloc(bytes);
    }
    pa = boot_alloc(bytes, PAGE_SIZE, 0);
    return pa ? arch_paddr_to_va(pa) : NULL;
}

static int efifb_init(struct console *con)
{
    const size_t bytes = (size_t)fb.mode.pitch * fb.mode.height;
    size_t cells;

    fb.columns = fb.mode.width / CELL_WIDTH;
    fb.rows = fb.mode.height / CELL_HEIGHT;
    cells = (size_t)fb.columns * fb.rows;
    if (cells == 0 || (fb.mode.bits != 16 && fb.mode.bits != 24 &&
                       fb.mode.bits != 32)) {
        return -ENODEV;
    }
    fb.pixels = arch_mm_ioremap(fb.mode.addr, bytes);
    fb.text = alloc_text(2 * cells);
    if (!fb.pixels || !fb.text) {
        return -ENOMEM;
    }
    fb.shown = fb.text + cells;
    fb.white = white_of(&fb.mode);
    memset(fb.text, ' ', cells);
    memset(fb.shown, 0, cells);
    for (unsigned int y = 0; y < fb.rows; y++) {
        for (unsigned int x = 0; x < fb.columns; x++) {
            draw_cell(x, y);
        }
    }
    return 0;
}

void efifb_register(const struct efifb_mode *mode)
{
    fb.mode = *mode;
    console_register(&fb.con);
}

void efifb_release(void)
{
    fb.con.is_active = false;
}
