#include "html/weigh.h"

#include "html/tree.h"

/* First byte, in UTF-8, of U+3000 and all that follows: Kana, Han, Hangul and signs as wide. */
#define WEIGH_WIDE_FROM 0xe3
#define WEIGH_WIDE      3

static bool weigh_is_blank(struct span text, size_t i)
{
    unsigned char c = (unsigned char)text.p[i];
    /* No-break spaces fill the cells of old pages. */
    return c <= ' ' || (c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] == 0xa0);
}

/* A comma at i: ',', the Arabic one, the full-width one, the enumeration comma. */
static bool weigh_is_comma(struct span text, size_t i)
{
    static const struct span commas[] = {{",", 1}, {"،", 2}, {"，", 3}, {"、", 3}};
    for (size_t k = 0; k < sizeof commas / sizeof commas[0]; k++) {
        if (text.p[i] == commas[k].p[0] && span_starts(span_sub(text, i, text.n), commas[k]))
            return true;
    }
    return false;
}

void weigh_add(struct weigh *w, struct span text, bool linked)
{
    size_t before = w->text;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (weigh_is_blank(text, i)) {
            w->gap = true;
            i += c == 0xc2;
            continue;
        }
        if ((c & 0xc0) == 0x80)
            continue; /* counted with its first byte */
        w->text += w->gap && w->text > 0;
        w->gap = false;
        w->text += c >= WEIGH_WIDE_FROM ? WEIGH_WIDE : 1;
        w->commas += weigh_is_comma(text, i);
    }
    if (linked)
        w->linked += w->text - before;
}

bool weigh_is_inline(const GumboNode *node)
{
    static const bool within_line[GUMBO_TAG_LAST + 1] = {
        [GUMBO_TAG_A] = true,      [GUMBO_TAG_SPAN] = true,    [GUMBO_TAG_EM] = true,
        [GUMBO_TAG_STRONG] = true, [GUMBO_TAG_B] = true,       [GUMBO_TAG_I] = true,
        [GUMBO_TAG_U] = true,      [GUMBO_TAG_FONT] = true,    [GUMBO_TAG_CODE] = true,
        [GUMBO_TAG_SMALL] = true,  [GUMBO_TAG_BIG] = true,     [GUMBO_TAG_SUP] = true,
        [GUMBO_TAG_SUB] = true,    [GUMBO_TAG_TT] = true,      [GUMBO_TAG_S] = true,
        [GUMBO_TAG_NOBR] = true,   [GUMBO_TAG_CITE] = true,    [GUMBO_TAG_Q] = true,
        [GUMBO_TAG_ABBR] = true,   [GUMBO_TAG_TIME] = true,    [GUMBO_TAG_MARK] = true,
        [GUMBO_TAG_IMG] = true,    [GUMBO_TAG_BR] = true,      [GUMBO_TAG_WBR] = true,
        [GUMBO_TAG_STRIKE] = true, [GUMBO_TAG_DFN] = true,     [GUMBO_TAG_VAR] = true,
        [GUMBO_TAG_SAMP] = true,   [GUMBO_TAG_KBD] = true,     [GUMBO_TAG_INS] = true,
        [GUMBO_TAG_DEL] = true,    [GUMBO_TAG_BDI] = true,     [GUMBO_TAG_BDO] = true,
        [GUMBO_TAG_LABEL] = true,  [GUMBO_TAG_DATA] = true,    [GUMBO_TAG_RUBY] = true,
        [GUMBO_TAG_RT] = true,     [GUMBO_TAG_ACRONYM] = true,
    };
    return tree_is_element(node) && (within_line[node->v.element.tag] ||
                                     node->v.element.tag_namespace == GUMBO_NAMESPACE_MATHML);
}

bool weigh_is_skipped(const GumboNode *node)
{
    static const bool skipped[GUMBO_TAG_LAST + 1] = {
        [GUMBO_TAG_SCRIPT] = true,   [GUMBO_TAG_STYLE] = true,  [GUMBO_TAG_TEMPLATE] = true,
        [GUMBO_TAG_NOSCRIPT] = true, [GUMBO_TAG_SELECT] = true, [GUMBO_TAG_OPTION] = true,
        [GUMBO_TAG_TEXTAREA] = true, [GUMBO_TAG_BUTTON] = true, [GUMBO_TAG_DATALIST] = true,
        [GUMBO_TAG_SVG] = true,      [GUMBO_TAG_CANVAS] = true, [GUMBO_TAG_IFRAME] = true,
        [GUMBO_TAG_VIDEO] = true,    [GUMBO_TAG_AUDIO] = true,  [GUMBO_TAG_NOEMBED] = true,
        [GUMBO_TAG_HEAD] = true,
    };
    return tree_is_element(node) && skipped[node->v.element.tag];
}

const GumboNode *weigh_block_of(const GumboNode *node)
{
    const GumboNode *around = node->parent;
    while (around != NULL && weigh_is_inline(around))
        around = around->parent;
    return around;
}
