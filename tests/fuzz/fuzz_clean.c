/*
 * clean: any bytes become clean text, and clean text stays as it is.
 */
#include "page.h"

#include "article/clean.h"

static void check_lines(struct span text)
{
    struct span line;
    struct buf once;
    struct buf twice;
    buf_init(&once, text.n + 1);
    buf_init(&twice, text.n + 1);
    while (span_line(&text, &line)) {
        buf_clear(&once);
        buf_clear(&twice);
        clean_line(line, &once);
        MUST(buf_status(&once) == ST_OK && once.n <= line.n);
        page_check_one_line(buf_span(&once));
        clean_line(buf_span(&once), &twice);
        MUST(span_eq(buf_span(&once), buf_span(&twice)));
    }
    buf_fini(&once);
    buf_fini(&twice);
}

/*
 * What terminals do not show goes without a trace: control sequences, strings, and escape sequences
 * with intermediate bytes (ECMA-48 5.4 and 5.6, ECMA-35 13.2), wherever they stand in a text.
 */
static void check_sequences(struct span text)
{
    static const char *const sequences[] = {
        "\x1b[m",           "\x1b[1;31m",     "\x1b[?25l",      "\x1b[0 q", "\302\23331m",
        "\x1b]0;a title\a", "\x1b]8;;\x1b\\", "\x1bP1$r\x1b\\", "\x1b=",    "\0337",
        "\x1b(B",           "\x1b#8",
    };
    size_t middle = text.n / 2;
    while (middle < text.n && ((unsigned char)text.p[middle] & 0xc0) == 0x80)
        middle++;
    struct buf with;
    struct buf clean;
    struct error e;
    buf_init(&with, text.n + 64);
    buf_init(&clean, text.n * 3 + 64);
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        buf_clear(&with);
        buf_clear(&clean);
        buf_put(&with, span_sub(text, 0, middle));
        buf_puts(&with, sequences[i]);
        buf_put(&with, span_sub(text, middle, text.n));
        MUST(clean_text(buf_span(&with), "fuzz", &clean, &e) == ST_OK);
        MUST(span_eq(buf_span(&clean), text));
    }
    buf_fini(&with);
    buf_fini(&clean);
}

/* However its lines end, the text is the same. */
static void check_line_ends(struct span text)
{
    static const char *const ends[] = {"\r\n", "\r", "\v", "\f", "\xc2\x85", "\xe2\x80\xa8"};
    struct buf with;
    struct buf clean;
    struct error e;
    buf_init(&with, text.n * 3 + 1);
    buf_init(&clean, text.n * 9 + 1);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        buf_clear(&with);
        buf_clear(&clean);
        for (size_t at = 0; at < text.n; at++) {
            if (text.p[at] == '\n')
                buf_puts(&with, ends[i]);
            else
                buf_putc(&with, text.p[at]);
        }
        MUST(clean_text(buf_span(&with), "fuzz", &clean, &e) == ST_OK);
        MUST(span_eq(buf_span(&clean), text));
    }
    buf_fini(&with);
    buf_fini(&clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    struct buf once;
    struct buf twice;
    struct error e;
    /* No text grows more than threefold in normalization form C (UAX #15, "Maximum Expansion"),
     * nor does a byte that is none. */
    buf_init(&once, size * 3 + 1);
    buf_init(&twice, size * 3 + 1);
    MUST(clean_text(in, "fuzz", &once, &e) == ST_OK);
    page_check_text(buf_span(&once));
    MUST(clean_text(buf_span(&once), "fuzz", &twice, &e) == ST_OK);
    MUST(span_eq(buf_span(&once), buf_span(&twice)));
    check_lines(buf_span(&once));
    check_sequences(buf_span(&once));
    check_line_ends(buf_span(&once));
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
