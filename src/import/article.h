/*
 * article: the one door to the importers: bytes of a source in, document out.
 */
#ifndef IMPORT_ARTICLE_H
#define IMPORT_ARTICLE_H

#include "article/document.h"
#include "import/format.h"

/* Most bytes of a source that are taken. */
#define ARTICLE_TEXT_MAX ((size_t)8 * 1024 * 1024)

/* Most memory that the document of a source may need. */
#define ARTICLE_ARENA_MAX ((size_t)128 * 1024 * 1024)

struct article_source {
    struct span bytes; /* as they are on disk */
    enum article_format format;
    const char *name;    /* how messages name it; its stem is the title of a source without one */
    struct span sidecar; /* bytes of the sidecar, absent when there is none; it wins */
    const char *sidecar_name; /* how messages name that */
    struct span base_url;     /* of relative links, absent when not known */
    bool wrapped;             /* of text: it is hard-wrapped, whatever the lengths of its lines */
};

/*
 * Read a source into doc (freshly made by document_init).
 *
 * Returns ST_OK with a document that has a title and at least one block; ST_FORMAT, ST_SYNTAX,
 * ST_LIMIT or ST_NOMEM with a message that names the source.
 */
enum status article_read(const struct article_source *source, struct document *doc,
                         struct error *e) MUST_USE;

/* The stem of a path's last segment: without folders and without its last suffix. */
struct span article_stem(struct span path);

#endif
