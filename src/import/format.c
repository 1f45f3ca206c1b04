#include "import/format.h"

#define FORMAT_LINES_MAX 400 /* that are looked at */
#define FORMAT_LINKS_MIN 3   /* link lines of a gemtext that begins like plain text */

struct format_row {
    const char *name;
    enum article_format format;
};

static const struct format_row format_names[] = {
    {"text", ARTICLE_TEXT},
    {"html", ARTICLE_HTML},
    {"markdown", ARTICLE_MARKDOWN},
    {"gemtext", ARTICLE_GEMTEXT},
};

static const struct format_row format_suffixes[] = {
    {".txt", ARTICLE_TEXT},          {".text", ARTICLE_TEXT},   {".html", ARTICLE_HTML},
    {".htm", ARTICLE_HTML},          {".xhtml", ARTICLE_HTML},  {".md", ARTICLE_MARKDOWN},
    {".markdown", ARTICLE_MARKDOWN}, {".gmi", ARTICLE_GEMTEXT}, {".gemini", ARTICLE_GEMTEXT},
};

bool format_find(struct span name, enum article_format *format)
{
    for (size_t i = 0; i < sizeof format_names / sizeof format_names[0]; i++) {
        if (span_eq(name, span_of(format_names[i].name))) {
            *format = format_names[i].format;
            return true;
        }
    }
    return false;
}

const char *format_name(enum article_format format)
{
    for (size_t i = 0; i < sizeof format_names / sizeof format_names[0]; i++) {
        if (format_names[i].format == format)
            return format_names[i].name;
    }
    return "";
}

bool format_of_suffix(struct span path, enum article_format *format)
{
    for (size_t i = 0; i < sizeof format_suffixes / sizeof format_suffixes[0]; i++) {
        struct span suffix = span_of(format_suffixes[i].name);
        if (path.n > suffix.n &&
            span_eq_nocase(span_sub(path, path.n - suffix.n, path.n), suffix)) {
            *format = format_suffixes[i].format;
            return true;
        }
    }
    return false;
}

/* Behind the "<" of a tag: is it this one? */
static bool format_is_tag(struct span text, const char *name)
{
    struct span tag = span_of(name);
    struct span rest = span_sub(text, tag.n, text.n);
    return text.n > tag.n && span_eq_nocase(span_sub(text, 0, tag.n), tag) &&
           (rest.p[0] == '>' || rest.p[0] == '/' || (unsigned char)rest.p[0] <= ' ');
}

static bool format_is_one_of(struct span text, const char *const tags[])
{
    for (size_t i = 0; tags[i] != NULL; i++) {
        if (format_is_tag(text, tags[i]))
            return true;
    }
    return false;
}

/* The text without what may stand before the first tag of a page, and without its "<". */
static struct span format_first_tag(struct span text)
{
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        text = span_sub(text, 3, text.n);
    for (text = span_trim(text);
         span_starts(text, SPAN("<!--")) || span_starts(text, SPAN("<?"));) {
        bool comment = text.p[1] == '!';
        size_t end = span_find(text, 2, '>');
        while (comment && end < text.n && !span_ends(span_sub(text, 4, end), SPAN("--")))
            end = span_find(text, end + 1, '>');
        text = span_trim(span_sub(text, end + 1, text.n));
    }
    return span_starts(text, SPAN("<")) ? span_sub(text, 1, text.n) : (struct span){NULL, 0};
}

static bool format_is_heading(struct span line)
{
    return span_starts(line, SPAN("# ")) || span_starts(line, SPAN("## "));
}

/* Does a text begin as an HTML document does, or with tags that only HTML has?  Markdown may begin
 * with those too. */
static bool format_is_html(struct span text)
{
    static const char *const pages[] = {"!doctype", "html", "head", "body", "meta", NULL};
    static const char *const parts[] = {"article", "main", "section", "header", "div",
                                        "p",       "h1",   "h2",      "table",  NULL};
    struct span tag = format_first_tag(text);
    struct span line;
    if (!format_is_one_of(tag, parts))
        return format_is_one_of(tag, pages);
    for (size_t i = 0; i < FORMAT_LINES_MAX && span_line(&text, &line); i++) {
        if (format_is_heading(line))
            return false;
    }
    return true;
}

/* Is there strong text in a line, from "**" before a word to "**" behind one? */
static bool format_has_strong(struct span line)
{
    bool open = false;
    for (size_t i = 0; i + 1 < line.n; i++) {
        if (line.p[i] != '*' || line.p[i + 1] != '*')
            continue;
        bool word_before = i > 0 && line.p[i - 1] != ' ' && line.p[i - 1] != '*';
        bool word_behind = i + 2 < line.n && line.p[i + 2] != ' ' && line.p[i + 2] != '*';
        if (open && word_before)
            return true;
        open = open || word_behind;
        i++;
    }
    return false;
}

/* What only Markdown has in a line: a link with its target, strong text, marks of its own. */
static bool format_is_markdown(struct span line)
{
    static const char *const marks[] = {"#### ", "~~~", "- [ ] ", "- [x] "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (span_starts(line, span_of(marks[i])))
            return true;
    }
    for (size_t i = span_find(line, 0, ']'); i < line.n; i = span_find(line, i + 1, ']')) {
        if (span_starts(span_sub(line, i, line.n), SPAN("](")))
            return true;
    }
    return format_has_strong(line);
}

static bool format_is_link(struct span line)
{
    struct span url = span_trim(span_sub(line, 2, line.n));
    return span_starts(line, SPAN("=>")) && url.n > 0;
}

enum article_format format_of_text(struct span bytes)
{
    struct span line;
    size_t headings = 0;
    size_t links = 0;
    size_t fences = 0;
    bool first = true;  /* no line had text yet */
    bool opens = false; /* the first one that had is one that plain text hardly begins with */
    if (format_is_html(bytes))
        return ARTICLE_HTML;
    for (size_t i = 0; i < FORMAT_LINES_MAX && span_line(&bytes, &line); i++) {
        bool fence = span_starts(line, SPAN("```"));
        fences += fence;
        if (fence || fences % 2 == 1)
            continue; /* what is in code tells nothing of the text */
        if (format_is_markdown(line))
            return ARTICLE_MARKDOWN;
        bool link = format_is_link(line);
        bool heading = format_is_heading(line);
        links += link;
        headings += heading;
        bool tag = span_starts(line, SPAN("<"));
        opens = opens || (first && (link || heading || tag));
        first = first && span_trim(line).n == 0;
    }
    if (opens ? links > 0 && headings + links > 1 : links > FORMAT_LINKS_MIN)
        return ARTICLE_GEMTEXT;
    return (opens && headings > 0) || fences > 1 ? ARTICLE_MARKDOWN : ARTICLE_TEXT;
}
