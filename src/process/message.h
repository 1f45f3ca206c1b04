/*
 * message: what the supervisor tells a child over the control stream: one byte that says what it
 * is, the number of bytes that follow in four bytes, the highest first, and those bytes.
 */
#ifndef PROCESS_MESSAGE_H
#define PROCESS_MESSAGE_H

#include "core/buf.h"

/* Bytes before those that follow, and the most of these. */
#define MESSAGE_HEADER 5
#define MESSAGE_MAX    ((size_t)256 * 1024 * 1024)

/* Write what stands before n bytes of this kind. */
void message_header(char kind, size_t n, char out[MESSAGE_HEADER]);

/* A stream of them, as it comes in. */
struct message_reader {
    unsigned char header[MESSAGE_HEADER]; /* of the message that is being read */
    size_t header_n;                      /* bytes of it that are there */
    size_t left;                          /* bytes that are still to come */
    struct buf bytes;                     /* those that have come */
    /* A whole message; the bytes are borrowed, and wiped behind the call: they may be keys. */
    void (*on_message)(void *context, char kind, struct span bytes);
    void (*on_lost)(void *context); /* one is skipped */
    void *context;
};

/* Begin; the caller sets on_message, on_lost and context. */
void message_reader_init(struct message_reader *r);
void message_reader_fini(struct message_reader *r);

/*
 * Take bytes of the stream: messages in any number of pieces.  One for which there is no memory, or
 * which is larger than any of ours, is told to the log and skipped.
 */
void message_reader_take(struct message_reader *r, struct span bytes);

#endif
