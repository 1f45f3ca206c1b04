#include "core/book.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/memory.h"

#define BOOK_FIRST_SIZE 64
#define BOOK_ARENA_MAX  ((size_t)512 * 1024 * 1024)

void book_init(struct book *b)
{
    *b = (struct book){0};
    arena_init(&b->arena, BOOK_ARENA_MAX);
}

void book_fini(struct book *b)
{
    free(b->slots);
    arena_fini(&b->arena);
    book_init(b);
}

/* The slot of a key: its entry, or the free one where it would go. */
static struct book_entry *book_slot(const struct book *b, struct span key, uint64_t hash)
{
    size_t at = (size_t)hash & (b->size - 1);
    while (b->slots[at].key.p != NULL &&
           (b->slots[at].hash != hash || !span_eq(b->slots[at].key, key)))
        at = (at + 1) & (b->size - 1);
    return &b->slots[at];
}

struct book_entry *book_find(const struct book *b, struct span key)
{
    if (b->size == 0)
        return NULL;
    struct book_entry *entry = book_slot(b, key, span_hash(key));
    return entry->key.p == NULL ? NULL : entry;
}

static enum status book_grow(struct book *b, size_t size)
{
    struct book bigger = *b;
    bigger.size = size;
    bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        memory_note();
        return ST_NOMEM;
    }
    for (size_t i = 0; i < b->size; i++) {
        if (b->slots[i].key.p != NULL)
            *book_slot(&bigger, b->slots[i].key, b->slots[i].hash) = b->slots[i];
    }
    free(b->slots);
    *b = bigger;
    return ST_OK;
}

enum status book_room(struct book *b, size_t count)
{
    size_t size = b->size == 0 ? BOOK_FIRST_SIZE : b->size;
    while (count > size / 2)
        size *= 2;
    return size > b->size ? book_grow(b, size) : ST_OK;
}

enum status book_add(struct book *b, struct span key, struct span owner, size_t value)
{
    if (book_room(b, b->count + 1) != ST_OK)
        return ST_NOMEM;
    uint64_t hash = span_hash(key);
    struct book_entry *entry = book_slot(b, key, hash);
    if (entry->key.p != NULL)
        return ST_EXISTS;
    struct span copy = arena_copy(&b->arena, key);
    if (copy.p == NULL)
        return ST_NOMEM;
    *entry = (struct book_entry){copy, owner, value, hash};
    b->count++;
    return ST_OK;
}
