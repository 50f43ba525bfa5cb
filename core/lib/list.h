/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doubly linked list, intrusive and circular. The head is a node of its own;
 * an element that was taken out with list_del() points to itself, so that
 * list_empty() on it says whether it is on a list. The lock of whoever owns
 * the list protects it. No manual chapter.
 */
#ifndef CORE_LIB_LIST_H
#define CORE_LIB_LIST_H

#include <core/lib/util.h>

struct list_head {
    struct list_head *next;
    struct list_head *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void list_init(struct list_head *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
    return head->next == head;
}

static inline void list_insert(struct list_head *node, struct list_head *prev,
                               struct list_head *next)
{
    node->prev = prev;
    node->next = next;
    prev->next = node;
    next->prev = node;
}

/* As the first element of head, or behind the element head. */
static inline void list_add(struct list_head *node, struct list_head *head)
{
    list_insert(node, head, head->next);
}

/* As the last element of head, or before the element head. */
static inline void list_add_tail(struct list_head *node,
                                 struct list_head *head)
{
    list_insert(node, head->prev, head);
}

/* Harmless on a node that is on no list but was initialised. */
static inline void list_del(struct list_head *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline void list_move_tail(struct list_head *node,
                                  struct list_head *head)
{
    list_del(node);
    list_add_tail(node, head);
}

/* All elements of from to the end of to; from is empty afterwards. */
static inline void list_splice_tail(struct list_head *from,
                                    struct list_head *to)
{
    if (list_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* Require a list that is not empty. */
#define list_first_entry(head, type, member) \
    list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
    list_entry((head)->prev, type, member)

/* NULL when the list is empty. */
#define list_first_or_null(head, type, member) \
    (list_empty(head) ? NULL : list_first_entry(head, type, member))

#define list_for_each(pos, head) \
    for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

#define list_for_each_entry(pos, head, member)                            \
    for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member);    \
         &(pos)->member != (head);                                        \
         (pos) = list_entry((pos)->member.next, __typeof__(*(pos)), member))

/* The body may remove pos; tmp is of pos's type. */
#define list_for_each_entry_safe(pos, tmp, head, member)                  \
    for ((pos) = list_entry((head)->next, __typeof__(*(pos)), member),    \
        (tmp) = list_entry((pos)->member.next, __typeof__(*(pos)), member); \
         &(pos)->member != (head);                                        \
         (pos) = (tmp),                                                   \
        (tmp) = list_entry((tmp)->member.next, __typeof__(*(tmp)), member))

#endif
