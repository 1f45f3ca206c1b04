#include "article/document.h"

#include "article/words.h"

void document_init(struct document *doc, size_t cap)
{
    *doc = (struct document){0};
    arena_init(&doc->arena, cap);
}

void document_fini(struct document *doc)
{
    arena_fini(&doc->arena);
    doc->first = doc->last = NULL;
}

void document_add(struct document *doc, enum block_kind kind, struct span text)
{
    struct block *block = arena_alloc(&doc->arena, sizeof *block);
    if (block == NULL)
        return;
    block->kind = kind;
    block->text = arena_copy(&doc->arena, text);
    if (doc->last == NULL)
        doc->first = block;
    else
        doc->last->next = block;
    doc->last = block;
}

size_t document_words(const struct document *doc)
{
    size_t words = 0;
    for (const struct block *b = doc->first; b != NULL; b = b->next)
        words += words_count(b->text);
    return words;
}
