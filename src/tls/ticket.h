/*
 * ticket: the keys that session tickets are sealed with.
 *
 * A ticket is what RFC 5077 section 4 recommends: the name of its key, an IV, the session under
 * AES-256-CBC, and HMAC-SHA-256 over all of it; RFC 8446 section 4.6.1 leaves its form to the
 * server.  The processes of a server, and the servers of a fleet, resume each other's sessions
 * because they have the same ring of keys.  The newest key seals; the older ones still open, and
 * the client then gets a new ticket.  Whoever has a key can read what was sent in the sessions of
 * TLS 1.2 that its tickets resume, so none is kept for long, and all are wiped when they go.
 */
#ifndef TLS_TICKET_H
#define TLS_TICKET_H

#include "core/buf.h"

/* Bytes of a key: 16 of its name, 32 for AES-256, 32 for HMAC-SHA-256. */
#define TICKET_KEY_SIZE 80
#define TICKET_KEYS_MAX 3

/* Bytes of a packed ring: the number of its keys, and room for as many as there can be. */
#define TICKET_PACKED_SIZE (1 + TICKET_KEYS_MAX * TICKET_KEY_SIZE)

/* Plain bytes, which their owner wipes (ticket_wipe).  All zeros is a ring without a key. */
struct ticket_ring {
    size_t count;
    unsigned char keys[TICKET_KEYS_MAX][TICKET_KEY_SIZE]; /* the newest first */
};

/*
 * Put a random key before the others; the oldest of a full ring is wiped.  ST_OK, or ST_CRYPTO
 * with the ring as it was.
 */
enum status ticket_rotate(struct ticket_ring *ring, struct error *e) MUST_USE;

/*
 * Read keys as a file has them: one a line, 160 hexadecimal digits, the newest first.  Empty lines
 * and blanks around a line do not count.
 *
 * shown   how messages name the file; they carry the line and nothing of what is in it
 * Returns ST_OK with the ring replaced; else the ring is as it was: ST_SYNTAX (not such a line, a
 * name twice, no key at all) or ST_LIMIT (too many keys).
 */
enum status ticket_parse(struct ticket_ring *ring, const char *shown, struct span text,
                         struct error *e) MUST_USE;

/*
 * The same for a file.  Also ST_MISSING, ST_IO, ST_FORMAT (no regular file, or somebody but its
 * owner has any right to it) and ST_LIMIT (too large).
 */
enum status ticket_read_file(struct ticket_ring *ring, const char *path, struct error *e) MUST_USE;

/* Write a ring as the bytes that processes hand to each other. */
void ticket_pack(const struct ticket_ring *ring, unsigned char out[TICKET_PACKED_SIZE]);

/* Replace a ring by a packed one.  ST_OK, or ST_FORMAT (the number of keys) and it is as it was. */
enum status ticket_unpack(struct ticket_ring *ring, const unsigned char from[TICKET_PACKED_SIZE],
                          struct error *e) MUST_USE;

/* The same keys in the same order? */
bool ticket_same(const struct ticket_ring *a, const struct ticket_ring *b);

/* Wipe a ring, so that no copy is left; a compiler keeps this. */
void ticket_wipe(struct ticket_ring *ring);

/*
 * Wipe the stack below the caller: what copies keys has them in vector registers, and a signal that
 * comes then leaves these there.  For a process that lives long; call it when keys were handled.
 */
void ticket_wipe_stack(void);

#endif
