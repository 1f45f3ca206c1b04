/*
 * format: what kind of source an article is.
 */
#ifndef IMPORT_FORMAT_H
#define IMPORT_FORMAT_H

#include "core/span.h"

enum article_format { ARTICLE_TEXT, ARTICLE_HTML, ARTICLE_MARKDOWN, ARTICLE_GEMTEXT };

/* The format called so ("html"); false when there is none. */
bool format_find(struct span name, enum article_format *format);

/* What a format is called. */
const char *format_name(enum article_format format);

/* The format that a file's name tells by its suffix (".md"); false when it tells none. */
bool format_of_suffix(struct span path, enum article_format *format);

/*
 * The format that the bytes of a source without a telling name look like: HTML by its tags, gemtext
 * by its link lines, Markdown by its headings, links and fences, else text.
 */
enum article_format format_of_text(struct span bytes);

#endif
