/*
 * charset: which character encoding foreign bytes are in, and those bytes as UTF-8.
 */
#ifndef IMPORT_CHARSET_H
#define IMPORT_CHARSET_H

#include "core/buf.h"

/* Longest name of a charset, its NUL included. */
#define CHARSET_NAME_MAX 32

/*
 * Append `in` as UTF-8.
 *
 * declared   what the source says of itself ("iso-8859-1"); may be absent
 * name       gets the charset that was found ("utf-8", "windows-1251"), lower case
 * The first that fits of: a byte order mark (UTF-8, UTF-16, UTF-32), which goes; UTF-8, also with a
 * few broken sequences among many good ones or cut at its end; the declared charset, read as
 * browsers do (iso-8859-1 is windows-1252, UTF-16 cannot be); what uchardet finds; windows-1252.
 * Bytes that mean nothing become U+FFFD: one for each byte, for each broken sequence of UTF-8 and
 * for each broken unit of UTF-16 or UTF-32.  UTF-8 without a byte order mark, ASCII too, stays as
 * it is, so ISO-2022-JP and other charsets of seven bits are not read.  Never refuses.
 * Writes three bytes at most for each byte of `in`.  Time is linear in its size.
 * Returns ST_OK, ST_LIMIT when out is full, or ST_NOMEM.
 * Source: WHATWG Encoding Standard, "Names and labels" and "BOM sniff".
 */
enum status charset_decode(struct span in, struct span declared, struct buf *out,
                           char name[CHARSET_NAME_MAX]) MUST_USE;

/*
 * The charset that an HTML page declares in its first 4096 bytes (meta, else XML declaration),
 * borrowed from `in`; absent when there is none that charset_decode knows.
 * Source: HTML Standard, "prescan a byte stream to determine its encoding".
 */
struct span charset_of_html(struct span in);

/*
 * Do the bytes look like something else than text: a NUL without the byte order mark of UTF-16 or
 * UTF-32 to explain it, or more control characters than any text has?  Then it is worth asking what
 * they are.
 */
bool charset_is_doubtful(struct span in);

#endif
