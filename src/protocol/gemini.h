/*
 * gemini: the protocol's codes and limits, and the response header.
 * Source: Gemini network protocol specification 0.24.1.
 */
#ifndef PROTOCOL_GEMINI_H
#define PROTOCOL_GEMINI_H

#include "core/buf.h"

#define GEMINI_PORT     1965
#define GEMINI_URL_MAX  1024 /* bytes of a request without its CRLF ("Requests") */
#define GEMINI_META_MAX 1024 /* bytes; the limit of older specifications, which clients enforce */

enum gemini_status {
    GEMINI_INPUT = 10,
    GEMINI_SENSITIVE_INPUT = 11,
    GEMINI_SUCCESS = 20,
    GEMINI_TEMPORARY_REDIRECT = 30,
    GEMINI_PERMANENT_REDIRECT = 31,
    GEMINI_TEMPORARY_FAILURE = 40,
    GEMINI_UNAVAILABLE = 41,
    GEMINI_CGI_ERROR = 42,
    GEMINI_PROXY_ERROR = 43,
    GEMINI_SLOW_DOWN = 44,
    GEMINI_PERMANENT_FAILURE = 50,
    GEMINI_NOT_FOUND = 51,
    GEMINI_GONE = 52,
    GEMINI_PROXY_REFUSED = 53,
    GEMINI_BAD_REQUEST = 59,
    GEMINI_CERTIFICATE_REQUIRED = 60,
    GEMINI_CERTIFICATE_REFUSED = 61,
    GEMINI_CERTIFICATE_INVALID = 62,
};

/*
 * Append a response header, `NN SP meta CRLF`.
 *
 * meta    UTF-8, not empty; cut at a character border to GEMINI_META_MAX bytes, control characters
 *         become '?', so that no meta can break out of its line
 * Source: specification, "Response Header".
 */
void gemini_header(struct buf *b, enum gemini_status status, struct span meta);

#endif
