/*
 * book: who has which name (an address, a title, a URL): a hash table from bytes to a number and an
 * owner.
 */
#ifndef CORE_BOOK_H
#define CORE_BOOK_H

#include "core/arena.h"

struct book_entry {
    struct span key;   /* copied; absent in a free slot */
    struct span owner; /* for messages, borrowed from the caller */
    size_t value;      /* the caller's own */
    uint64_t hash;     /* of the key */
};

struct book {
    struct book_entry *slots; /* owned; a power of two of them */
    size_t size, count;
    struct arena arena; /* the keys */
};

void book_init(struct book *b);
void book_fini(struct book *b);

/* Make room for so many keys in all at once.  ST_OK or ST_NOMEM. */
enum status book_room(struct book *b, size_t count) MUST_USE;

/* The entry of a key, borrowed until the next book_add; NULL when there is none. */
struct book_entry *book_find(const struct book *b, struct span key);

/*
 * Add a key that is not in the book.  ST_OK; ST_EXISTS when it is (nothing changes); ST_NOMEM.
 */
enum status book_add(struct book *b, struct span key, struct span owner, size_t value) MUST_USE;

#endif
