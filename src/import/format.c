#include "import/format.h"

#define FORMAT_LINES_MAX 400 /* that are looked at */

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

/* Does a text begin as an HTML document does, or with tags that only HTML has? */
static bool format_is_html(struct span text)
{
    static const char *const heads[] = {"<!doctype html", "<html", "<head", "<body", "<article",
                                        "<div",           "<p>",   "<h1",   "<meta", "<table"};
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        text = span_sub(text, 3, text.n);
    text = span_trim(text);
    while (span_starts(text, SPAN("<!--")) || span_starts(text, SPAN("<?"))) {
        size_t end = span_find(text, 0, '>');
        text = span_trim(span_sub(text, end + 1, text.n));
    }
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct span head = span_of(heads[i]);
        if (text.n >= head.n && span_eq_nocase(span_sub(text, 0, head.n), head))
            return true;
    }
    return false;
}

/* What only Markdown has in a line: a link with its target, strong text, a heading underlined. */
static bool format_is_markdown(struct span line)
{
    for (size_t i = 0; i + 1 < line.n; i++) {
        if ((line.p[i] == ']' && line.p[i + 1] == '(') ||
            (i + 2 < line.n && line.p[i] == '*' && line.p[i + 1] == '*' && line.p[i + 2] > ' '))
            return true;
    }
    return span_starts(line, SPAN("#### ")) || span_starts(line, SPAN("~~~")) ||
           span_starts(line, SPAN("- [ ] ")) || span_starts(line, SPAN("- [x] "));
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
    if (format_is_html(bytes))
        return ARTICLE_HTML;
    for (size_t i = 0; i < FORMAT_LINES_MAX && span_line(&bytes, &line); i++) {
        if (format_is_markdown(line))
            return ARTICLE_MARKDOWN;
        links += format_is_link(line);
        headings += span_starts(line, SPAN("# ")) || span_starts(line, SPAN("## "));
        fences += span_starts(line, SPAN("```"));
    }
    if (links > 0 && (headings > 0 || links > 1))
        return ARTICLE_GEMTEXT;
    return headings > 0 || fences > 1 ? ARTICLE_MARKDOWN : ARTICLE_TEXT;
}
