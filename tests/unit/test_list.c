/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doubly linked list. */
#include <core/lib/list.h>
#include <tests/unit/unit.h>

struct item {
    int value;
    struct list_head link;
};

/* The values as decimal digits, forwards; checks the way back as well. */
static unsigned long digits(struct list_head *head)
{
    unsigned long forward = 0, back = 0, place = 1;
    struct item *item;

    list_for_each_entry(item, head, link) {
        forward = forward * 10 + (unsigned long)item->value;
    }
    for (struct list_head *p = head->prev; p != head; p = p->prev) {
        back += place *
                (unsigned long)list_entry(p, struct item, link)->value;
        place *= 10;
    }
    CHECK_EQ(forward, back);
    return forward;
}

TEST(order)
{
    struct item items[5];
    LIST_HEAD(a);
    LIST_HEAD(b);
    struct item *item, *next;

    CHECK(list_empty(&a));
    CHECK(list_first_or_null(&a, struct item, link) == NULL);
    for (int i = 0; i < 5; i++) {
        items[i].value = i + 1;
        list_init(&items[i].link);
    }
    list_del(&items[0].link);
    list_add_tail(&items[0].link, &a);
    list_add_tail(&items[1].link, &a);
    list_add(&items[2].link, &a);
    CHECK_EQ(digits(&a), 312);
    list_add_tail(&items[3].link, &items[0].link);
    CHECK_EQ(digits(&a), 3412);
    list_move_tail(&items[2].link, &a);
    CHECK_EQ(digits(&a), 4123);
    CHECK_EQ(list_first_entry(&a, struct item, link)->value, 4);
    CHECK_EQ(list_last_entry(&a, struct item, link)->value, 3);

    list_splice_tail(&b, &a);
    CHECK_EQ(digits(&a), 4123);
    list_add(&items[4].link, &b);
    list_splice_tail(&a, &b);
    CHECK(list_empty(&a));
    CHECK_EQ(digits(&b), 54123);

    list_for_each_entry_safe(item, next, &b, link) {
        if (item->value % 2 != 0) {
            list_del(&item->link);
            CHECK(list_empty(&item->link));
        }
    }
    CHECK_EQ(digits(&b), 42);
}
