/*
 * error: what a function answers when it fails.  `enum status` is for code, `struct error` for
 * people.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum status {
    ST_OK = 0,
    ST_SYNTAX,  /* foreign bytes break their grammar */
    ST_LIMIT,   /* a size, count or depth limit of ours was reached */
    ST_NOMEM,   /* memory could not be had */
    ST_IO,      /* the operating system refused; errnum says why */
    ST_MISSING, /* what was asked for does not exist */
    ST_EXISTS,  /* the name or address is taken */
    ST_FORMAT,  /* readable, but not the kind of thing that is needed */
    ST_CHANGED, /* not any more what it was when its reading began */
    ST_CRYPTO,  /* OpenSSL refused */
    ST_STORE,   /* SQLite refused */
};

struct error {
    enum status code;
    int errnum;        /* errno of the cause, or 0 */
    char message[480]; /* one line, names the file, line or client at fault */
};

/*
 * Fill *e (may be NULL) and return `code`, so that a failing function can end in
 * `return error_set(...)`.
 *
 * errnum  errno of the cause, or 0; when not 0 its text is appended after ": "
 * fmt     printf format of one line without a line end; control characters that come in through
 *         arguments are written as '?'; a message that is too long is cut
 * Never allocates.
 */
enum status error_set(struct error *e, enum status code, int errnum, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
