/*
 * capsule: what capsule.conf says about the capsule as a whole.
 */
#ifndef PRESS_CAPSULE_H
#define PRESS_CAPSULE_H

#include "config/option.h"

struct capsule {
    char *title;       /* of the index page; the folder's name when nothing is said */
    char *subtitle;    /* one line below it, or NULL */
    char *author;      /* of the capsule, or NULL */
    char *language;    /* BCP 47 tag of pages that do not say theirs, or NULL: not known */
    char *licence;     /* one line at the foot of the index, or NULL */
    char *summary;     /* "auto", "none" or NULL: see no_summaries */
    bool no_summaries; /* no article has a summary page, whatever it says itself */
    struct option_list redirect, moved, gone, input, sensitive_input; /* see rules.h */
    struct options options;
};

/*
 * Read capsule.conf in the open folder dirfd; a folder without one gets the defaults.
 *
 * path   of the folder, for messages and the default title
 * Returns ST_OK with *c (capsule_fini frees what it holds, also after an error), ST_SYNTAX with
 * the line, ST_IO or ST_NOMEM.
 */
enum status capsule_read(int dirfd, const char *path, struct capsule *c, struct error *e) MUST_USE;
void capsule_fini(struct capsule *c);

#endif
