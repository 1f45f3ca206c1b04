/*
 * admission: who may enter which area, as the supervisor keeps it: what the configuration and the
 * files that it names say, ready to be handed to the workers.
 */
#ifndef SERVE_ADMISSION_H
#define SERVE_ADMISSION_H

#include "answer/area.h"
#include "config/area.h"

/* All zeros is one without areas. */
struct admission {
    struct areas areas;
    const struct area_config **configs; /* owned array, of each area; what is in it is borrowed */
    struct buf packed;                  /* areas_pack's; to be read by all */
};

/* Begin, without areas. */
void admission_init(struct admission *a);

/*
 * Add the areas of a capsule and read the files that they name.
 *
 * site       number of the capsule
 * sections   of config/area.h; borrowed for the admission's life
 * Returns ST_OK; else a message that names the area and the file, or the line of a list: ST_SYNTAX,
 * ST_MISSING, ST_IO, ST_CRYPTO, ST_EXISTS (a prefix that is there already), ST_LIMIT, ST_NOMEM or
 * ST_FORMAT (no regular file, or one that everybody may write to).
 */
enum status admission_add(struct admission *a, long site, const struct option_sections *sections,
                          struct error *e) MUST_USE;

/* All are added: log who may enter, and pack them.  ST_OK or ST_NOMEM. */
enum status admission_ready(struct admission *a, struct error *e) MUST_USE;

/*
 * Read the files again.  What cannot be read is told in the log, and that area stays as it was.
 * Returns whether anything is other than before.
 */
bool admission_renew(struct admission *a);

void admission_fini(struct admission *a);

#endif
