/*
 * siphash: a hash that nobody can make collide who does not know its key.
 */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H

#include <stdint.h>

#include "core/span.h"

#define SIPHASH_KEY 16 /* bytes */

/*
 * SipHash-2-4 of s.  The key is secret and drawn at random, or the hash protects nothing.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), section 2.
 */
uint64_t siphash(const unsigned char key[SIPHASH_KEY], struct span s);

#endif
