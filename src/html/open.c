#include "html/open.h"

#include "html/kinds.h"
#include "html/stack.h"

static void open_close_if(struct open_elements *o, GumboTag tag, unsigned kinds)
{
    size_t at = stack_find(o, tag, kinds);
    if (at != STACK_NONE)
        stack_close(o, at);
}

/* A paragraph is ended by a block, but not through a button. */
static void open_close_p(struct open_elements *o)
{
    if (o->of[GUMBO_TAG_P] == 0)
        return;
    for (size_t i = o->n; i-- > 0;) {
        if (stack_is(&o->e[i], GUMBO_TAG_P)) {
            stack_close(o, i);
            return;
        }
        bool button = stack_is(&o->e[i], GUMBO_TAG_BUTTON);
        if (stack_stops(o, &o->e[i], button ? KIND_SPECIAL : KIND_SCOPE))
            return;
    }
}

/* The end of a formatting element: the adoption agency algorithm. */
static void open_end_format(struct open_elements *o, GumboTag tag)
{
    size_t at = o->of[tag] == 0 ? 0 : o->n;
    while (at-- > 0) {
        if (stack_is(&o->e[at], tag) && (o->e[at].status & OPEN_LISTED) != 0)
            break;
        if (stack_stops(o, &o->e[at], KIND_MARKER | KIND_SCOPE))
            return;
    }
    if (at == STACK_NONE || (o->e[at].status & OPEN_STUCK) != 0)
        return;
    bool block = false;
    for (size_t i = at + 1; i < o->n; i++)
        block = block || (stack_kind(&o->e[i]) & KIND_SPECIAL) != 0;
    if (!block && (o->e[at].status & OPEN_DOUBT) == 0) {
        stack_unlist(o, &o->e[at]);
        stack_close(o, at);
        return;
    }
    for (size_t i = o->e[at].status & OPEN_DOUBT ? 0 : at; i < o->n; i++) {
        if ((stack_kind(&o->e[i]) & KIND_SPECIAL) == 0)
            o->e[i].status |= OPEN_DOUBT;
    }
    stack_remove(o, at);
}

/* A list item or definition ends the one before it, if no block is between them. */
static void open_close_item(struct open_elements *o, GumboTag tag)
{
    if (o->of[GUMBO_TAG_LI] + o->of[GUMBO_TAG_DD] + o->of[GUMBO_TAG_DT] == 0)
        return;
    for (size_t i = o->n; i-- > 0;) {
        struct open_element *e = &o->e[i];
        bool same = tag == GUMBO_TAG_LI ? stack_is(e, GUMBO_TAG_LI)
                                        : stack_is(e, GUMBO_TAG_DD) || stack_is(e, GUMBO_TAG_DT);
        if (same) {
            stack_close(o, i);
            return;
        }
        bool through = stack_is(e, GUMBO_TAG_ADDRESS) || stack_is(e, GUMBO_TAG_DIV) ||
                       stack_is(e, GUMBO_TAG_P);
        if (!through && stack_stops(o, e, KIND_SPECIAL))
            return;
    }
}

/* When it is not known whether it is HTML's, the worse is taken. */
static enum open_next open_push_lost(struct open_elements *o, const struct open_tag *t)
{
    return stack_push(o, t, kinds_of[t->tag] & KIND_FORMAT ? OPEN_DOUBT : OPEN_FOREIGN);
}

bool open_is_foreign(const struct open_elements *o, bool *sure)
{
    *sure = true;
    if (o->foreign == 0)
        return false;
    const struct open_element *top = &o->e[o->n - 1];
    *sure = !o->lost && (top->status & OPEN_DOUBT) == 0;
    return (top->status & OPEN_FOREIGN) != 0;
}

/* The innermost elements that end by themselves may be closed. */
static void open_doubt_implied(struct open_elements *o)
{
    for (size_t i = o->n; i-- > 0;) {
        struct open_element *e = &o->e[i];
        if ((stack_kind(e) & KIND_IMPLIED) == 0 && (e->status & OPEN_DOUBT) == 0)
            return;
        e->status |= OPEN_DOUBT;
    }
}

static enum open_next open_start_part(struct open_elements *o, const struct open_tag *t)
{
    size_t cell;
    size_t table = stack_find_table(o, &cell);
    bool opens = (kinds_of[t->tag] & KIND_FREE) != 0;
    if (table == STACK_NONE) {
        size_t template = stack_any(o, GUMBO_TAG_TEMPLATE);
        if (template == STACK_NONE)
            return OPEN_MARKUP; /* ignored */
        stack_doubt(o, template + 1);
        o->e[template].status |= OPEN_STUCK; /* what is opened in it now depends on its parts */
        o->lost = o->lost || t->tag == GUMBO_TAG_COL || t->tag == GUMBO_TAG_COLGROUP;
        return opens ? stack_push(o, t, OPEN_DOUBT) : OPEN_MARKUP;
    }
    stack_clear_table(o, table);
    return opens ? stack_push(o, t, 0) : OPEN_MARKUP;
}

static enum open_next open_start_raw(struct open_elements *o, const struct open_tag *t)
{
    for (size_t i = 0; o->lost && i < o->n; i++) {
        struct open_element *e = &o->e[i];
        if ((e->status & OPEN_FOREIGN) || stack_is(e, GUMBO_TAG_TEMPLATE) ||
            stack_is(e, GUMBO_TAG_FRAMESET))
            return OPEN_UNKNOWN;
    }
    return t->tag == GUMBO_TAG_PLAINTEXT ? OPEN_PLAIN : OPEN_RAW;
}

/* What one element that is about to be opened closes. */
static void open_make_way(struct open_elements *o, GumboTag tag)
{
    size_t cell;
    size_t table;
    if (tag == GUMBO_TAG_LI || tag == GUMBO_TAG_DD || tag == GUMBO_TAG_DT)
        open_close_item(o, tag);
    if (kinds_of[tag] & KIND_AFTER_P)
        open_close_p(o);
    if (kinds_of[tag] & KIND_HEADING)
        stack_pop(o, tag);
    if (tag == GUMBO_TAG_A || tag == GUMBO_TAG_NOBR) {
        open_end_format(o, tag);
        for (size_t i = stack_marker(o); i < o->n; i++)
            o->e[i].status |= stack_is(&o->e[i], tag) ? OPEN_DOUBT : 0;
    }
    if (tag == GUMBO_TAG_BUTTON)
        open_close_if(o, tag, KIND_SCOPE);
    if (tag == GUMBO_TAG_TABLE) {
        table = stack_find_table(o, &cell);
        if (table != STACK_NONE && cell == STACK_NONE)
            stack_close(o, table);
        else if (stack_any(o, GUMBO_TAG_P) != STACK_NONE)
            stack_doubt(o, stack_any(o, GUMBO_TAG_P)); /* closed or not: the doctype tells */
    }
    if (tag == GUMBO_TAG_OPTION || tag == GUMBO_TAG_OPTGROUP)
        stack_pop(o, GUMBO_TAG_OPTION);
    bool ruby =
        tag == GUMBO_TAG_RT || tag == GUMBO_TAG_RP || tag == GUMBO_TAG_RB || tag == GUMBO_TAG_RTC;
    size_t around = ruby ? stack_find(o, GUMBO_TAG_RUBY, KIND_SCOPE) : STACK_NONE;
    if (around != STACK_NONE)
        open_doubt_implied(o);
    if (around != STACK_NONE && !o->lost && (o->e[around].status & OPEN_DOUBT) == 0) {
        stack_pop(o, GUMBO_TAG_RT);
        stack_pop(o, GUMBO_TAG_RP);
    }
}

static enum open_next open_start_html(struct open_elements *o, const struct open_tag *t)
{
    unsigned kind = kinds_of[t->tag];
    bool foreign = t->tag == GUMBO_TAG_SVG || t->tag == GUMBO_TAG_MATH;
    if (kind & KIND_HEAD)
        return OPEN_MARKUP;
    if (kind & KIND_PART)
        return open_start_part(o, t);
    if (t->tag == GUMBO_TAG_FRAMESET)
        o->lost = true; /* nobody here knows whether the parser is still willing */
    open_make_way(o, t->tag);
    bool block = t->tag == GUMBO_TAG_TABLE || (kind & (KIND_AFTER_P | KIND_RAW)) != 0;
    if (!block || t->tag == GUMBO_TAG_XMP || t->tag == GUMBO_TAG_ISINDEX)
        stack_reopen(o);
    if (kind & KIND_RAW)
        return open_start_raw(o, t);
    if ((kind & KIND_VOID) || (foreign && t->closed))
        return OPEN_MARKUP;
    if (kind & KIND_FORMAT)
        stack_spare(o, t);
    return stack_push(o, t, foreign ? OPEN_FOREIGN : 0);
}

/* In a select only its options are opened; some tags end it. */
static enum open_next open_start_select(struct open_elements *o, const struct open_tag *t,
                                        size_t select)
{
    bool sure = !o->lost && (o->e[select].status & OPEN_DOUBT) == 0;
    unsigned kind = kinds_of[t->tag];
    size_t cell;
    switch ((int)t->tag) {
    case GUMBO_TAG_OPTGROUP:
        stack_pop(o, GUMBO_TAG_OPTION);
        stack_pop(o, GUMBO_TAG_OPTGROUP);
        return open_start_html(o, t);
    case GUMBO_TAG_OPTION:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_TEMPLATE:
        return open_start_html(o, t);
    case GUMBO_TAG_SELECT:
        stack_close(o, select);
        return sure ? OPEN_MARKUP : stack_push(o, t, OPEN_DOUBT);
    case GUMBO_TAG_INPUT:
    case GUMBO_TAG_KEYGEN:
    case GUMBO_TAG_TEXTAREA:
        stack_close(o, select);
        return open_start_html(o, t);
    default:
        break;
    }
    bool column = t->tag == GUMBO_TAG_COL || t->tag == GUMBO_TAG_COLGROUP;
    if (((kind & KIND_PART) || t->tag == GUMBO_TAG_TABLE) && !column &&
        stack_find_table(o, &cell) != STACK_NONE) {
        stack_close(o, select);
        return open_start_html(o, t);
    }
    if (sure || (kind & (KIND_VOID | KIND_PART | KIND_HEAD)) != 0)
        return OPEN_MARKUP;
    o->lost = true;
    return kind & KIND_RAW ? OPEN_UNKNOWN : stack_push(o, t, OPEN_DOUBT);
}

/* Is a tag that means something to SVG or MathML inside the right one of them? */
static bool open_fits(const struct open_elements *o, GumboTag tag)
{
    bool svg = tag == GUMBO_TAG_TITLE || tag == GUMBO_TAG_DESC || tag == GUMBO_TAG_FOREIGNOBJECT ||
               tag == GUMBO_TAG_SVG;
    size_t i = o->n;
    while (i > 0 && (o->e[i - 1].status & OPEN_FOREIGN) != 0 && o->e[i - 1].tag != GUMBO_TAG_SVG &&
           o->e[i - 1].tag != GUMBO_TAG_MATH)
        i--;
    return i > 0 && tag != GUMBO_TAG_ANNOTATION_XML &&
           o->e[i - 1].tag == (svg ? GUMBO_TAG_SVG : GUMBO_TAG_MATH);
}

/* A start tag in SVG or MathML, and not HTML's. */
static enum open_next open_start_foreign(struct open_elements *o, const struct open_tag *t)
{
    bool special =
        (kinds_of[t->tag] & KIND_GATE) != 0 || t->tag == GUMBO_TAG_SVG || t->tag == GUMBO_TAG_MATH;
    if (t->tag == GUMBO_TAG_FONT || (special && !open_fits(o, t->tag))) {
        o->lost = true;
        return open_push_lost(o, t);
    }
    return t->closed ? OPEN_MARKUP : stack_push(o, t, OPEN_FOREIGN);
}

/* HTML in SVG or MathML ends it, up to the next gate. */
static void open_leave_foreign(struct open_elements *o)
{
    while (!o->lost && o->n > 0) {
        struct open_element *top = &o->e[o->n - 1];
        if ((top->status & OPEN_FOREIGN) == 0 || (stack_kind(top) & KIND_GATE) != 0)
            return;
        stack_remove(o, o->n - 1);
    }
}

enum open_next open_start(struct open_elements *o, const struct open_tag *t)
{
    bool sure;
    bool foreign = open_is_foreign(o, &sure);
    bool gate = foreign && (stack_kind(&o->e[o->n - 1]) & KIND_GATE) != 0;
    size_t select = stack_any(o, GUMBO_TAG_SELECT);
    o->lost = o->lost || !sure;
    if (o->lost && o->foreign > 0)
        return kinds_of[t->tag] & KIND_RAW ? OPEN_UNKNOWN : open_push_lost(o, t);
    if (foreign && !gate && (kinds_of[t->tag] & KIND_HTML_ONLY) == 0)
        return open_start_foreign(o, t);
    if (gate && (t->tag == GUMBO_TAG_MGLYPH || t->tag == GUMBO_TAG_MALIGNMARK))
        o->lost = true;
    if (foreign && !gate)
        open_leave_foreign(o);
    if (select != STACK_NONE && select < o->n && stack_any(o, GUMBO_TAG_TEMPLATE) == STACK_NONE)
        return open_start_select(o, t, select);
    if (select != STACK_NONE)
        o->lost = true;
    return open_start_html(o, t);
}

/* The end tag of an element of SVG or MathML; false when it is HTML's. */
static bool open_end_foreign(struct open_elements *o, struct span name)
{
    for (size_t i = o->n; i > 0 && (o->e[i - 1].status & OPEN_FOREIGN) != 0; i--) {
        if (span_eq_nocase(o->e[i - 1].name, name)) {
            stack_close(o, i - 1);
            return true;
        }
    }
    return false;
}

static void open_end_part(struct open_elements *o, GumboTag tag)
{
    size_t cell;
    size_t table = stack_find_table(o, &cell);
    bool row = (kinds_of[tag] & KIND_FREE) == 0; /* or a part of many */
    if (table == STACK_NONE && stack_any(o, GUMBO_TAG_TEMPLATE) != STACK_NONE)
        stack_doubt(o, stack_any(o, GUMBO_TAG_TEMPLATE) + 1);
    if (table == STACK_NONE)
        return;
    bool column = tag == GUMBO_TAG_COL || tag == GUMBO_TAG_COLGROUP;
    if (tag == GUMBO_TAG_TABLE)
        stack_close(o, table);
    else if (!column && cell != STACK_NONE &&
             (row ? !stack_is(&o->e[cell], GUMBO_TAG_CAPTION) : stack_is(&o->e[cell], tag)))
        stack_close(o, cell);
    else
        stack_doubt(o, table + 1);
}

static void open_end_form(struct open_elements *o)
{
    size_t at = stack_find(o, GUMBO_TAG_FORM, KIND_SCOPE);
    open_doubt_implied(o);
    if (stack_any(o, GUMBO_TAG_TEMPLATE) != STACK_NONE) {
        stack_pop(o, GUMBO_TAG_FORM); /* in a template only the innermost element is closed */
        return;
    }
    if (at != STACK_NONE && (o->e[at].status & OPEN_STUCK) == 0) {
        stack_remove(o, at);
        return;
    }
    /* The parser forgets which form was open, so that no end tag closes it any more. */
    for (size_t i = 0; i < o->n; i++)
        o->e[i].status |= stack_is(&o->e[i], GUMBO_TAG_FORM) ? OPEN_STUCK : 0;
}

static void open_end_option(struct open_elements *o, GumboTag tag)
{
    if (stack_any(o, GUMBO_TAG_SELECT) == STACK_NONE) {
        open_close_if(o, tag, KIND_SPECIAL);
        return;
    }
    if (tag == GUMBO_TAG_OPTGROUP && o->n > 1 && stack_is(&o->e[o->n - 2], tag))
        stack_pop(o, GUMBO_TAG_OPTION);
    stack_pop(o, tag);
}

static void open_end_item(struct open_elements *o)
{
    if (o->of[GUMBO_TAG_LI] == 0)
        return;
    for (size_t i = o->n; i-- > 0;) {
        struct open_element *e = &o->e[i];
        bool list = stack_is(e, GUMBO_TAG_OL) || stack_is(e, GUMBO_TAG_UL);
        if (stack_is(e, GUMBO_TAG_LI)) {
            stack_close(o, i);
            return;
        }
        if (stack_stops(o, e, list ? KIND_SPECIAL : KIND_SCOPE))
            return;
    }
}

void open_text(struct open_elements *o)
{
    stack_reopen(o);
}

void open_end(struct open_elements *o, GumboTag tag, struct span name)
{
    bool sure;
    unsigned kind = kinds_of[tag];
    bool foreign = open_is_foreign(o, &sure);
    if (!sure)
        stack_doubt(o, 0);
    if (tag == GUMBO_TAG_BR)
        stack_reopen(o); /* it is taken for a start tag */
    if ((foreign && open_end_foreign(o, name)) || (kind & (KIND_HEAD | KIND_VOID | KIND_RAW)) != 0)
        return;
    if ((kind & KIND_PART) || tag == GUMBO_TAG_TABLE) {
        open_end_part(o, tag);
        return;
    }
    if (kind & KIND_FORMAT) {
        open_end_format(o, tag);
        return;
    }
    switch ((int)tag) {
    case GUMBO_TAG_FRAMESET:
        return; /* behind it as in it */
    case GUMBO_TAG_P:
        open_close_p(o);
        return;
    case GUMBO_TAG_LI:
        open_end_item(o);
        return;
    case GUMBO_TAG_FORM:
        open_end_form(o);
        return;
    case GUMBO_TAG_OPTION:
    case GUMBO_TAG_OPTGROUP:
        open_end_option(o, tag);
        return;
    case GUMBO_TAG_TEMPLATE:
        open_close_if(o, tag, 0);
        return;
    case GUMBO_TAG_APPLET:
    case GUMBO_TAG_MARQUEE:
    case GUMBO_TAG_OBJECT:
        open_close_if(o, tag, KIND_WALL);
        return;
    default:
        open_close_if(o, tag, kind & KIND_ENDS_SCOPED ? KIND_SCOPE : KIND_SPECIAL);
        return;
    }
}
