/*
 * request: the verdict on a request line does not depend on how its bytes come, and nothing over
 * 1024 bytes is ever taken for one.
 */
#include "fuzz.h"

#include "protocol/request.h"

#define NEAR 16 /* bytes */

/* The grammar, read again: bytes that are neither CR nor LF, at most 1024 of them, then CRLF. */
static enum request_state expected(struct span in)
{
    size_t end = 0;
    while (end < in.n && end <= GEMINI_URL_MAX && in.p[end] != '\r' && in.p[end] != '\n')
        end++;
    if (end > GEMINI_URL_MAX)
        return REQUEST_TOO_LONG;
    if (end == in.n || (in.p[end] == '\r' && end + 1 == in.n))
        return REQUEST_MORE;
    return in.p[end] == '\r' && in.p[end + 1] == '\n' ? REQUEST_LINE : REQUEST_BAD_END;
}

/* Bytes that come together: one where the verdict may fall, else what the input itself says. */
static size_t step(struct span in, size_t come)
{
    struct span near = span_sub(in, come, come + NEAR);
    bool close = span_find(near, 0, '\r') < near.n || span_find(near, 0, '\n') < near.n ||
                 (come + NEAR > GEMINI_URL_MAX);
    return close || in.n - come <= NEAR ? 1 : 1 + (unsigned char)in.p[come] % NEAR;
}

/* The verdict when the bytes come piece by piece; *come gets how many it took. */
static enum request_state feed(struct span in, struct span *line, size_t *come)
{
    enum request_state state = REQUEST_MORE;
    for (*come = 0; state == REQUEST_MORE && *come < in.n && *come < REQUEST_MAX;) {
        *come += step(in, *come);
        state = request_find(span_sub(in, 0, *come), line);
    }
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    struct span line = {0};
    enum request_state whole = request_find(in, &line);
    MUST(whole == expected(in));
    MUST(whole != REQUEST_MORE || size < REQUEST_MAX);
    if (whole == REQUEST_LINE) {
        MUST(line.p == in.p && line.n <= GEMINI_URL_MAX && line.n + 2 <= in.n);
        MUST(span_find(line, 0, '\r') == line.n && span_find(line, 0, '\n') == line.n);
        MUST(span_eq(span_sub(in, line.n, line.n + 2), SPAN("\r\n")));
    } else {
        MUST(line.p == NULL && line.n == 0);
        MUST(*request_fault(whole) != '\0');
    }

    struct span part = {0};
    size_t come = 0;
    MUST(feed(in, &part, &come) == whole);
    MUST(part.p == line.p && part.n == line.n);
    MUST(whole != REQUEST_LINE || come == line.n + 2);
    return 0;
}
