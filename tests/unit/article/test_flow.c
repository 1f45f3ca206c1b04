#include "article/flow.h"

#include "../support.h"
#include "article/gemtext.h"

#define CAP ((size_t)16 * 1024 * 1024)

/*
 * What a source says, as steps parted by '|', each a word and what it is about, and the page that
 * it is to become: its title, when it has one, and its blocks.  In what a step is about, '\' is a
 * line end, ';' parts two values.
 */
struct flow_case {
    const char *name, *steps, *page;
};

/* One step: its values, and the flow that it is for. */
struct step {
    struct flow *flow;
    const char *first, *second;
    struct buf *taken;
};

static void step_text(struct step *s)
{
    flow_text(s->flow, span_of(s->first));
}

static void step_break(struct step *s)
{
    flow_break(s->flow);
}

static void step_end(struct step *s)
{
    flow_end(s->flow);
}

static void step_heading(struct step *s)
{
    flow_heading_begin(s->flow, (unsigned)(s->first[0] - '0'));
}

static void step_heading_end(struct step *s)
{
    flow_heading_end(s->flow);
}

static void step_list(struct step *s)
{
    (void)s->first;
    flow_list_begin(s->flow, (struct flow_list){.ordered = false});
}

/* "ol NUMBER;STYLE", a '-' before the number when the list is reversed. */
static void step_ordered(struct step *s)
{
    bool reversed = s->first[0] == '-';
    flow_list_begin(s->flow, (struct flow_list){.ordered = true,
                                                .reversed = reversed,
                                                .style = s->second[0],
                                                .number = strtol(s->first + reversed, NULL, 10)});
}

static void step_list_end(struct step *s)
{
    flow_list_end(s->flow);
}

static void step_item(struct step *s)
{
    flow_item_begin(s->flow, span_of(s->first));
}

static void step_item_end(struct step *s)
{
    flow_item_end(s->flow);
}

static void step_number(struct step *s)
{
    flow_item_number(s->flow, strtol(s->first, NULL, 10));
}

static void step_quote(struct step *s)
{
    flow_quote_begin(s->flow);
}

static void step_quote_end(struct step *s)
{
    flow_quote_end(s->flow);
}

static void step_rule(struct step *s)
{
    flow_rule(s->flow);
}

static void step_pre(struct step *s)
{
    flow_pre(s->flow, span_of(s->first), span_of(s->second));
}

static void step_link_begin(struct step *s)
{
    flow_link_begin(s->flow, span_of(s->first));
}

static void step_link_end(struct step *s)
{
    flow_link_end(s->flow);
}

static void step_link(struct step *s)
{
    flow_link(s->flow, span_of(s->first), span_of(s->second));
}

static void step_image(struct step *s)
{
    flow_image(s->flow, span_of(s->first), span_of(s->second));
}

static void step_mark(struct step *s)
{
    const char *open = s->first[0] == '`' ? "`" : "~~";
    flow_mark_begin(s->flow, open, open);
}

static void step_mark_end(struct step *s)
{
    flow_mark_end(s->flow);
}

static void step_sub(struct step *s)
{
    flow_script_begin(s->flow, FLOW_SUB);
}

static void step_super(struct step *s)
{
    flow_script_begin(s->flow, FLOW_SUPER);
}

static void step_script_end(struct step *s)
{
    flow_script_end(s->flow);
}

/* Take the open text, as a table does; "give" writes what was taken, in brackets. */
static void step_take(struct step *s)
{
    flow_take(s->flow, s->taken);
}

static void step_give(struct step *s)
{
    flow_text(s->flow, SPAN("["));
    flow_text(s->flow, buf_span(s->taken));
    flow_text(s->flow, SPAN("]"));
    flow_end(s->flow);
}

static const struct {
    const char *word;
    void (*run)(struct step *);
} steps[] = {
    {"t", step_text},       {"br", step_break},       {"end", step_end},
    {"h", step_heading},    {"/h", step_heading_end}, {"ul", step_list},
    {"ol", step_ordered},   {"/list", step_list_end}, {"li", step_item},
    {"/li", step_item_end}, {"number", step_number},  {"q", step_quote},
    {"/q", step_quote_end}, {"rule", step_rule},      {"pre", step_pre},
    {"a", step_link_begin}, {"/a", step_link_end},    {"link", step_link},
    {"img", step_image},    {"mark", step_mark},      {"/mark", step_mark_end},
    {"sub", step_sub},      {"sup", step_super},      {"/s", step_script_end},
    {"take", step_take},    {"give", step_give},
};

static void run_step(struct flow *f, char *text, struct buf *taken)
{
    struct step step = {.flow = f, .first = "", .second = "", .taken = taken};
    char *blank = strchr(text, ' ');
    char *parted = blank == NULL ? NULL : strchr(blank + 1, ';');
    if (parted != NULL) {
        *parted = '\0';
        step.second = parted + 1;
    }
    if (blank != NULL) {
        *blank = '\0';
        step.first = blank + 1;
    }
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (strcmp(text, steps[i].word) == 0) {
            steps[i].run(&step);
            return;
        }
    }
    fail_at(__FILE__, __LINE__, "# no step is called \"%s\"\n", text);
}

static void run_steps(struct flow *f, const char *all)
{
    char text[4096];
    struct buf taken;
    assert_true(strlen(all) < sizeof text);
    snprintf(text, sizeof text, "%s", all);
    buf_init(&taken, CAP);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '\\' ? '\n' : *at;
    for (char *at = text; at != NULL;) {
        char *end = strchr(at, '|');
        if (end != NULL)
            *end++ = '\0';
        run_step(f, at, &taken);
        at = end;
    }
    buf_fini(&taken);
}

static void check(const char *all, struct span base, enum link_relative relative, const char *title,
                  const char *page)
{
    struct document doc;
    struct flow f;
    struct gemtext g;
    struct buf out;
    document_init(&doc, CAP);
    doc.title = span_of(title);
    buf_init(&out, CAP);
    flow_init(&f, &doc, base, relative);
    run_steps(&f, all);
    flow_fini(&f);
    assert_int_equal(arena_status(&doc.arena), ST_OK);
    gemtext_init(&g, &out);
    if (doc.title.p != NULL)
        gemtext_heading(&g, 1, doc.title);
    gemtext_blocks(&g, &doc);
    assert_span_equal(buf_span(&out), span_of(page));
    buf_fini(&out);
    document_fini(&doc);
}

static void page(void **state)
{
    const struct flow_case *c = *state;
    check(c->steps, SPAN("https://example.org/a/b"), LINK_RELATIVE_DROP, NULL, c->page);
}

static const struct flow_case text_cases[] = {
    {"a paragraph is one line", "t  one \\ two\t|t three  |end", "one two three\n"},
    {"blocks stand apart", "t a|end|t b|end", "a\n\nb\n"},
    {"text without an end is kept", "t a", "a\n"},
    {"a hard break makes a line", "t a |br|t  b", "a\nb\n"},
    {"two hard breaks make a paragraph", "t a|br|br|t b", "a\n\nb\n"},
    {"many hard breaks make one", "br|t a|br|t  |br|br|t b|br|br", "a\n\nb\n"},
    {"nothing is no paragraph", "t  |end|br|end|t \u00a0 |end|t a", "a\n"},
    {"a line broken in Japanese is no blank", "t 日本|t \\語|t  です", "日本語 です\n"},
    {"a no-break space stays", "t 10\u00a0000 \u00a0 m", "10\u00a0000 m\n"},
    {"text is made clean", "t en\u00advi\u200bron\u202e e\u0301 \x1b[31mred",
     "environ \u00e9 red\n"},
    {"text like markup stays text", "t # a|end|t * b|end|t => c|br|t > d|br|t ```",
     " # a\n\n * b\n\n => c\n > d\n ```\n"},
};

static const struct flow_case heading_cases[] = {
    {"the first of level 1 is the title", "h 1|t A|/h|t b", "# A\n\nb\n"},
    {"the title may come late", "h 2|t A|/h|t b|end|h 1|t C|/h", "# C\n\n## A\n\nb\n"},
    {"later ones of level 1 are 2", "h 1|t A|/h|h 1|t B|/h", "# A\n\n## B\n"},
    {"what says the title again goes", "h 1|t It’s  A!|/h|t b|end|h 1|t it's a|/h",
     "# It’s A!\n\nb\n"},
    {"signs alone are not the same", "h 1|t ???|/h|h 1|t !!!|/h|h 1|t ???|/h", "# ???\n\n## !!!\n"},
    {"deep ones are 3", "h 2|t 2|/h|h 3|t 3|/h|h 4|t 4|/h|h 6|t 6|/h",
     "## 2\n\n### 3\n\n### 4\n\n### 6\n"},
    {"a heading is one line", "h 2|t a|br|t b|br|br|t c|/h|t d", "## a b c\n\nd\n"},
    {"an empty one is nothing", "h 2|t  |/h|t a", "a\n"},
    {"a block in it is its text", "h 2|end|t a|end|/h|t b", "## a\n\nb\n"},
    {"what follows that block is not", "h 2|end|t a|end|t b|end|/h", "## a\n\nb\n"},
    {"its link follows", "h 2|a /x|t a|/a|/h|t b", "## a\n\n=> https://example.org/x a\n\nb\n"},
    {"in a list it is an item", "ul|li|h 3|t a|/h|/li|/list|t b", "* a\n\nb\n"},
};

static const struct flow_case list_cases[] = {
    {"items are a run", "t a|ul|li|t b|/li|li|t c|/li|/list|t d", "a\n\n* b\n* c\n\nd\n"},
    {"nested ones have dashes",
     "ul|li|t a|ul|li|t b|ul|li|t c|/li|/list|/li|/list|/li|li|t d|/li|/list",
     "* a\n* – b\n* – – c\n* d\n"},
    {"nesting has an end", "ul|ul|ul|ul|ul|ul|li|t a|/li", "* – – – – a\n"},
    {"further paragraphs are lines below", "ul|li|t a|end|t b|br|t c|end|/li|li|t d|/li|/list",
     "* a\nb\nc\n* d\n"},
    {"text outside items is kept", "ul|t a|li|t b|/li|t c|/list|t d", "a\n* b\nc\n\nd\n"},
    {"an empty item is nothing", "ul|li|/li|t a|li|t b|/li|/list", "a\n* b\n"},
    {"tasks", "ul|li ☐ |t a|/li|li ☑ |t b|/li|/list", "* ☐ a\n* ☑ b\n"},
    {"ordered ones are text lines", "ol 3|li|t a|/li|li|t b|/li|/list", "3. a\n4. b\n"},
    {"a number can be set", "ol 1|li|t a|/li|number 7|li|t b|/li|li|t c|/li|/list",
     "1. a\n7. b\n8. c\n"},
    {"ordered ones in others", "ul|li|t a|ol 1|li|t b|/li|li|t c|/li|/list|/li|/list",
     "* a\n* – 1. b\n* – 2. c\n"},
    {"others in ordered ones", "ol 1|li|t a|ul|li|t b|/li|/list|t c|/li|li|t d|/li|/list",
     "1. a\n* – b\nc\n2. d\n"},
    {"ordered tasks", "ol 1|li ☐ |t a|/li|/list", "1. ☐ a\n"},
    {"reversed", "ol -2|li|t a|/li|li|t b|/li|li|t c|/li|/list", "2. a\n1. b\n0. c\n"},
    {"letters", "ol 26;a|li|t x|/li|li|t y|/li|/list|ol 702;A|li|t z|/li|li|t z|/li|/list",
     "z. x\naa. y\n\nZZ. z\nAAA. z\n"},
    {"Roman", "ol 1944;i|li|t a|/li|/list|ol 4;I|li|t b|/li|/list", "mcmxliv. a\n\nIV. b\n"},
    {"what letters cannot count", "ol 0;a|li|t a|/li|li|t b|/li|/list|ol 4000;I|li|t c|/li|/list",
     "0. a\na. b\n\n4000. c\n"},
    {"deeper than is counted",
     "ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|ul|li|t a|/li|/list|/list|li|t b|/li",
     "* – – – – a\n* – – – – b\n"},
    {"what ends too often", "/list|/li|/q|number 3|/mark|/a|t a", "a\n"},
    {"an item without a list", "li|t a|/li|t b", "a\n\nb\n"},
    {"code in an item", "ul|li|t a|end|pre c;x|t b|/li|li|t c|/li|/list|t d",
     "* a\n```c\nx\n```\nb\n* c\n\nd\n"},
    {"code alone in a numbered item", "ol 1|li|pre ;x|/li|li|pre ;y|/li|/list|t d",
     "1.\n```\nx\n```\n2.\n```\ny\n```\n\nd\n"},
    {"code alone in an item", "ul|li|pre ;x|/li|/list", "```\nx\n```\n"},
    {"a list begins with code", "t a|ul|pre ;x|li|t b|/li|/list", "a\n\n```\nx\n```\n* b\n"},
    {"no rule in a list", "t a|ul|li|t b|/li|rule|li|t c|/li|/list", "a\n\n* b\n* c\n"},
};

static const struct flow_case quote_cases[] = {
    {"a mark on every line", "t a|q|t b|br|t c|/q|t d", "a\n\n> b\n> c\n\nd\n"},
    {"a bare mark parts paragraphs", "q|t a|end|t b|end|/q", "> a\n>\n> b\n"},
    {"nested", "q|t a|q|t b|/q|t c|/q", "> a\n>\n> > b\n>\n> c\n"},
    {"deeply nested", "q|q|q|q|q|q|q|t a", "> > > > > a\n"},
    {"two quotes are two", "q|t a|/q|q|t b|/q", "> a\n\n> b\n"},
    {"a list in it", "q|t a|ul|li|t b|/li|li|t c|end|t d|/li|/list|t e|/q|t f",
     "> a\n>\n> * b\n> * c\n> d\n>\n> e\n\nf\n"},
    {"a nested list in it", "q|ul|li|t a|ul|li|t b|/li|/list|/li|/list|/q", "> * a\n> * – b\n"},
    {"an ordered list in it", "q|ol 1|li|t a|ol 1|li|t b|/li|/list|/li|/list|/q",
     "> 1. a\n> * – 1. b\n"},
    {"in a list", "ul|li|t a|q|t b|end|t c|/q|/li|li|t d|/li|/list|t e",
     "* a\n> b\n>\n> c\n* d\n\ne\n"},
    {"alone in an item", "ul|li|q|t a|/q|/li|li|t b|/li|/list", "> * a\n* b\n"},
    {"code leaves it", "q|t a|end|pre ;x|t b|/q", "> a\n\n```\nx\n```\n\n> b\n"},
    {"a heading in it", "q|h 2|t a|/h|t b|/q", "> a\n>\n> b\n"},
    {"nothing in it", "q|/q|q|t  |/q|t a", "a\n"},
    {"no rule in it", "q|t a|rule|t b|/q", "> a\n>\n> b\n"},
    {"its links follow it", "q|a /x|t a|/a|end|t b|/q|t c",
     "> a\n>\n> b\n\n=> https://example.org/x a\n\nc\n"},
};

static const struct flow_case block_cases[] = {
    {"a rule between parts", "t a|rule|t b", "a\n\n---\n\nb\n"},
    {"no rule at an end, or twice", "rule|t a|rule|rule|t b|rule", "a\n\n---\n\nb\n"},
    {"preformatted", "t a|pre c++;\\if (x) \\\t y;\\\\\\z|t b",
     "a\n\n```c++\nif (x)\n         y;\n\nz\n```\n\nb\n"},
    {"preformatted and empty", "t a|pre c; \\|t b", "a\n\nb\n"},
    {"preformatted blanks", "t a|pre c; \u00a0\\ \u00a0|t b", "a\n\nb\n"},
    {"a fence in it", "pre ;```\\=> x", "```\n ```\n=> x\n```\n"},
    {"its language is one line", "pre a\\b ;x", "```a b\nx\n```\n"},
    {"its end ends the text", "t a|pre ;x", "a\n\n```\nx\n```\n"},
};

static const struct flow_case mark_cases[] = {
    {"around text", "t a |mark `|t b|/mark|t  c", "a `b` c\n"},
    {"blanks go outside", "t a|mark `|t  b |/mark|t c", "a `b` c\n"},
    {"around nothing", "t a|mark `|/mark|mark ~|t  |/mark|t b", "a b\n"},
    {"in each other", "mark ~|mark `|t a|/mark|t b|/mark", "~~`a`b~~\n"},
    {"around blocks", "mark ~|t a|end|t b|end|/mark|t c", "~~a~~\n\n~~b~~\n\nc\n"},
    {"more than are counted",
     "mark `|mark `|mark `|mark `|mark `|mark `|mark `|mark `|mark `|t a|/mark|/mark|/mark|/mark|"
     "/mark|/mark|/mark|/mark|/mark|t b",
     " ````````a````````b\n"},
    {"around a link", "t x |mark `|a /a|t a|/a|/mark", "x `a`\n\n=> https://example.org/a a\n"},
    {"around an empty link", "t x |mark `|a /a|/a|/mark|t y", "x y\n"},
    {"in a link", "a /a|mark `|t a|/mark|/a", "=> https://example.org/a `a`\n"},
    {"never ended", "mark ~|t a", "~~a~~\n"},
};

static const struct flow_case script_cases[] = {
    {"below and above", "t H|sub|t 2|/s|t O, 10|sup|t 6|/s", "H₂O, 10⁶\n"},
    {"what has no sign", "t x|sub|t max|/s|t  y|sup|t 2q|/s", "xₘₐₓ y^(2q)\n"},
    {"of a word of its own", "t a |sup|t 2|/s", "a ²\n"},
    {"of nothing", "t a|sup|/s|t b|sub|t  |/s|t c", "ab c\n"},
    {"never ended", "t a|sup|t 2", "a²\n"},
    {"one in another", "t a|sup|t 2|sub|t 3|/s|t 4|/s", "a²₃4\n"},
    {"around a link", "t a|sup|a /x|t 1|/a|/s", "a¹\n\n=> https://example.org/x 1\n"},
    {"around line ends", "t a|sup|br|br|t 2|a /x|t b|/s|/a",
     "a^(2b)\n\n=> https://example.org/x b\n"},
};

static const struct flow_case link_cases[] = {
    {"behind its paragraph", "t See |a /x|t the x|/a|t .|end|t b",
     "See the x.\n\n=> https://example.org/x the x\n\nb\n"},
    {"links are a run", "a /x|t x|/a|t  and |a y|t y|/a",
     "x and y\n\n=> https://example.org/x x\n=> https://example.org/a/y y\n"},
    {"alone it is the paragraph", "t a|end|a /x|t x|/a|end|t b",
     "a\n\n=> https://example.org/x x\n\nb\n"},
    {"alone behind a line", "t a|br|br|a /x|t x|/a", "a\n\n=> https://example.org/x x\n"},
    {"a line end in it", "a /x|t x|br|t y|/a", "=> https://example.org/x x y\n"},
    {"one on each line", "a /x|t x|/a|br|a /y|t y|/a|br|br|a /z|t z|/a",
     "=> https://example.org/x x\n=> https://example.org/y y\n=> https://example.org/z z\n"},
    {"each URL once", "a /x|t x|/a|end|t b |a /x|t c|/a|end|a /x|t d|/a",
     "=> https://example.org/x x\n\nb c\n\nd\n"},
    {"behind the whole list", "ul|li|t a |a /x|t x|/a|/li|li|t b|/li|/list|t c",
     "* a x\n* b\n\n=> https://example.org/x x\n\nc\n"},
    {"a list of links", "t a|ul|li|a /x|t x|/a|/li|li|a /y|t y|/a|/li|/list|t b",
     "a\n\n=> https://example.org/x x\n=> https://example.org/y y\n\nb\n"},
    {"a nested list of links", "ul|li|a /x|t x|/a|ul|li|a /y|t y|/a|/li|/list|/li|/list",
     "=> https://example.org/x x\n=> https://example.org/y y\n"},
    {"a list of links and more", "ul|li|a /x|t x|/a|/li|li|a /y|t y|/a|t  z|/li|/list",
     "* x\n* y z\n\n=> https://example.org/x x\n=> https://example.org/y y\n"},
    {"a list of links with code", "ul|li|a /x|t x|/a|pre ;y|/li|/list",
     "* x\n```\ny\n```\n\n=> https://example.org/x x\n"},
    {"a list of links that are known", "a /x|t x|/a|ul|li|a /x|t x|/a|/li|/list",
     "=> https://example.org/x x\n\n* x\n"},
    {"tasks that are links", "ul|li ☐ |a /x|t x|/a|/li|/list",
     "* ☐ x\n\n=> https://example.org/x x\n"},
    {"text beside a list of links", "ul|t a|li|a /x|t x|/a|/li|/list",
     "a\n* x\n\n=> https://example.org/x x\n"},
    {"around blocks", "a /x|end|h 2|t x|/h|t more|end|/a|end|t b",
     "## x\n\nmore\n\n=> https://example.org/x x\n\nb\n"},
    {"one that leads nowhere is text", "a #top|t a|/a|t  |a javascript:x|t b|/a|t  |a|t c|/a",
     "a b c\n"},
    {"an empty one of a page", "t a |a /x|/a|t b", "a b\n"},
    {"in another", "a /x|t x|a /y|t y|/a|/a",
     "xy\n\n=> https://example.org/x x\n=> https://example.org/y y\n"},
    {"never ended", "t a |a /x|t x", "a x\n\n=> https://example.org/x x\n"},
    {"ready made", "t a|link v.mp4;A  film|link #x;y|link w|t  b",
     "a b\n\n=> https://example.org/a/v.mp4 A film\n=> https://example.org/a/w\n"},
    {"a URL in running text", "t See https://example.org/y, and so on.|end|t b",
     "See https://example.org/y, and so on.\n\n=> https://example.org/y\n\nb\n"},
    {"URLs in running text",
     "t (http://a.example) <gemini://b.example/> x:// https:// http://a.example",
     "(http://a.example) <gemini://b.example/> x:// https:// http://a.example\n\n"
     "=> http://a.example\n=> gemini://b.example/\n"},
    {"a URL alone", "t a|end|t https://b.example/|end|t c", "a\n\n=> https://b.example/\n\nc\n"},
    {"a list of URLs", "ul|li|t https://b.example/|/li|/list", "=> https://b.example/\n"},
    {"a link that is called by its URL", "t a |a https://b.example/|t https://b.example|/a|t .",
     "a https://b.example.\n\n=> https://b.example/ https://b.example\n"},
};

static const struct flow_case image_cases[] = {
    {"behind its block", "t a|img p.png;A boat|t  b|end|t c",
     "a b\n\n=> https://example.org/a/p.png Image: A boat\n\nc\n"},
    {"alone", "img p.png;A boat|end|t c", "=> https://example.org/a/p.png Image: A boat\n\nc\n"},
    {"without a description", "img p.png|end", "=> https://example.org/a/p.png Image: p.png\n"},
    {"that leads nowhere", "img data:image/png,x;A boat|t a|end|img data:x|t b",
     "a\n\nImage: A boat\n\nb\n"},
    {"twice", "img p.png;A boat|end|img p.png;A boat|end|t a",
     "=> https://example.org/a/p.png Image: A boat\n\na\n"},
    {"in a link", "a /x|img p.png;A boat|/a", "=> https://example.org/x Image: A boat\n"},
    {"two in a link", "a /x|img p.png;A boat|img q.png;A pier|/a",
     "=> https://example.org/x Image: A boat\n"},
    {"in a link with text", "a /x|img p.png;A boat|t The pier|/a|t .",
     "The pier.\n\n=> https://example.org/x The pier\n"},
    {"behind text in a link", "a /x|t The pier|img p.png;A boat|/a",
     "=> https://example.org/x The pier\n"},
    {"without a name in a link", "a /x|img p.png|/a", "=> https://example.org/x x\n"},
    {"in a link that leads nowhere", "a #x|img p.png;A boat|/a",
     "=> https://example.org/a/p.png Image: A boat\n"},
    {"items that are images", "ul|li|img p.png;A|/li|li|img q.png;B|/li|/list",
     "=> https://example.org/a/p.png Image: A\n=> https://example.org/a/q.png Image: B\n"},
    {"an image and a link", "a /x|t x|/a|img p.png;A",
     "x\n\n=> https://example.org/x x\n=> https://example.org/a/p.png Image: A\n"},
};

static const struct flow_case take_cases[] = {
    {"taken text is no block", "t  a|br|br|t b |take|t c|end|give", "c\n\n[a b]\n"},
    {"its links wait", "a /x|t x|/a|t  https://y.example/|take|give",
     "[x https://y.example/]\n\n=> https://example.org/x x\n=> https://y.example/\n"},
    {"it ends what is open", "mark `|t x|sup|t 2|take|/mark|give", "[`x²`]\n"},
};

static void keeps_relative_links_of_an_author(void **state)
{
    (void)state;
    check("t a |a b.md|t b|/a|t  |a c.png|/a|end|a d|/a", (struct span){NULL, 0},
          LINK_RELATIVE_KEEP, NULL, "a b\n\n=> b.gmi b\n=> c.png\n\n=> d\n");
}

static void drops_relative_links_of_a_page_that_was_anywhere(void **state)
{
    (void)state;
    check("a b|t b|/a|img p.png;P|img q.png|link v;V", (struct span){NULL, 0}, LINK_RELATIVE_DROP,
          NULL, "b\n\nImage: P\n");
}

static void drops_a_heading_that_says_the_title(void **state)
{
    (void)state;
    check("h 3|t a title|/h|t b|end|h 3|t a title|/h|t c", (struct span){NULL, 0},
          LINK_RELATIVE_DROP, "A Title.", "# A Title.\n\nb\n\n### a title\n\nc\n");
    check("h 1|t Other|/h|t b", (struct span){NULL, 0}, LINK_RELATIVE_DROP, "A Title.",
          "# A Title.\n\n## Other\n\nb\n");
}

/* A table of two rows, whose second has a link, in a flow that is ready for it. */
static void put_table(struct flow *f)
{
    struct table t;
    struct buf cell;
    table_init(&t, CAP);
    buf_init(&cell, CAP);
    table_row(&t, true);
    table_cell(&t, SPAN("Port"), 1, false);
    table_cell(&t, SPAN("Boats"), 1, true);
    table_row(&t, false);
    flow_link_begin(f, SPAN("https://skagen.example/"));
    flow_text(f, SPAN("Skagen"));
    flow_link_end(f);
    flow_take(f, &cell);
    table_cell(&t, buf_span(&cell), 1, false);
    table_cell(&t, SPAN("12"), 1, true);
    flow_table(f, &t, SPAN("The  fleet"));
    buf_fini(&cell);
    table_fini(&t);
}

#define TABLE      "```The fleet\nPort    Boats\n------  -----\nSkagen     12\n```\n"
#define TABLE_LINK "=> https://skagen.example/ Skagen\n"

static void puts_tables(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"t a", "t b", "a\n\n" TABLE "\n" TABLE_LINK "\nb\n"},
        {"ul|li|t a", "t b|/li|/list|t c", "* a\n" TABLE "b\n\n" TABLE_LINK "\nc\n"},
        {"q|t a", "t b|/q|t c", "> a\n\n" TABLE "\n> b\n\n" TABLE_LINK "\nc\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct document doc;
        struct flow f;
        struct gemtext g;
        struct buf out;
        document_init(&doc, CAP);
        buf_init(&out, CAP);
        flow_init(&f, &doc, (struct span){NULL, 0}, LINK_RELATIVE_DROP);
        run_steps(&f, cases[i][0]);
        flow_end(&f);
        put_table(&f);
        run_steps(&f, cases[i][1]);
        flow_fini(&f);
        gemtext_init(&g, &out);
        gemtext_blocks(&g, &doc);
        assert_span_equal(buf_span(&out), span_of(cases[i][2]));
        buf_fini(&out);
        document_fini(&doc);
    }
}

/* A document that may not grow tells so, however the flow goes on. */
static void a_full_document_is_told(void **state)
{
    (void)state;
    struct document doc;
    struct flow f;
    document_init(&doc, 1024);
    flow_init(&f, &doc, (struct span){NULL, 0}, LINK_RELATIVE_KEEP);
    for (int i = 0; i < 200; i++)
        run_steps(&f,
                  "h 2|t a|/h|ul|li|t some text|/li|/list|q|t some text|/q|pre x;y|a z|t z|/a|end");
    flow_fini(&f);
    assert_int_equal(arena_status(&doc.arena), ST_LIMIT);
    document_fini(&doc);
}

int main(void)
{
    struct suite suite = {0};
    SUITE_ROWS(&suite, page, text_cases);
    SUITE_ROWS(&suite, page, heading_cases);
    SUITE_ROWS(&suite, page, list_cases);
    SUITE_ROWS(&suite, page, quote_cases);
    SUITE_ROWS(&suite, page, block_cases);
    SUITE_ROWS(&suite, page, mark_cases);
    SUITE_ROWS(&suite, page, script_cases);
    SUITE_ROWS(&suite, page, link_cases);
    SUITE_ROWS(&suite, page, image_cases);
    SUITE_ROWS(&suite, page, take_cases);
    SUITE_TEST(&suite, keeps_relative_links_of_an_author);
    SUITE_TEST(&suite, drops_relative_links_of_a_page_that_was_anywhere);
    SUITE_TEST(&suite, drops_a_heading_that_says_the_title);
    SUITE_TEST(&suite, puts_tables);
    SUITE_TEST(&suite, a_full_document_is_told);
    return suite_run(&suite, "flow");
}
