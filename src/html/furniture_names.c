#include "html/furniture_names.h"

#include <string.h>

#include "html/naming.h"
#include "html/tree.h"
#include "html/weigh.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names of these may be made of anything, "market-share": only with fillers beside them. */
static const char *const names_links_alone[] = {
    "sidebar", "sidebars", "side-bar", "tags", "topics", "toc", "widget", "widgets",
};
static const char *const names_short_alone[] = {
    "breadcrumb", "follow", "likes",   "login",  "menu",   "meta-tags", "nav",     "pager",
    "paging",     "share",  "sharing", "signin", "social", "socialize", "socials",
};
static const char *const names_box_alone[] = {
    "ad",       "ads",          "advert",      "adverts",     "banner-ad",
    "cta",      "donate",       "newsletters", "popular",     "popup",
    "promo",    "promos",       "promotion",   "promotions",  "sponsor",
    "sponsors", "subscription", "suggested",   "suggestions", "trending",
};
static const char *const names_beside_alone[] = {"consent", "cookie", "cookies"};
static const char *const names_after_alone[] = {"comment", "comments", "respond"};

/* These mean one thing in whatever class they stand; in an id, which is often made of a heading,
 * they are asked for like those above. */
static const char *const names_links[] = {
    "cat-links", "entry-tags", "post-categories",   "post-tags", "tag-cloud",  "tag-list",
    "tag-links", "tags-links", "table-of-contents", "taglist",   "topic-list",
};
static const char *const names_short[] = {
    "action-bar",    "back-to-top",     "breadcrumbs",  "email-button", "email-link",
    "follow-us",     "jump-link",       "like-button",  "login-form",   "nav-links",
    "navbar",        "navigation",      "page-numbers", "pagination",   "post-nav",
    "print-button",  "print-link",      "print-this",   "reaction-bar", "reactions",
    "scroll-to-top", "search-box",      "search-form",  "searchform",   "share-bar",
    "share-button",  "share-buttons",   "share-icons",  "share-links",  "share-list",
    "share-tools",   "sharebar",        "sharing",      "skip-link",    "skip-links",
    "skip-nav",      "skip-to-content", "social-bar",   "social-icons", "social-links",
    "social-media",  "social-share",    "star-rating",  "toolbar",
};
static const char *const names_box[] = {
    "ad-banner",        "ad-container",    "ad-label",        "ad-placeholder", "ad-slot",
    "ad-unit",          "ad-wrapper",      "adbox",           "adslot",         "adsense",
    "adunit",           "advertisement",   "advertisements",  "advertising",    "about-author",
    "about-the-author", "also-like",       "also-read",       "amp-ad",         "author-bio",
    "author-box",       "call-to-action",  "catlinks",        "colophon",       "edit-section",
    "editsection",      "email-signup",    "entry-footer",    "jump-to-nav",    "last-posts",
    "latest-news",      "latest-posts",    "links-block",     "mailing-list",   "more-articles",
    "more-from",        "more-news",       "more-on",         "more-posts",     "more-stories",
    "most-popular",     "most-read",       "most-viewed",     "navbox",         "newsletter",
    "next-article",     "next-post",       "next-up",         "page-footer",    "paywall-banner",
    "paywall-message",  "paywall-modal",   "paywall-overlay", "paywall-prompt", "popular-posts",
    "post-footer",      "printfooter",     "promo-box",       "promobox",       "read-also",
    "read-more",        "read-next",       "readmore",        "recent-posts",   "recirc",
    "recirculation",    "recommendations", "recommended",     "regwall",        "related",
    "relatedposts",     "sign-up",         "signup",          "site-footer",    "sponsored",
    "subscribe",        "up-next",         "you-may-like",    "you-might-like",
};
static const char *const names_beside[] = {
    "ccpa",           "consent-banner", "cookie-banner", "cookie-bar",
    "cookie-consent", "cookie-notice",  "gdpr",
};
static const char *const names_after[] = {
    "comment-area", "comment-form",  "comment-list",     "comment-section", "comment-thread",
    "commentlist",  "comments-area", "comments-section", "user-comments",
};

/* Names of services: one thing, wherever they stand. */
static const char *const names_box_service[] = {
    "addthis",  "addtoany", "a-2a",       "heateor",    "jp-relatedposts", "mailchimp",
    "mc-embed", "outbrain", "revcontent", "sharedaddy", "shareaholic",     "sharethis",
    "shariff",  "sociable", "ssba",       "taboola",    "zergnet",
};
static const char *const names_beside_service[] = {
    "cookiebot", "cookielaw", "didomi", "onetrust", "qc-cmp", "usercentrics",
};
static const char *const names_after_service[] = {"disqus", "fb-comments", "isso-thread"};

enum names_where { NAMES_ALONE, NAMES_CLASS, NAMES_ANYWHERE };

static const struct names {
    const char *const *phrases;
    size_t count;
    enum furniture_grade grade;
    enum names_where where;
} names_tables[] = {
    {names_links_alone, COUNT(names_links_alone), FURNITURE_LINKS, NAMES_ALONE},
    {names_short_alone, COUNT(names_short_alone), FURNITURE_SHORT, NAMES_ALONE},
    {names_box_alone, COUNT(names_box_alone), FURNITURE_BOX, NAMES_ALONE},
    {names_beside_alone, COUNT(names_beside_alone), FURNITURE_BESIDE, NAMES_ALONE},
    {names_after_alone, COUNT(names_after_alone), FURNITURE_AFTER, NAMES_ALONE},
    {names_links, COUNT(names_links), FURNITURE_LINKS, NAMES_CLASS},
    {names_short, COUNT(names_short), FURNITURE_SHORT, NAMES_CLASS},
    {names_box, COUNT(names_box), FURNITURE_BOX, NAMES_CLASS},
    {names_beside, COUNT(names_beside), FURNITURE_BESIDE, NAMES_CLASS},
    {names_after, COUNT(names_after), FURNITURE_AFTER, NAMES_CLASS},
    {names_box_service, COUNT(names_box_service), FURNITURE_BOX, NAMES_ANYWHERE},
    {names_beside_service, COUNT(names_beside_service), FURNITURE_BESIDE, NAMES_ANYWHERE},
    {names_after_service, COUNT(names_after_service), FURNITURE_AFTER, NAMES_ANYWHERE},
};

/* What may stand beside them and changes nothing. */
static const char *const names_fillers[] = {
    "advert",    "area",       "article",   "articles", "author",   "banner",      "block",
    "blocks",    "body",       "bottom",    "button",   "buttons",  "card",        "cards",
    "column",    "component",  "container", "content",  "contents", "desktop",     "entry",
    "fixed",     "floating",   "footer",    "form",     "group",    "head",        "header",
    "heading",   "horizontal", "icon",      "icons",    "inline",   "inner",       "item",
    "items",     "label",      "large",     "left",     "link",     "links",       "list",
    "main",      "media",      "menu",      "message",  "mobile",   "module",      "news",
    "notice",    "outer",      "overlay",   "page",     "panel",    "placeholder", "popup",
    "post",      "posts",      "primary",   "prompt",   "region",   "related",     "right",
    "secondary", "section",    "share",     "sharing",  "sidebar",  "single",      "site",
    "slot",      "small",      "social",    "sticky",   "stories",  "story",       "tags",
    "this",      "title",      "tool",      "toolbar",  "tools",    "unit",        "vertical",
    "view",      "widget",     "wrap",      "wrapper",
};

/* "has-sidebar", "comments-open", "category-cookies": what there is elsewhere, or what the article
 * is about. */
static bool names_is_no_name(const struct naming *n)
{
    static const char *const words[] = {
        "closed", "disabled", "elementor", "enabled",  "has",  "no",
        "not",    "open",     "show",      "supports", "with", "without",
    };
    static const char *const first[] = {"-category-", "-cat-",    "-tag-",   "-type-", "-format-",
                                        "-status-",   "-postid-", "-theme-", "-tax-",  "-term-"};
    if (naming_has_any(n, words, COUNT(words)))
        return true;
    if (naming_has_any(n, names_links, COUNT(names_links)))
        return false;
    for (size_t i = 0; i < COUNT(first); i++) {
        if (strncmp(n->words, first[i], strlen(first[i])) == 0)
            return true;
    }
    return false;
}

/* Names of what holds the article, or all of the page. */
static bool names_is_whole(const struct naming *n)
{
    static const char *const classes[] = {"article", "entry", "hentry", "post", "story"};
    static const char *const ids[] = {"app",  "article", "container", "content", "entry",  "main",
                                      "page", "post",    "root",      "story",   "wrapper"};
    return naming_is_body(n) ||
           (n->id ? naming_is_any(n, ids, COUNT(ids)) : naming_is_any(n, classes, COUNT(classes)));
}

static bool names_is_apparatus(const struct naming *n)
{
    static const char *const words[] = {
        "bibliography", "blockquote",  "caption",   "citation",   "citations",
        "correction",   "corrections", "endnote",   "endnotes",   "footnote",
        "footnotes",    "pull-quote",  "pullquote", "quote",      "reference",
        "references",   "reflist",     "sources",   "standfirst", "transcript",
    };
    return naming_has_any(n, words, COUNT(words));
}

static bool names_match(const struct naming *n, const struct names *table)
{
    bool about = table->where == NAMES_ALONE || (table->where == NAMES_CLASS && n->id);
    for (size_t i = 0; i < table->count; i++) {
        const char *phrase = table->phrases[i];
        if (naming_has(n, phrase) &&
            (!about || naming_is_about(n, phrase, names_fillers, COUNT(names_fillers))))
            return true;
    }
    return false;
}

enum furniture_grade furniture_grade(const GumboNode *node)
{
    enum furniture_grade grade = FURNITURE_NOT;
    struct naming n;
    naming_begin(&n, node);
    while (naming_next(&n)) {
        if (names_is_whole(&n) || names_is_apparatus(&n))
            return FURNITURE_NOT;
        /* The id of what stands in a line is there to be linked to. */
        if (names_is_no_name(&n) || (n.id && weigh_is_inline(node)))
            continue;
        for (size_t i = 0; i < COUNT(names_tables); i++) {
            if (names_tables[i].grade > grade && names_match(&n, &names_tables[i]))
                grade = names_tables[i].grade;
        }
    }
    return grade;
}

bool furniture_is_apparatus(const GumboNode *node)
{
    struct naming n;
    naming_begin(&n, node);
    while (naming_next(&n)) {
        if (names_is_apparatus(&n))
            return true;
    }
    return false;
}

bool furniture_is_gutter(const GumboNode *cell)
{
    static const char *const words[] = {"gutter", "lineno", "linenos"};
    bool named = false;
    struct naming n;
    naming_begin(&n, cell);
    while (naming_next(&n))
        named = named || naming_has_any(&n, words, COUNT(words));
    for (const GumboNode *in = cell; named && in != NULL; in = tree_next(cell, in, true)) {
        struct span text = tree_text_of(in);
        for (size_t i = 0; i < text.n; i++) {
            if ((unsigned char)text.p[i] > ' ' && !ascii_digit(text.p[i]))
                return false;
        }
    }
    return named;
}

bool furniture_is_masthead(const GumboNode *node)
{
    static const char *const words[] = {"masthead",      "page-header-bar", "site-header",
                                        "global-header", "top-bar",         "topbar"};
    struct naming n;
    naming_begin(&n, node);
    while (naming_next(&n)) {
        if (naming_has_any(&n, words, COUNT(words)))
            return true;
    }
    return false;
}
