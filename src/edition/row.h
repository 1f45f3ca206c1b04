/*
 * row: what the tables of an edition hold; schema.c says what it means.  Absent spans are NULL.
 */
#ifndef EDITION_ROW_H
#define EDITION_ROW_H

#include <stdint.h>

#include "core/file.h"

struct edition_page {
    struct span path;
    int status;
    struct span meta;
    struct span body; /* absent for a page whose bytes are in `file` */
    struct span file; /* absent for a page whose bytes are in `body` */
    int64_t size;     /* of the file, bytes */
    int64_t mtime;    /* of the file, nanoseconds */
};

struct edition_source {
    struct span path;
    struct file_stamp stamp;
    struct file_stamp sidecar; /* all zeros when there is none */
    struct span problem;
};

/* Where the text is in a page: bytes from..to of its body. */
struct edition_range {
    int64_t from, to;
};

struct edition_piece {
    struct span source, slug, title, date, author, lang, tags, summary_kind;
    int64_t words;
    struct span named_previous, named_next;
    struct span previous, previous_title, next, next_title;
    struct edition_range text, summary;
};

#endif
