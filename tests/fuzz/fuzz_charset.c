/*
 * charset: any bytes become UTF-8, and what is UTF-8 already stays as it is.
 *
 * The first line of an input is what it declares, the rest is the text; the whole is read too.
 */
#include "fuzz.h"

#include "core/utf8.h"
#include "import/charset.h"

#define CAP ((size_t)1024 * 1024)

static bool known_name(const char name[CHARSET_NAME_MAX])
{
    size_t n = strnlen(name, CHARSET_NAME_MAX);
    for (size_t i = 0; i < n; i++) {
        bool letter = name[i] >= 'a' && name[i] <= 'z';
        if (!letter && !ascii_digit(name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    }
    return n > 0 && n < CHARSET_NAME_MAX;
}

static bool has_mark(struct span in)
{
    return span_starts(in, SPAN("\xef\xbb\xbf")) || span_starts(in, SPAN("\xff\xfe")) ||
           span_starts(in, SPAN("\xfe\xff")) || span_starts(in, SPAN("\0\0\xfe\xff"));
}

/* Without room for all the answer is ST_LIMIT, and what was put is no more than there was room. */
static void check_full(struct span in, struct span declared, size_t n)
{
    struct buf out;
    char name[CHARSET_NAME_MAX];
    buf_init(&out, n - 1);
    MUST(charset_decode(in, declared, &out, name) == ST_LIMIT);
    MUST(out.n < n && known_name(name));
    buf_fini(&out);
}

static void check_decode(struct span in, struct span declared)
{
    struct buf out;
    struct buf again;
    char name[CHARSET_NAME_MAX];
    memset(name, 0x7f, sizeof name);
    buf_init(&out, in.n * 3);
    buf_init(&again, in.n * 3);
    MUST(charset_decode(in, declared, &out, name) == ST_OK);
    struct span text = buf_span(&out);
    MUST(known_name(name));
    MUST(utf8_valid(text) == text.n);
    if (!has_mark(in) && utf8_valid(in) == in.n) {
        MUST(span_eq(text, in));
        MUST(strcmp(name, "utf-8") == 0);
    }
    /* It is UTF-8 now, whatever it declares. */
    if (!has_mark(text)) {
        MUST(charset_decode(text, declared, &again, name) == ST_OK);
        MUST(span_eq(buf_span(&again), text));
    }
    if (text.n > 0)
        check_full(in, declared, text.n);
    buf_fini(&out);
    buf_fini(&again);
}

static void check_html(struct span in)
{
    char *copy = fuzz_copy(in);
    struct span page = {copy, in.n};
    struct span charset = charset_of_html(page);
    MUST(fuzz_inside(charset, span_sub(page, 0, 4096)));
    MUST(charset.p == NULL || charset.n > 0);
    check_decode(page, charset);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    struct span declared;
    struct span text;
    if (size > CAP)
        return 0;
    fuzz_split(in, &declared, &text);
    check_decode(text, declared);
    check_html(in);
    bool doubtful = charset_is_doubtful(in);
    MUST(doubtful || has_mark(in) || span_find(in, 0, '\0') == in.n);
    return 0;
}
