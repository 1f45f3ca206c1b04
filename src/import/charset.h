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
 * The first that fits of: a byte order mark (UTF-8, UTF-16, UTF-32); UTF-8, also with a few
 * broken sequences among good ones; the declared charset, read as browsers do (iso-8859-1 is
 * windows-1252); what uchardet finds; windows-1252.  Bytes that mean nothing become U+FFFD.  Never
 * refuses.
 * Returns ST_OK, ST_LIMIT when out is full, or ST_NOMEM.
 * Source: WHATWG Encoding Standard, "Names and labels" and "BOM sniff".
 */
enum status charset_decode(struct span in, struct span declared, struct buf *out,
                           char name[CHARSET_NAME_MAX]) MUST_USE;

/*
 * The charset that an HTML page declares in its first bytes (meta, XML declaration), borrowed from
 * `in`; absent when there is none.
 * Source: HTML Standard, "prescan a byte stream to determine its encoding".
 */
struct span charset_of_html(struct span in);

/* Do the bytes look like something else than text: a NUL without a byte order mark that explains
 * it, or much that is no text in any charset?  Then it is worth asking what they are. */
bool charset_is_doubtful(struct span in);

#endif
