/*
 * methods: OpenSSL's algorithms, had before the first client comes.  OpenSSL makes all algorithms
 * of a kind when one of them is first asked for; if it is refused memory in the middle of that, it
 * never tries again, and what is missing then stays "unsupported" for the life of the process.
 */
#ifndef TLS_METHODS_H
#define TLS_METHODS_H

#include "core/error.h"

/* Let OpenSSL make those of every kind that TLS takes.  ST_OK or ST_NOMEM. */
enum status methods_load(struct error *e) MUST_USE;

#endif
