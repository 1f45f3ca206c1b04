/*
 * route: a request line in, a page of the edition out.
 */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "config/option.h"
#include "edition/reader.h"
#include "net/response.h"

struct route {
    struct edition *edition;         /* in service; owned reference */
    int statics;                     /* the capsule's static/ folder, or -1; owned */
    const struct option_list *hosts; /* served names; borrowed */
};

/*
 * Open what is served.
 *
 * edition   file
 * statics   the capsule's static/ folder; may be missing
 * hosts     borrowed
 * Returns ST_OK, or what edition_open answers.
 */
enum status route_open(struct route *r, const char *edition, const char *statics,
                       const struct option_list *hosts, struct error *e) MUST_USE;

/*
 * Put the edition and static folder that have these names now in service.  What answers from the
 * old ones goes on.  On failure they stay in service.
 */
enum status route_reload(struct route *r, const char *edition, const char *statics,
                         struct error *e) MUST_USE;
void route_close(struct route *r);

/* The net_respond of a server; context is the struct route. */
void route_respond(void *context, const struct net_request *request, struct response *out);

#endif
