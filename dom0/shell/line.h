/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of text under the user's fingers: editing, history, completion.
 * Pure: keys come in, what the terminal is to show goes out.
 */
#ifndef DOM0_SHELL_LINE_H
#define DOM0_SHELL_LINE_H

#include <core/lib/types.h>

#define LINE_MAX 256u
#define LINE_HISTORY 16u

/*
 * The words that fit: calls add for each with its whole text. text is the
 * line up to the cursor, word where its last word begins.
 */
typedef void line_add_fn(void *ctx, const char *word);
typedef void line_complete_fn(const char *text, const char *word,
                              line_add_fn *add, void *ctx);

/* Zero but for prompt, show, run and complete, which its owner sets. */
struct line {
    const char *prompt;
    char text[LINE_MAX];
    unsigned int len;
    unsigned int cursor;
    char history[LINE_HISTORY + 1][LINE_MAX];   /* And the one being typed. */
    unsigned int history_len;
    unsigned int history_at;    /* history_len: the one being typed. */
    unsigned int escape;        /* State within a key's sequence. */
    bool last_was_tab;
    bool last_was_cr;
    void (*show)(const char *text, size_t n);
    void (*run)(char *text);    /* A whole line; may be changed. */
    line_complete_fn *complete;
};

void line_key(struct line *l, char key);

/* Shows prompt and line anew, after something else was printed. */
void line_redraw(struct line *l);

#endif
