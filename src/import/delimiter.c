#include "import/delimiter.h"

/* A row of cells like ":-:" with at least one '|', one of them with fewer than three dashes. */
static bool delimiter_is_short(struct span line)
{
    bool bar = false;
    bool narrow = false;
    size_t dashes = 0;
    for (size_t i = 0; i <= line.n; i++) {
        char c = i < line.n ? line.p[i] : '|';
        if (c == '-') {
            dashes++;
        } else if (c == '|') {
            bar = bar || i < line.n;
            narrow = narrow || (dashes > 0 && dashes < 3);
            dashes = 0;
        } else if (c != ':' && c != ' ' && c != '\t') {
            return false;
        }
    }
    return bar && narrow;
}

static void delimiter_put(struct span line, struct buf *out)
{
    for (size_t i = 0; i < line.n; i++) {
        bool first = line.p[i] == '-' && (i == 0 || line.p[i - 1] != '-');
        if (first)
            buf_puts(out, "--");
        buf_putc(out, line.p[i]);
    }
}

/* Quotes hold tables too: the marks before a line. */
static struct span delimiter_inside(struct span line)
{
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '>'))
        i++;
    return span_sub(line, i, line.n);
}

bool delimiter_widen(struct span text, struct buf *out)
{
    size_t done = 0; /* bytes of text that are in out */
    size_t start = out->n;
    bool fenced = false;
    struct span rest = text;
    struct span line;
    while (span_line(&rest, &line)) {
        struct span inside = delimiter_inside(line);
        if (inside.n == 0)
            continue;
        if (span_starts(inside, SPAN("```")) || span_starts(inside, SPAN("~~~")))
            fenced = !fenced;
        bool may = inside.p[0] == '|' || inside.p[0] == '-' || inside.p[0] == ':';
        if (fenced || !may || !delimiter_is_short(inside))
            continue;
        size_t at = (size_t)(inside.p - text.p);
        buf_put(out, span_sub(text, done, at));
        delimiter_put(inside, out);
        done = at + inside.n;
    }
    if (out->n > start)
        buf_put(out, span_sub(text, done, text.n));
    return out->n > start;
}
