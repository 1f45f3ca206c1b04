#include "html/main_text.h"

#include "html/survey.h"
#include "html/tree.h"

/* A candidate is taken when it has this share (of a hundred) of the prose that the best scoring
 * element has, or of all that the page has, or when that element has next to nothing itself. */
#define MAIN_TEXT_SHARE      25
#define MAIN_TEXT_SHARE_PAGE 80
#define MAIN_TEXT_SHORT      300
/* With a smaller share of the page than this, what scores best is not its text. */
#define MAIN_TEXT_SHARE_LEAST 10
/* An article beside the largest one is long from this weight on; what is short in a live blog. */
#define MAIN_TEXT_LONG        400
#define MAIN_TEXT_ENTRY       40
#define MAIN_TEXT_ENTRIES_MIN 3
/* So much more (of a hundred) than the longest message has the thread, and at most so much more
 * than its messages what holds them. */
#define MAIN_TEXT_THREAD 140
/* How many spots before the body of a teaser its title may be. */
#define MAIN_TEXT_TITLE 16
/* From the best scoring element on, one around it is taken instead when it has so much more prose
 * (of a hundred) and not more than one in so many of what it adds is a link. */
#define MAIN_TEXT_RISE       50
#define MAIN_TEXT_RISE_LINKS 10
/* A sibling belongs to the best scoring element with a fifth of its score, or as a paragraph. */
#define MAIN_TEXT_SIBLING   0.2F
#define MAIN_TEXT_PARAGRAPH 80

/* The choice of the spots that are the answer. */
struct choice {
    const struct survey *survey;
    size_t best; /* the spot that scores best; 0 when none scores */
    struct main_text *out;
    size_t first, last; /* spots of the first and the last root */
    size_t prose;       /* of all that were put */
    bool many;          /* more than there is room for */
};

static const struct spot *choice_spot(const struct choice *c, size_t i)
{
    return &c->survey->spots[i];
}

static void choice_clear(struct choice *c)
{
    c->out->count = 0;
    c->prose = 0;
    c->many = false;
}

/* Spots are put in document order, none inside another. */
static void choice_put(struct choice *c, size_t i)
{
    if (c->out->count == 0)
        c->first = i;
    c->last = i;
    c->prose += survey_prose(choice_spot(c, i));
    if (c->out->count < MAIN_TEXT_MAX)
        c->out->roots[c->out->count++] = choice_spot(c, i)->node;
    else
        c->many = true;
}

/* What holds them all. */
static size_t choice_around(const struct choice *c)
{
    size_t first = c->first;
    size_t last = c->last;
    while (first != last) {
        if (first < last)
            last = choice_spot(c, last)->parent;
        else
            first = choice_spot(c, first)->parent;
    }
    return first;
}

/* Where there are too many, what holds them all is the answer. */
static void choice_close(struct choice *c)
{
    if (!c->many)
        return;
    c->out->roots[0] = choice_spot(c, choice_around(c))->node;
    c->out->count = 1;
}

static bool choice_is_enough(const struct choice *c, size_t prose)
{
    size_t best = c->best == 0 ? 0 : survey_prose(choice_spot(c, c->best));
    size_t page = survey_prose(choice_spot(c, c->survey->body));
    if (prose == 0)
        return page == 0 && choice_spot(c, c->survey->body)->text == 0;
    return best < MAIN_TEXT_SHORT || prose * 100 >= best * MAIN_TEXT_SHARE ||
           prose * 100 >= page * MAIN_TEXT_SHARE_PAGE;
}

/* Is spot i of a kind, and in no other of it? */
static bool choice_is_kind(const struct choice *c, size_t i, unsigned kind)
{
    return (choice_spot(c, i)->flags & kind) != 0 && (choice_spot(c, i)->above & kind) == 0;
}

/* The one of a kind that has the most prose; the number of spots when there is none. */
static size_t choice_largest(const struct choice *c, unsigned kind)
{
    size_t largest = c->survey->count;
    for (size_t i = 0; i < c->survey->count; i++) {
        if (choice_is_kind(c, i, kind) &&
            (largest == c->survey->count ||
             survey_prose(choice_spot(c, i)) > survey_prose(choice_spot(c, largest))))
            largest = i;
    }
    return largest;
}

/* The nearest article around a spot, 0 when there is none. */
static size_t choice_article_of(const struct choice *c, size_t i)
{
    while (i != 0 && (choice_spot(c, i)->flags & SURVEY_ARTICLE) == 0)
        i = choice_spot(c, i)->parent;
    return i;
}

/* All that are marked up as parts of the article's body. */
static bool choice_by_itemprop(struct choice *c)
{
    choice_clear(c);
    for (size_t i = 0; i < c->survey->count; i++) {
        if (choice_is_kind(c, i, SURVEY_ITEMPROP))
            choice_put(c, i);
    }
    return c->out->count > 0 && choice_is_enough(c, c->prose);
}

static bool choice_is_within(const struct choice *c, size_t i, size_t around)
{
    while (i > around)
        i = choice_spot(c, i)->parent;
    return i == around;
}

/* The innermost of a kind that holds nearly all that the given one does. */
static size_t choice_innermost(const struct choice *c, size_t around, unsigned kind)
{
    size_t enough = survey_prose(choice_spot(c, around)) * 9 / 10;
    size_t inner = around;
    for (size_t i = around + 1; i < c->survey->count; i++) {
        const struct spot *spot = choice_spot(c, i);
        if ((spot->flags & kind) != 0 && survey_prose(spot) >= enough &&
            choice_is_within(c, i, inner))
            inner = i;
    }
    return inner;
}

/* Does a title that is a link stand before spot i in what holds both?  Then it is a teaser. */
static bool choice_is_teaser(const struct choice *c, size_t i)
{
    for (size_t at = i - 1; at > choice_spot(c, i)->parent && i - at <= MAIN_TEXT_TITLE; at--) {
        const struct spot *spot = choice_spot(c, at);
        if (survey_is_heading(spot->node) && spot->linked * 2 > spot->text)
            return true;
    }
    return false;
}

/* Is spot i the body of another message than the given one, on a page without articles? */
static bool choice_is_message(const struct choice *c, size_t i, size_t largest)
{
    const struct spot *one = choice_spot(c, largest);
    const struct spot *other = choice_spot(c, i);
    return choice_is_kind(c, i, SURVEY_NAMED) && choice_article_of(c, i) == 0 &&
           other->parent != one->parent &&
           span_eq(tree_attribute(other->node, "class"), tree_attribute(one->node, "class")) &&
           (choice_spot(c, other->parent)->flags & SURVEY_TITLED) == 0 &&
           survey_prose(other) >= MAIN_TEXT_ENTRY && !choice_is_teaser(c, i);
}

/* The messages of a thread, which are called alike: what holds them all, for it has the names of
 * those who wrote them, unless it has much else. */
static bool choice_by_thread(struct choice *c, size_t largest)
{
    size_t count = 1;
    choice_clear(c);
    for (size_t i = 0; i < c->survey->count; i++) {
        bool message = choice_is_message(c, i, largest);
        count += message;
        if (message || i == largest)
            choice_put(c, i);
    }
    size_t most = survey_prose(choice_spot(c, largest));
    if (count < MAIN_TEXT_ENTRIES_MIN || choice_article_of(c, largest) != 0 ||
        c->prose * 100 < most * MAIN_TEXT_THREAD)
        return false;
    size_t around = choice_around(c);
    c->many = c->many || survey_prose(choice_spot(c, around)) * 100 <= c->prose * MAIN_TEXT_THREAD;
    return true;
}

/* The largest that is named as a body; with it the others of the same article, for bodies are cut
 * in pieces by what stands between them. */
static bool choice_by_name(struct choice *c)
{
    size_t largest = choice_largest(c, SURVEY_NAMED);
    choice_clear(c);
    if (largest == c->survey->count)
        return false;
    if (choice_by_thread(c, largest))
        return choice_is_enough(c, c->prose);
    choice_clear(c);
    size_t inner = choice_innermost(c, largest, SURVEY_NAMED);
    if (inner != largest) {
        choice_put(c, inner);
        return choice_is_enough(c, c->prose);
    }
    size_t article = choice_article_of(c, largest);
    for (size_t i = 0; i < c->survey->count; i++) {
        if (!choice_is_kind(c, i, SURVEY_NAMED))
            continue;
        bool same = article != 0 && choice_article_of(c, i) == article;
        bool beside = choice_spot(c, i)->parent == choice_spot(c, largest)->parent;
        if (i == largest || ((same || beside) && survey_prose(choice_spot(c, i)) > 0))
            choice_put(c, i);
    }
    return choice_is_enough(c, c->prose);
}

/* Does article i adjoin the largest one, as in a live blog?  One with a title of its own does
 * not. */
static bool choice_adjoins(const struct choice *c, size_t i, size_t largest)
{
    const struct spot *spots = c->survey->spots;
    size_t mine = spots[i].parent;
    size_t its = spots[largest].parent;
    return choice_is_kind(c, i, SURVEY_ARTICLE) &&
           ((spots[i].flags | spots[largest].flags) & SURVEY_TITLED) == 0 &&
           (mine == its || spots[mine].parent == spots[its].parent);
}

static bool choice_is_long(const struct choice *c, size_t i, size_t largest)
{
    size_t prose = survey_prose(choice_spot(c, i));
    return prose >= MAIN_TEXT_LONG &&
           prose * 100 >= survey_prose(choice_spot(c, largest)) * MAIN_TEXT_SHARE;
}

/* The largest article, and the long ones that adjoin it; the short ones too where many are long:
 * between teasers the article is alone. */
static bool choice_by_article(struct choice *c)
{
    size_t largest = choice_largest(c, SURVEY_ARTICLE);
    size_t longs = 0;
    choice_clear(c);
    if (largest == c->survey->count || !choice_is_enough(c, survey_prose(choice_spot(c, largest))))
        return false;
    for (size_t i = 0; i < c->survey->count; i++)
        longs += choice_adjoins(c, i, largest) && choice_is_long(c, i, largest);
    for (size_t i = 0; i < c->survey->count; i++) {
        bool belongs =
            choice_is_long(c, i, largest) ||
            (longs >= MAIN_TEXT_ENTRIES_MIN && survey_prose(choice_spot(c, i)) >= MAIN_TEXT_ENTRY);
        if (i == largest || (belongs && choice_adjoins(c, i, largest)))
            choice_put(c, i);
    }
    return true;
}

static bool choice_by_main(struct choice *c)
{
    size_t largest = choice_largest(c, SURVEY_MAIN);
    choice_clear(c);
    if (largest == c->survey->count || !choice_is_enough(c, survey_prose(choice_spot(c, largest))))
        return false;
    choice_put(c, largest);
    return true;
}

/* --- by score --- */

/* What stands around the best one and holds hardly more. */
static size_t choice_outermost(const struct choice *c)
{
    size_t at = c->best;
    while (at != 0 && at != c->survey->body &&
           (size_t)choice_spot(c, choice_spot(c, at)->parent)->text * 10 <=
               (size_t)choice_spot(c, c->best)->text * 11)
        at = choice_spot(c, at)->parent;
    return at;
}

/* Go up from the best one as long as what is added is much, and text: chapters of a manual score
 * one by one, and what is beside an article on its page is mostly links. */
static void choice_rise(struct choice *c)
{
    size_t at = c->best;
    while (at != 0 && at != c->survey->body) {
        at = choice_spot(c, at)->parent;
        size_t text = choice_spot(c, at)->text - choice_spot(c, c->best)->text;
        size_t linked = choice_spot(c, at)->linked - choice_spot(c, c->best)->linked;
        if (linked * MAIN_TEXT_RISE_LINKS > text)
            return;
        if ((text - linked) * 100 >= survey_prose(choice_spot(c, c->best)) * MAIN_TEXT_RISE)
            c->best = at;
    }
}

static bool choice_is_sibling(const struct choice *c, size_t i)
{
    const struct spot *spot = choice_spot(c, i);
    if (spot->score >= MAIN_TEXT_SIBLING * choice_spot(c, c->best)->score)
        return true;
    return survey_is_part(spot) && spot->text >= MAIN_TEXT_PARAGRAPH &&
           spot->linked * 4 < spot->text;
}

/* The best one with those of its siblings that belong to it, and with the headings, pictures and
 * lists between them. */
static bool choice_by_score(struct choice *c)
{
    choice_clear(c);
    choice_rise(c);
    size_t outermost = choice_outermost(c);
    const struct spot *best = choice_spot(c, c->best);
    size_t page = survey_prose(choice_spot(c, c->survey->body));
    if (c->best == 0 || survey_prose(best) * 100 < page * MAIN_TEXT_SHARE_LEAST)
        return false;
    if (outermost == 0 || outermost == c->survey->body) {
        choice_put(c, c->best);
        return true;
    }
    size_t parent = choice_spot(c, outermost)->parent;
    size_t first = outermost;
    size_t last = outermost;
    for (size_t i = parent + 1; i < c->survey->count; i++) {
        if (choice_spot(c, i)->parent == parent && i != outermost && choice_is_sibling(c, i)) {
            first = i < first ? i : first;
            last = i > last ? i : last;
        }
    }
    /* Text that stands beside them in their parent is in none of them. */
    if (first != last && choice_spot(c, parent)->points >= MAIN_TEXT_SIBLING * best->score) {
        choice_put(c, parent);
        return true;
    }
    for (size_t i = first; i <= last; i++) {
        const struct spot *spot = choice_spot(c, i);
        if (spot->parent == parent && (i == outermost || spot->linked * 2 <= spot->text))
            choice_put(c, i == outermost ? c->best : i);
    }
    return true;
}

static size_t main_text_best(const struct survey *s)
{
    size_t best = 0;
    for (size_t i = 1; i < s->count; i++) {
        /* Of equals the innermost. */
        if (s->spots[i].score > 0 && (best == 0 || s->spots[i].score >= s->spots[best].score))
            best = i;
    }
    return best;
}

/* The body, or what stands for it. */
static const GumboNode *main_text_body(const GumboNode *root)
{
    const GumboNode *node = root;
    while (node != NULL && !tree_is(node, GUMBO_TAG_BODY)) {
        bool outer = node == root || tree_is(node, GUMBO_TAG_HTML);
        node = tree_next(root, node, outer);
    }
    return node == NULL ? root : node;
}

void main_text_find(const GumboNode *root, struct main_text *out)
{
    struct survey survey;
    *out = (struct main_text){.roots = {main_text_body(root)}, .count = 1};
    if (survey_take(root, &survey) != ST_OK)
        return;
    struct choice c = {.survey = &survey, .best = main_text_best(&survey), .out = out};
    if (choice_by_itemprop(&c) || choice_by_name(&c) || choice_by_article(&c) ||
        choice_by_main(&c) || choice_by_score(&c))
        choice_close(&c);
    else
        *out = (struct main_text){.roots = {main_text_body(root)}, .count = 1};
    survey_fini(&survey);
}
