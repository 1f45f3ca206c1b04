/*
 * page: an edition for a test, in the test's own folder.
 */
#ifndef TESTS_UNIT_EDITION_PAGE_H
#define TESTS_UNIT_EDITION_PAGE_H

#include "../support.h"
#include "edition/reader.h"
#include "edition/writer.h"

static struct error error;

static inline const char *path_of_edition(void)
{
    return folder_path("edition.db");
}

static inline struct edition_writer *begin(void)
{
    struct edition_writer *w = NULL;
    assert_status(edition_create(path_of_edition(), &w, &error), ST_OK, &error);
    return w;
}

static inline enum status put(struct edition_writer *w, const char *path, const char *body)
{
    struct edition_page page = {
        .path = span_of(path), .status = 20, .meta = SPAN("text/gemini"), .body = span_of(body)};
    return edition_put_page(w, &page, &error);
}

/* An edition of one page at "/". */
static inline void commit_page(const char *body)
{
    struct edition_writer *w = begin();
    assert_status(put(w, "/", body), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
}

static inline struct edition *open_edition(void)
{
    struct edition *ed = NULL;
    assert_status(edition_open(path_of_edition(), &ed, &error), ST_OK, &error);
    return ed;
}

/* The body of a page, NUL-ended; good until the next call. */
static inline const char *body_of(struct edition *ed, const char *path)
{
    static char body[4096];
    struct edition_found page;
    assert_status(edition_find(ed, span_of(path), &page, &error), ST_OK, &error);
    assert_true(page.size < sizeof body);
    assert_status(edition_read(ed, page.id, 0, body, page.size, &error), ST_OK, &error);
    body[page.size] = '\0';
    return body;
}

static inline void assert_edition_says(const char *body)
{
    struct edition *ed = open_edition();
    assert_string_equal(body_of(ed, "/"), body);
    edition_release(ed);
}

#endif
