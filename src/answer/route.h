/*
 * route: a request line in, a page of the host's edition out.
 */
#ifndef ANSWER_ROUTE_H
#define ANSWER_ROUTE_H

#include "answer/area.h"
#include "config/option.h"
#include "core/file.h"
#include "edition/reader.h"
#include "net/response.h"

/* One capsule. */
struct route {
    struct edition *edition;         /* in service; owned reference; NULL when there is none yet */
    struct file_stamp stamp;         /* of its file */
    int statics;                     /* the capsule's static/ folder, or -1; owned */
    const struct option_list *hosts; /* served names; borrowed */
    const struct areas *areas;       /* borrowed; set by the caller, or NULL for none */
    long site;                       /* the capsule's number among them; likewise */
    bool told;                       /* for the caller: that a reload failed is in the log */
    bool damaged;                    /* likewise: what has the edition's name is no edition */
};

/* All that a server answers. */
struct routes {
    struct route *items; /* borrowed; no two have a host in common */
    size_t count;
    uint16_t public_port; /* served whatever the connection's port is; 0 for none */
};

/*
 * Open what is served.
 *
 * edition   file
 * statics   the capsule's static/ folder; may be missing
 * hosts     borrowed
 * Returns ST_OK, or what edition_open answers; then requests are told to come back later until
 * route_reload has an edition.  Either way route_close gives back what it holds.
 */
enum status route_open(struct route *r, const char *edition, const char *statics,
                       const struct option_list *hosts, struct error *e) MUST_USE;

/*
 * Put the edition and static folder that have these names now in service.  What answers from the
 * old ones goes on; an edition that is still the same file is not opened again, unless it seemed to
 * be damaged, which may have been the disk's mood.  On failure they stay in service.
 */
enum status route_reload(struct route *r, const char *edition, const char *statics,
                         struct error *e) MUST_USE;
void route_close(struct route *r);

/* The net_respond of a server; context is the struct routes.  The URL's host chooses. */
void route_respond(void *context, const struct net_request *request, struct response *out);

#endif
