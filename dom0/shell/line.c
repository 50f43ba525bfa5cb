/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Line editing for a terminal that knows "\r" and ESC [ K. Keys are those of
 * Emacs and the arrows. Chapter: ECMA-48, "Control functions".
 */
#include <dom0/rt/rt.h>
#include <dom0/shell/line.h>

#define CTRL(letter) ((letter) & 0x1f)
#define KEY_ESCAPE 0x1b
#define KEY_DELETE 0x7f

enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_BRACKET, ESCAPE_TILDE };

struct matches {
    struct line *l;
    const char *word;
    size_t word_len;
    unsigned int count;
    char common[LINE_MAX];
    bool is_list;
};

static void line_show(struct line *l, const char *text)
{
    l->show(text, strlen(text));
}

void line_redraw(struct line *l)
{
    line_show(l, "\r");
    line_show(l, l->prompt);
    l->show(l->text, l->len);
    line_show(l, "\x1b[K");
    if (l->cursor != l->len) {
        line_show(l, TEXT("\x1b[%uD", l->len - l->cursor));
    }
}

static void line_insert(struct line *l, const char *text, size_t n)
{
    if (l->len + n >= LINE_MAX) {
        return;
    }
    memmove(l->text + l->cursor + n, l->text + l->cursor,
            l->len - l->cursor);
    memcpy(l->text + l->cursor, text, n);
    l->len += (unsigned int)n;
    l->cursor += (unsigned int)n;
    l->text[l->len] = '\0';
    if (l->cursor == l->len) {
        l->show(text, n);
    } else {
        line_redraw(l);
    }
}

/* Takes out what is between from and to, and leaves the cursor there. */
static void line_cut(struct line *l, unsigned int from, unsigned int to)
{
    memmove(l->text + from, l->text + to, l->len - to);
    l->len -= to - from;
    l->cursor = from;
    l->text[l->len] = '\0';
    line_redraw(l);
}

static void line_set(struct line *l, const char *text)
{
    l->len = (unsigned int)strlcpy(l->text, text, LINE_MAX);
    l->cursor = l->len;
    line_redraw(l);
}

static unsigned int line_word_start(const struct line *l)
{
    unsigned int at = l->cursor;

    while (at > 0 && l->text[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && l->text[at - 1] != ' ') {
        at--;
    }
    return at;
}

/* --- history --- */

static void line_history_go(struct line *l, int step)
{
    if ((step < 0 && l->history_at == 0) ||
        (step > 0 && l->history_at == l->history_len)) {
        return;
    }
    if (l->history_at == l->history_len) {
        strlcpy(l->history[l->history_at], l->text, LINE_MAX);
    }
    l->history_at += (unsigned int)step;
    line_set(l, l->history[l->history_at]);
}

static void line_history_add(struct line *l)
{
    if (l->len != 0 &&
        (l->history_len == 0 ||
         strcmp(l->history[l->history_len - 1], l->text) != 0)) {
        if (l->history_len == LINE_HISTORY) {
            memmove(l->history[0], l->history[1],
                    LINE_HISTORY * LINE_MAX);
            l->history_len--;
        }
        strlcpy(l->history[l->history_len++], l->text, LINE_MAX);
    }
    l->history_at = l->history_len;
}

/* --- completion --- */

static void line_match(void *ctx, const char *word)
{
    struct matches *const m = ctx;
    size_t n = 0;

    if (strncmp(word, m->word, m->word_len) != 0) {
        return;
    }
    if (m->is_list) {
        line_show(m->l, word);
        line_show(m->l, "  ");
    }
    if (m->count++ == 0) {
        strlcpy(m->common, word, sizeof(m->common));
        return;
    }
    while (m->common[n] != '\0' && m->common[n] == word[n]) {
        n++;
    }
    m->common[n] = '\0';
}

/* The first time what all have in common; the second time the list. */
static void line_complete(struct line *l)
{
    char text[LINE_MAX];
    struct matches m = { .l = l, .is_list = l->last_was_tab };
    unsigned int start = l->cursor;
    size_t common;

    while (start > 0 && l->text[start - 1] != ' ') {
        start--;
    }
    strlcpy(text, l->text, min_t(size_t, sizeof(text), l->cursor + 1u));
    m.word = text + start;
    m.word_len = strlen(m.word);
    if (m.is_list) {
        line_show(l, "\n");
    }
    l->complete(text, m.word, line_match, &m);
    if (m.is_list) {
        line_show(l, "\n");
        line_redraw(l);
        return;
    }
    common = strlen(m.common);
    if (m.count != 0 && common > m.word_len) {
        line_insert(l, m.common + m.word_len, common - m.word_len);
    }
    if (m.count == 1) {
        line_insert(l, " ", 1);
    }
}

/* --- keys --- */

static void line_enter(struct line *l)
{
    char text[LINE_MAX];

    line_show(l, "\n");
    line_history_add(l);
    strlcpy(text, l->text, sizeof(text));
    l->len = l->cursor = 0;
    l->text[0] = '\0';
    l->run(text);
}

static void line_move(struct line *l, unsigned int to)
{
    if (to <= l->len) {
        l->cursor = to;
        line_redraw(l);
    }
}

static void line_control(struct line *l, char key)
{
    switch (key) {
    case KEY_ESCAPE: l->escape = ESCAPE_BEGUN; break;
    case CTRL('A'): line_move(l, 0); break;
    case CTRL('B'): line_move(l, l->cursor - 1); break;
    case CTRL('E'): line_move(l, l->len); break;
    case CTRL('F'): line_move(l, l->cursor + 1); break;
    case CTRL('K'): line_cut(l, l->cursor, l->len); break;
    case CTRL('L'): line_redraw(l); break;
    case CTRL('N'): line_history_go(l, 1); break;
    case CTRL('P'): line_history_go(l, -1); break;
    case CTRL('U'): line_cut(l, 0, l->cursor); break;
    case CTRL('W'): line_cut(l, line_word_start(l), l->cursor); break;
    case CTRL('C'):
        line_show(l, "^C\n");
        line_set(l, "");
        break;
    case CTRL('D'): line_cut(l, l->cursor, min(l->cursor + 1, l->len)); break;
    case CTRL('H'):
    case KEY_DELETE:
        line_cut(l, l->cursor - (l->cursor != 0), l->cursor);
        break;
    default: break;
    }
}

/* Keys with a sequence mean the same as one of Emacs'. */
static void line_escape(struct line *l, char key)
{
    static const char keys[] = "ABCDHF", emacs[] = "PNFBAE";
    const char *const at = strchr(keys, key);

    if (l->escape == ESCAPE_BEGUN) {
        l->escape = key == '[' || key == 'O' ? ESCAPE_BRACKET : ESCAPE_NONE;
        return;
    }
    if (l->escape == ESCAPE_BRACKET && key >= '0' && key <= '9') {
        /* ESC [ 3 ~ deletes, other numbers do nothing. */
        l->escape = key == '3' ? ESCAPE_TILDE : ESCAPE_BEGUN;
        return;
    }
    if (l->escape == ESCAPE_TILDE && key == '~') {
        line_control(l, CTRL('D'));
    } else if (l->escape == ESCAPE_BRACKET && at != NULL && *at != '\0') {
        line_control(l, CTRL(emacs[at - keys]));
    }
    l->escape = ESCAPE_NONE;
}

void line_key(struct line *l, char key)
{
    const bool was_cr = l->last_was_cr;

    l->last_was_cr = key == '\r';
    if (l->escape != ESCAPE_NONE) {
        line_escape(l, key);
    } else if (key == '\r' || (key == '\n' && !was_cr)) {
        line_enter(l);
    } else if (key == '\t') {
        line_complete(l);
        l->last_was_tab = true;
        return;
    } else if (key >= ' ' && key != KEY_DELETE) {
        line_insert(l, &key, 1);
    } else if (key != '\n') {
        line_control(l, key);
    }
    l->last_was_tab = false;
}
