/*
 * sample: an article of the evaluation with the summaries that it should have.
 */
#ifndef EVAL_SAMPLE_H
#define EVAL_SAMPLE_H

#include "article/document.h"
#include "core/buf.h"
#include "extract.h"

/* A summary that an article should have. */
struct reference {
    struct buf text;
    struct extract extract; /* points into text */
};

struct sample {
    struct document doc;
    const struct language *language; /* said by the article, else told by its prose */
    struct extract sentences;        /* of the prose; point into doc */
    struct reference *references;    /* owned */
    size_t count, room;              /* of references */
};

/*
 * Read FOLDER/NAME.txt as plain text, then NAME.ref1, NAME.ref2 and so on, up to the first that is
 * not there.  What the article says is its summary is forgotten: sentences are to be chosen.
 *
 * Returns ST_OK, with no references when there are none; else a status with a message that names
 * the file.  sample_fini frees it in either case.
 */
enum status sample_read(struct sample *s, const char *folder, const char *name,
                        struct error *e) MUST_USE;
void sample_fini(struct sample *s);

#endif
