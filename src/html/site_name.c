#include "html/site_name.h"

#include "core/utf8.h"

struct site_name_mark {
    const char *text;
    bool sure; /* nobody writes it inside a title */
};

static const struct site_name_mark site_name_marks[] = {
    {" | ", true}, {"｜", true},   {" :: ", true}, {" « ", true},  {" » ", true},  {" · ", true},
    {" • ", true}, {" - ", false}, {" – ", false}, {" — ", false}, {" ― ", false}, {" / ", false},
};

/* Offset of the last mark of this kind, or title.n. */
static size_t site_name_last(struct span title, struct span mark)
{
    for (size_t i = title.n; i > 0; i--) {
        if (span_starts(span_sub(title, i - 1, title.n), mark))
            return i - 1;
    }
    return title.n;
}

/* Offset of the first one. */
static size_t site_name_first(struct span title, struct span mark)
{
    size_t i = 0;
    while (i < title.n && !span_starts(span_sub(title, i, title.n), mark))
        i++;
    return i;
}

/* Is the part before a mark the whole title? */
static bool site_name_is_cut(struct span head, struct span tail, const struct site_name_mark *mark,
                             struct span site, struct span heading, bool guess)
{
    if (head.n == 0 || tail.n == 0)
        return false;
    if (site.n > 0 && span_eq_nocase(tail, site))
        return true;
    return guess && (mark->sure || (heading.n > 0 && span_eq_nocase(head, heading)));
}

struct span site_name_cut(struct span title, struct span site, struct span heading, bool guess)
{
    if (heading.n > 0 && span_eq_nocase(title, heading))
        return title;
    for (size_t i = 0; i < sizeof site_name_marks / sizeof site_name_marks[0]; i++) {
        struct span mark = span_of(site_name_marks[i].text);
        size_t last = site_name_last(title, mark);
        if (last == title.n)
            continue;
        struct span head = utf8_trim(span_sub(title, 0, last));
        struct span tail = utf8_trim(span_sub(title, last + mark.n, title.n));
        if (site_name_is_cut(head, tail, &site_name_marks[i], site, heading, guess)) {
            /* "Pier opens | News | Coast Daily": the heading tells how much more goes. */
            bool more = heading.n > 0 && span_starts(head, heading);
            return more ? span_sub(head, 0, heading.n) : head;
        }
        /* "Coast Daily | Pier opens": only where the page says that this is the site. */
        size_t first = site_name_first(title, mark);
        head = utf8_trim(span_sub(title, 0, first));
        tail = utf8_trim(span_sub(title, first + mark.n, title.n));
        if (tail.n > 0 && ((site.n > 0 && span_eq_nocase(head, site)) ||
                           (guess && heading.n > 0 && span_eq_nocase(tail, heading))))
            return tail;
    }
    return title;
}
