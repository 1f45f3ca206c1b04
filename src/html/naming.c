#include "html/naming.h"

#include <string.h>

#include "html/tree.h"

/* Component names are where sites with generated class names still say what a thing is. */
static const char *const naming_attributes[] = {"id", "class", "data-component", "data-testid"};
#define NAMING_ATTRIBUTES (sizeof naming_attributes / sizeof naming_attributes[0])

void naming_begin(struct naming *n, const GumboNode *node)
{
    *n = (struct naming){.node = node};
    if (!tree_is(node, GUMBO_TAG_UNKNOWN))
        return;
    GumboStringPiece tag = node->v.element.original_tag;
    if (tag.data == NULL || tag.length == 0)
        return;
    gumbo_tag_from_original_text(&tag);
    n->rest = span_sub((struct span){tag.data, tag.length}, 0, NAMING_LENGTH_MAX);
}

static bool naming_is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Does a new word begin at i?  "shareBar", "ADSlot", "ads2": but not in "2ads", a serial number. */
static bool naming_parts(struct span name, size_t i)
{
    if (i == 0)
        return false;
    char before = name.p[i - 1];
    char here = name.p[i];
    if (ascii_digit(here))
        return ascii_alpha(before);
    if (!naming_is_capital(here))
        return false;
    bool small_follows = i + 1 < name.n && name.p[i + 1] >= 'a' && name.p[i + 1] <= 'z';
    return (before >= 'a' && before <= 'z') || (naming_is_capital(before) && small_follows);
}

/* Bytes beyond ASCII belong to words: nothing in the tables has them, and they part nothing. */
static bool naming_in_word(char c)
{
    return ascii_alpha(c) || ascii_digit(c) || (unsigned char)c >= 0x80;
}

static uint32_t naming_initial(char c)
{
    return c >= 'a' && c <= 'z' ? UINT32_C(1) << (c - 'a') : UINT32_C(1) << 31;
}

static void naming_split(struct naming *n, struct span name)
{
    size_t used = 0;
    n->initials = 0;
    n->words[used++] = '-';
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool gap = n->words[used - 1] == '-';
        if (!naming_in_word(c)) {
            if (!gap)
                n->words[used++] = '-';
            continue;
        }
        if (!gap && naming_parts(name, i))
            n->words[used++] = '-';
        c = ascii_lower(c);
        if (n->words[used - 1] == '-')
            n->initials |= naming_initial(c);
        n->words[used++] = c;
    }
    if (n->words[used - 1] != '-')
        n->words[used++] = '-';
    n->words[used] = '\0';
}

bool naming_next(struct naming *n)
{
    n->rest = span_trim(n->rest);
    while (n->rest.n == 0 && n->attribute < NAMING_ATTRIBUTES) {
        struct span value = tree_attribute(n->node, naming_attributes[n->attribute]);
        n->id = n->attribute == 0;
        n->attribute++;
        n->rest = span_trim(span_sub(value, 0, NAMING_ATTRIBUTE_MAX));
    }
    if (n->rest.n == 0)
        return false;
    size_t end = 0;
    while (end < n->rest.n && (unsigned char)n->rest.p[end] > ' ')
        end++;
    if (end == 0)
        end = 1; /* a control character */
    naming_split(n, span_sub(n->rest, 0, end < NAMING_LENGTH_MAX ? end : NAMING_LENGTH_MAX));
    n->rest = span_sub(n->rest, end, n->rest.n);
    return true;
}

/* Length of the phrase when it stands at `at`, as whole words, else 0. */
static size_t naming_match(const char *at, const char *phrase)
{
    size_t i = 0;
    while (phrase[i] != '\0' && at[i] == phrase[i])
        i++;
    return phrase[i] == '\0' && at[i] == '-' ? i : 0;
}

bool naming_has(const struct naming *n, const char *phrase)
{
    if ((n->initials & naming_initial(phrase[0])) == 0)
        return false;
    for (const char *at = n->words; at != NULL; at = strchr(at + 1, '-')) {
        if (at[1] == '\0')
            return false;
        if (naming_match(at + 1, phrase) > 0)
            return true;
    }
    return false;
}

bool naming_has_any(const struct naming *n, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (naming_has(n, phrases[i]))
            return true;
    }
    return false;
}

bool naming_is(const struct naming *n, const char *phrase)
{
    size_t length = naming_match(n->words + 1, phrase);
    return n->words[0] == '-' && length > 0 && n->words[length + 2] == '\0';
}

bool naming_is_any(const struct naming *n, const char *const *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (naming_is(n, phrases[i]))
            return true;
    }
    return false;
}

static bool naming_is_filler(const char *word, size_t length, const char *const *fillers,
                             size_t count)
{
    if (length <= 3 || ascii_digit(word[0]))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (naming_match(word, fillers[i]) == length)
            return true;
    }
    return false;
}

bool naming_is_about(const struct naming *n, const char *phrase, const char *const *fillers,
                     size_t count)
{
    bool found = false;
    for (const char *at = n->words; *at == '-' && at[1] != '\0';) {
        const char *word = at + 1;
        size_t length = naming_match(word, phrase);
        if (length > 0) {
            found = true;
        } else {
            length = strcspn(word, "-");
            if (!naming_is_filler(word, length, fillers, count))
                return false;
        }
        at = word + length;
    }
    return found;
}

bool naming_is_body(const struct naming *n)
{
    static const char *const names[] = {
        "article-body",       "article-body-content",
        "article-content",    "article-main-text",
        "article-text",       "articlebody",
        "articletext",        "blog-post-body",
        "blog-post-content",  "body-content",
        "body-copy",          "body-inner-container",
        "c-article-body",     "c-article-content",
        "c-entry-content",    "content-article-body",
        "content-body",       "e-content",
        "entry-body",         "entry-content",
        "entry-content-body", "entry-text",
        "entrytext",          "field-name-body",
        "gh-content",         "kg-post-body",
        "main-article-body",  "markdown-body",
        "mw-parser-output",   "news-body",
        "news-content",       "news-text",
        "node-body",          "page-content-body",
        "post-article-body",  "post-body",
        "post-body-content",  "post-content",
        "post-content-body",  "post-entry",
        "post-full-content",  "post-text",
        "postbody",           "postcontent",
        "rich-text-body",     "single-post-content",
        "story-body",         "story-body-text",
        "story-content",      "story-text",
        "storytext",          "td-post-content",
        "text-article-body",
    };
    return naming_is_any(n, names, sizeof names / sizeof names[0]);
}
