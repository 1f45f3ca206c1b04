/*
 * mediatype: which media type a static file is served with.
 */
#ifndef PRESS_MEDIATYPE_H
#define PRESS_MEDIATYPE_H

#include "core/buf.h"

struct mediatype;

/*
 * Start.  libmagic's database is read when it is first needed; mediatype_status tells afterwards
 * whether that failed (ST_NOMEM or ST_FORMAT), for then the answers were guesses.
 * mediatype_open gives ST_OK with *m, which mediatype_close frees, or ST_NOMEM.
 */
enum status mediatype_open(struct mediatype **m, struct error *e) MUST_USE;
enum status mediatype_status(const struct mediatype *m, struct error *e) MUST_USE;
void mediatype_close(struct mediatype *m);

/*
 * Append the media type of a file: by its suffix, else by what libmagic finds in it, else
 * application/octet-stream.  Text gets its charset where it is known to be true, gemtext its
 * language, and a charset only when it is not UTF-8.
 *
 * path   its name, for the suffix
 * fd     open for reading at its start; read from, its position is left anywhere
 * lang   of the capsule, may be absent
 * Source: RFC 2045 section 5.1; Gemini specification, "Response Bodies".
 */
void mediatype_of(struct mediatype *m, const char *path, int fd, struct span lang, struct buf *out);

/* What libmagic takes these bytes for ("image/png"); NULL when it cannot tell.  Borrowed until the
 * next call. */
const char *mediatype_guess(struct mediatype *m, struct span bytes);

/* The version of libmagic: another one may answer otherwise. */
int mediatype_version(void);

/* Append "text/gemini" and the language when it is known: unquoted, one tag. */
void mediatype_gemtext(struct span lang, struct buf *out);

#endif
