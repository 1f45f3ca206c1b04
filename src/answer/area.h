/*
 * area: the parts of a capsule that only clients with a certificate may see, and which
 * certificates those are.
 *
 * The supervisor reads the files that say so (serve/admission.h) and hands their content to the
 * workers, so that no worker opens them.
 */
#ifndef ANSWER_AREA_H
#define ANSWER_AREA_H

#include "net/response.h"
#include "tls/client.h"

/* One area; any of the ways in is enough. */
struct area {
    long site;    /* which capsule of the server, from 0 */
    char *prefix; /* owned; canonical, see edition/area.h: "" is all of the capsule */
    char *prompt; /* owned; meta of a 60 */
    bool any;     /* every certificate will do */
    struct fingerprint_list prints; /* sorted; of certificates and public keys */
    struct authority *authority;    /* owned, or NULL */
};

struct areas {
    struct area *items; /* owned */
    size_t count;
};

/*
 * The area of a capsule that a path lies in (area_covers), that of the longest prefix; NULL for
 * none.
 *
 * path   canonical (url_canonical_path)
 */
const struct area *areas_find(const struct areas *areas, long site, struct span path);

/*
 * May this client enter?
 *
 * client   NULL for one without a certificate
 * meta     gets the words for a refusal; borrowed from the area, or static
 * Returns GEMINI_SUCCESS or the refusal: 60 without a certificate, 62 for one that is not valid
 * now, 61 for one that is not among those of the area.
 * Source: Gemini specification, "Status 60" to "Status 62".
 */
enum gemini_status area_judge(const struct area *area, const struct client_cert *client, time_t now,
                              const char **meta);

/* Append areas as the bytes that processes hand to each other. */
void areas_pack(const struct areas *areas, struct buf *out);

/*
 * Replace areas by packed ones.  ST_OK; ST_FORMAT, or as authority_parse and fingerprint_list_add,
 * and then they are as they were.
 */
enum status areas_unpack(struct areas *areas, struct span from, struct error *e) MUST_USE;

/* Free what is in one area, in all. */
void area_fini(struct area *area);
void areas_fini(struct areas *areas);

#endif
