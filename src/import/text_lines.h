/*
 * text_lines: the lines of a plain text, one group at a time: what stands between two blank lines.
 * Nothing is copied: a line is an offset into the text and what is known about its looks.
 */
#ifndef IMPORT_TEXT_LINES_H
#define IMPORT_TEXT_LINES_H

#include <stdint.h>

#include "core/error.h"
#include "core/span.h"

/* Columns at which counting ends: of a wider line nobody asks how wide it is. */
#define TEXT_COLUMNS_MAX 127

/* What a line is by its looks alone, wherever it stands. */
enum text_kind {
    TEXT_PLAIN,
    TEXT_BULLET, /* begins with the mark of a list item */
    TEXT_NUMBER, /* begins with "12. " or "12) " */
    TEXT_QUOTED, /* begins with ">" */
    TEXT_RULE,   /* nothing but marks that part */
};

struct text_line {
    uint32_t at, n;  /* without outer blanks; sources are small enough for 32 bits */
    uint8_t columns; /* width, a run of blanks counted as one; at most TEXT_COLUMNS_MAX */
    uint8_t indent;  /* columns of the blanks before it, at most TEXT_COLUMNS_MAX */
    uint8_t kind;    /* enum text_kind */
    uint8_t mark;    /* of a list item: length of its mark in bytes; of a rule: see text_rule; of a
                        plain or numbered line: whether it has a gap of two blanks or a tab */
};

struct text_lines {
    struct span text;        /* borrowed, clean text (see clean.h) */
    size_t at;               /* where the next group is looked for */
    struct text_line *lines; /* owned: the group */
    size_t count, room;
    enum status status; /* ST_OK or ST_NOMEM, sticky */
};

/* Stand before the first group; text_lines_fini frees the lines. */
void text_lines_init(struct text_lines *l, struct span text);
void text_lines_fini(struct text_lines *l);

/*
 * Read the next group; prompts (see text_furniture.h) part groups as blank lines do and belong to
 * none.  Returns false, and leaves no lines, at the end of the text or when there is no memory.
 */
bool text_lines_next(struct text_lines *l);

/* Line i of the group: its text; the same with the blanks at its ends. */
struct span text_line(const struct text_lines *l, size_t i);
struct span text_line_raw(const struct text_lines *l, size_t i);

/* Take n bytes and the blanks behind them from the front of line i, and look at the rest anew. */
void text_line_cut(struct text_lines *l, size_t i, size_t n);

/*
 * Is the trimmed line a rule: the same mark three times or more, or an asterism?  *mark gets the
 * mark of one that may underline a title ('=' or '-'), a blank where blanks part the marks, else 0.
 */
bool text_rule(struct span line, char *mark);

/* Columns that a code point takes on a terminal: 0 to 2.  Source: UAX #11, by libunistring. */
unsigned text_columns(uint32_t cp);

/* How a line begins, opening quotes and brackets apart. */
enum text_begin {
    TEXT_BEGIN_LOWER,
    TEXT_BEGIN_UPPER,
    TEXT_BEGIN_CASELESS, /* a letter of a script without case */
    TEXT_BEGIN_OTHER,
};
enum text_begin text_begins(struct span line);

/* Does the first character begin a word in small letters? */
bool text_starts_lower(struct span line);

/* Does it end with a mark that ends a sentence, closing quotes and brackets apart? */
bool text_ends_sentence(struct span line);

#endif
