/*
 * clean: foreign bytes to the text that the rest of the room works on.
 */
#ifndef ARTICLE_CLEAN_H
#define ARTICLE_CLEAN_H

#include "core/buf.h"

/*
 * Append `in` as clean text: valid UTF-8 in Unicode normalization form C, every line ended by LF,
 * no byte order mark, no control character but LF and TAB, no soft hyphen, no zero-width space, no
 * bidirectional embedding, override or isolate, no terminal escape sequence.  Line and paragraph
 * separators (U+2028, U+2029, NEL, VT, FF) become line ends.  Joiners stay: they carry meaning.
 * Every string of bytes is a text: NUL goes as other control characters do, a broken sequence of
 * UTF-8 becomes one U+FFFD.  Writes three bytes at most for each byte of `in`.
 *
 * name    how messages name the source
 * Returns ST_OK, or ST_LIMIT (out is full) or ST_NOMEM.
 * Source: UAX #15 (NFC), UAX #9 (bidirectional controls), ECMA-48 (escape sequences).
 */
enum status clean_text(struct span in, const char *name, struct buf *out, struct error *e) MUST_USE;

/*
 * Append one line of clean text with blanks at its ends cut and every other run of blanks written
 * as one space; a single no-break space between two characters stays.
 */
void clean_line(struct span line, struct buf *out);

/* Append clean text with its tabs as blanks, up to every eighth column, as browsers and terminals
 * show them. */
void clean_tabs(struct span text, struct buf *out);

/* A line of clean text without the blanks at its end. */
struct span clean_end(struct span line);

#endif
