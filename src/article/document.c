#include "article/document.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "prose/guess.h"
#include "prose/words.h"

/* So much of a text tells its language, in bytes. */
#define DOCUMENT_SAMPLE ((size_t)4096)

#define DOCUMENT_FIRST_ROOM 16

/* What document_add returns when there is no memory. */
static struct block document_lost;

void document_init(struct document *doc, size_t cap)
{
    *doc = (struct document){0};
    arena_init(&doc->arena, cap);
}

void document_fini(struct document *doc)
{
    arena_fini(&doc->arena);
    free(doc->blocks);
    doc->blocks = NULL;
    doc->count = doc->room = 0;
}

/* Room for one more block; its bytes are counted as the arena's. */
static bool document_grow(struct document *doc)
{
    if (doc->count < doc->room)
        return true;
    size_t room = doc->room == 0 ? DOCUMENT_FIRST_ROOM : doc->room * 2;
    if (room * sizeof *doc->blocks > doc->arena.cap - doc->arena.used) {
        doc->arena.status = ST_LIMIT;
        return false;
    }
    struct block *blocks = realloc(doc->blocks, room * sizeof *blocks);
    if (blocks == NULL) {
        doc->arena.status = ST_NOMEM;
        return false;
    }
    doc->blocks = blocks;
    doc->room = room;
    return true;
}

static struct block *document_append(struct document *doc, enum block_kind kind, struct span text)
{
    if (arena_status(&doc->arena) != ST_OK || !document_grow(doc))
        return &document_lost;
    struct block *block = &doc->blocks[doc->count++];
    *block = (struct block){.kind = (uint8_t)kind, .text = text};
    return block;
}

struct block *document_add(struct document *doc, enum block_kind kind, struct span text)
{
    return document_append(doc, kind, arena_copy(&doc->arena, text));
}

/* What parts head and text: neither a URL nor an alt text holds an LF. */
#define DOCUMENT_HEAD_END '\n'

struct block *document_add_headed(struct document *doc, enum block_kind kind, struct span head,
                                  struct span text)
{
    char *both = arena_bytes(&doc->arena, head.n + 1 + text.n);
    if (both == NULL)
        return &document_lost;
    if (head.n > 0)
        memcpy(both, head.p, head.n);
    both[head.n] = DOCUMENT_HEAD_END;
    if (text.n > 0)
        memcpy(both + head.n + 1, text.p, text.n);
    return document_append(doc, kind, (struct span){both, head.n + 1 + text.n});
}

struct span block_head(const struct block *b, struct span *text)
{
    size_t end = span_find(b->text, 0, DOCUMENT_HEAD_END);
    *text = span_sub(b->text, end + 1, b->text.n);
    return span_sub(b->text, 0, end);
}

bool block_is_prose(const struct block *b)
{
    return (b->kind == BLOCK_PARAGRAPH || b->kind == BLOCK_ITEM || b->kind == BLOCK_QUOTE) &&
           b->text.n > 0;
}

size_t document_words(const struct document *doc)
{
    size_t words = 0;
    for (size_t i = 0; i < doc->count; i++) {
        if (block_is_prose(&doc->blocks[i]) || doc->blocks[i].kind == BLOCK_HEADING)
            words += words_count(doc->blocks[i].text);
    }
    return words;
}

void document_beginning(const struct document *doc, size_t enough, struct buf *out)
{
    for (size_t i = 0; i < doc->count && out->n < enough; i++) {
        struct span text = span_sub(doc->blocks[i].text, 0, enough);
        if (!block_is_prose(&doc->blocks[i]))
            continue;
        buf_put(out, span_sub(text, 0, utf8_valid(text)));
        buf_putc(out, '\n');
    }
}

enum status document_language(const struct document *doc, const struct language **lang)
{
    struct buf sample;
    buf_init(&sample, DOCUMENT_SAMPLE * 2 + 1);
    document_beginning(doc, DOCUMENT_SAMPLE, &sample);
    enum status status = buf_status(&sample);
    *lang = status == ST_OK ? guess_language(buf_span(&sample)) : &language_und;
    if (status == ST_OK && *lang == &language_und)
        *lang = language_of_tag(doc->lang);
    buf_fini(&sample);
    return status;
}
