#include "process/message.h"

#include "log/log.h"

void message_header(char kind, size_t n, char out[MESSAGE_HEADER])
{
    out[0] = kind;
    for (size_t k = 1; k < MESSAGE_HEADER; k++)
        out[k] = (char)(unsigned char)(n >> 8 * (MESSAGE_HEADER - 1 - k));
}

void message_reader_init(struct message_reader *r)
{
    r->header_n = 0;
    buf_init(&r->bytes, MESSAGE_MAX);
}

void message_reader_fini(struct message_reader *r)
{
    buf_wipe(&r->bytes);
}

static void message_begin(struct message_reader *r)
{
    r->left = 0;
    for (size_t k = 1; k < MESSAGE_HEADER; k++)
        r->left = r->left << 8 | r->header[k];
    /* All at once: a buf that grows leaves copies behind, and these may be keys. */
    if (r->left == 0 || buf_reserve(&r->bytes, r->left) != NULL)
        return;
    log_line(LOG_ERROR, "a message of the supervisor is lost: %s",
             buf_status(&r->bytes) == ST_NOMEM ? "out of memory" : "it is too large");
    r->on_lost(r->context);
}

static void message_end(struct message_reader *r)
{
    if (buf_status(&r->bytes) == ST_OK)
        r->on_message(r->context, (char)r->header[0], buf_span(&r->bytes));
    buf_wipe(&r->bytes);
    r->header_n = 0;
}

void message_reader_take(struct message_reader *r, struct span bytes)
{
    while (bytes.n > 0) {
        size_t taken = 1;
        if (r->header_n < MESSAGE_HEADER) {
            r->header[r->header_n++] = (unsigned char)bytes.p[0];
            if (r->header_n == MESSAGE_HEADER)
                message_begin(r);
        } else {
            taken = r->left < bytes.n ? r->left : bytes.n;
            buf_put(&r->bytes, span_sub(bytes, 0, taken));
            r->left -= taken;
        }
        bytes = span_sub(bytes, taken, bytes.n);
        if (r->header_n == MESSAGE_HEADER && r->left == 0)
            message_end(r);
    }
}
