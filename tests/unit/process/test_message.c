/* What the supervisor says to a worker: whole, in pieces, and too large. */
#include "process/message.h"

#include "../support.h"

static struct message_reader reader;
static struct buf heard; /* kind and bytes of each message, parted by '|' */

static void on_message(void *context, char kind, struct span bytes)
{
    assert_ptr_equal(context, &heard);
    buf_putc(&heard, kind);
    buf_put(&heard, bytes);
    buf_putc(&heard, '|');
}

static void on_lost(void *context)
{
    assert_ptr_equal(context, &heard);
    buf_puts(&heard, "lost|");
}

static int message_make(void **state)
{
    buf_init(&heard, 100000);
    message_reader_init(&reader);
    reader.on_message = on_message;
    reader.on_lost = on_lost;
    reader.context = &heard;
    return quiet_folder_make(state);
}

static int message_remove(void **state)
{
    message_reader_fini(&reader);
    buf_fini(&heard);
    return quiet_folder_remove(state);
}

static void put_message(struct buf *out, char kind, struct span bytes)
{
    char header[MESSAGE_HEADER];
    message_header(kind, bytes.n, header);
    buf_put(out, (struct span){header, sizeof header});
    buf_put(out, bytes);
}

struct step_row {
    const char *name;
    size_t step; /* bytes at once */
};

static const struct step_row step_rows[] = {
    {"messages come byte by byte", 1},
    {"messages come in pieces", 7},
    {"messages come together", 100000},
};

static void messages_are_taken(void **state)
{
    const struct step_row *row = *state;
    static char large[70000];
    struct buf all;
    buf_init(&all, 100000);
    memset(large, 'x', sizeof large);
    put_message(&all, 'E', SPAN(""));
    put_message(&all, 'T', SPAN("some keys"));
    put_message(&all, 'A', (struct span){large, sizeof large});
    put_message(&all, 'E', SPAN(""));
    for (size_t at = 0; at < all.n; at += row->step)
        message_reader_take(
            &reader, span_sub(buf_span(&all), at, at + row->step < all.n ? at + row->step : all.n));
    assert_int_equal(heard.n, 2 + 11 + 2 + sizeof large + 2);
    assert_memory_equal(heard.p, "E|Tsome keys|Axxx", 17);
    assert_memory_equal(heard.p + heard.n - 5, "xx|E|", 5);
    assert_int_equal(reader.header_n, 0);
    assert_int_equal(reader.bytes.n, 0);
    buf_fini(&all);
}

/* The next one is understood all the same. */
static void one_that_is_too_large_is_told_and_skipped(void **state)
{
    (void)state;
    struct buf all;
    buf_init(&all, 1000);
    reader.bytes.cap = 10; /* for MESSAGE_MAX */
    put_message(&all, 'T', SPAN("more than ten bytes"));
    message_reader_take(&reader, buf_span(&all));
    buf_clear(&all);
    put_message(&all, 'T', SPAN("ten bytes."));
    message_reader_take(&reader, buf_span(&all));
    assert_string_equal(buf_str(&heard), "lost|Tten bytes.|");
    assert_contains(stderr_text(), "a message of the supervisor is lost: it is too large");
    buf_fini(&all);
}

int main(void)
{
    static struct suite s = {.setup = message_make, .teardown = message_remove};
    SUITE_ROWS(&s, messages_are_taken, step_rows);
    SUITE_TEST(&s, one_that_is_too_large_is_told_and_skipped);
    return suite_run(&s, "process/message");
}
