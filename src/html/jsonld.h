/*
 * jsonld: the article that a page describes in JSON-LD.  Alone with cJSON.
 */
#ifndef HTML_JSONLD_H
#define HTML_JSONLD_H

#include "core/arena.h"

/* What is absent was not said. */
struct jsonld {
    struct span title, author, date, lang, description, url;
};

/*
 * Read one script of type application/ld+json.
 *
 * json    any bytes; need not be JSON
 * arena   owns what out points to
 * out     what is absent in it is filled in
 * An object whose type is Article or one of its kinds (NewsArticle, BlogPosting, ...) is looked for
 * at the top, in an array, in @graph and in mainEntity.  Several authors are joined by ", ".
 * Without recursion over foreign structure beyond cJSON's own limit.
 * Source: JSON-LD 1.1; schema.org, Article.
 */
void jsonld_read(struct span json, struct arena *arena, struct jsonld *out);

#endif
