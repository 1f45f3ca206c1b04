#include "html/headline.h"

#include "core/utf8.h"

static const struct headline_sign {
    const char *text;
    bool strong; /* it stands between a title and a site, and seldom in a title */
} headline_signs[] = {
    {" | ", true},
    {" :: ", true},
    {" \xc2\xb7 ", true},
    {" \xe2\x80\xa2 ", true},
    {" \xc2\xab ", true},
    {" \xc2\xbb ", false},
    {" - ", false},
    {" \xe2\x80\x93 ", false},
    {" \xe2\x80\x94 ", false},
};

#define SIGNS (sizeof headline_signs / sizeof headline_signs[0])

/* The sign that begins at `at`, or NULL. */
static const struct headline_sign *headline_sign_at(struct span title, size_t at)
{
    for (size_t i = 0; i < SIGNS; i++) {
        if (span_starts(span_sub(title, at, title.n), span_of(headline_signs[i].text)))
            return &headline_signs[i];
    }
    return NULL;
}

/* Cut a title at its first or last sign; NULL when it has none. */
static const struct headline_sign *headline_split(struct span title, bool last, struct span *front,
                                                  struct span *back)
{
    const struct headline_sign *found = NULL;
    for (size_t at = 0; at < title.n; at++) {
        const struct headline_sign *sign = headline_sign_at(title, at);
        if (sign == NULL || (found != NULL && !last))
            continue;
        found = sign;
        *front = utf8_trim(span_sub(title, 0, at));
        *back = utf8_trim(span_sub(title, at + span_of(sign->text).n, title.n));
    }
    return found != NULL && front->n > 0 && back->n > 0 ? found : NULL;
}

struct span headline_without(struct span title, struct span site)
{
    struct span front;
    struct span back;
    if (site.n == 0)
        return title;
    if (headline_split(title, true, &front, &back) != NULL && span_eq_nocase(back, site))
        return front;
    if (headline_split(title, false, &front, &back) != NULL && span_eq_nocase(front, site))
        return back;
    return title;
}

struct span headline_of(struct span title, struct span site, struct span heading)
{
    struct span front;
    struct span back;
    struct span without = headline_without(title, site);
    bool bar = false;
    if (without.n < title.n && span_find(without, 0, '|') == without.n)
        return without;
    title = without;
    for (;;) {
        const struct headline_sign *sign = headline_split(title, true, &front, &back);
        if (sign == NULL)
            return title;
        /* "Pier opens | News | Coast Daily": what stands between is a part of the site. */
        bool more = span_starts(span_of(sign->text), SPAN(" | "));
        if ((bar && !more) || (!sign->strong && !span_eq_nocase(front, heading)))
            return title;
        title = front;
        if (!more)
            return title;
        bar = true;
    }
}

static bool headline_holds(struct span text, struct span part)
{
    for (size_t at = 0; part.n > 0 && at + part.n <= text.n; at++) {
        if (span_eq_nocase(span_sub(text, at, at + part.n), part))
            return true;
    }
    return false;
}

bool headline_shares(struct span title, struct span heading)
{
    struct span front;
    struct span back;
    if (headline_holds(title, heading))
        return true;
    if (headline_split(title, false, &front, &back) == NULL)
        return headline_holds(heading, title);
    return headline_holds(heading, front);
}
