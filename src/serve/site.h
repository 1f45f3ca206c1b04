/*
 * site: what belongs to one vhost in the supervisor: its names and certificate, its capsule, the
 * edition that is pressed from it, the watch over it.
 */
#ifndef SERVE_SITE_H
#define SERVE_SITE_H

#include "config/server.h"
#include "serve/admission.h"
#include "serve/certs.h"
#include "serve/job.h"
#include "serve/watch.h"
#include "worker/worker.h"

struct site {
    const struct vhost_config *config; /* borrowed */
    struct option_list names;          /* the main one first; the array is owned, they are not */
    struct option_list areas;          /* prefixes of its areas; the same */
    struct buf edition;                /* path of the edition, NUL-ended */
    struct buf statics;                /* path of static/ */
    struct buf base_url;               /* "gemini://NAME/", with the port unless it is Gemini's */
    struct job job;
    struct watch *watch; /* NULL until site_start */
    bool tried;          /* the capsule has been pressed, well or not */
    bool served;         /* the log says so */
    bool pressed;        /* there has been an edition */
    bool lost;           /* and it is gone: the log says so */
    void (*on_pressed)(struct site *site, bool good);
    void (*on_stopped)(void *owner);
    void *owner; /* of both */
};

struct sites {
    struct site *items; /* owned; the first is the default one */
    size_t count;
};

/*
 * Can all these vhosts be served beside each other?  ST_OK, or ST_SYNTAX for what is no host name
 * or address, and for a name that two of them want.
 */
enum status sites_check(const struct server_config *config, struct error *e) MUST_USE;

/* Make the sites of a configuration (sites_fini frees them).  ST_OK or ST_NOMEM. */
enum status sites_init(struct sites *sites, const struct server_config *config,
                       struct error *e) MUST_USE;
void sites_fini(struct sites *sites);

/*
 * A private key or an edition among the published files would be published with them.
 *
 * path   of a file or folder
 * Returns ST_OK, or ST_FORMAT when it lies in a published folder of any site.
 */
enum status sites_check_private(const struct sites *sites, const char *path,
                                struct error *e) MUST_USE;

/*
 * Get the certificate of each: the vhost's own, or that in `dir`, which is made when it is
 * missing.
 *
 * certs   gets them in the order of the sites, which it borrows the names of
 * Returns as identity_open, sites_check_private and certs_add.
 */
enum status sites_open_identities(const struct sites *sites, const char *dir, struct certs *certs,
                                  struct error *e) MUST_USE;

/*
 * Read who may enter which area of which site.  Returns as admission_add and sites_check_private:
 * a list of members is no page.
 */
enum status sites_open_areas(const struct sites *sites, struct admission *admission,
                             struct error *e) MUST_USE;

/*
 * Decide where the editions are: STATE/NAME.db, NAME being the main one; a sole site's is
 * STATE/edition.db, whatever --host says, for its folder is that of its capsule.
 */
void sites_place(struct sites *sites, const char *state, bool sole);

/* Decide on the base URLs; port is the first that is listened on. */
void sites_make_base_urls(struct sites *sites, unsigned port);

/*
 * What the workers are told of a site; borrowed from it, for the call of options_write.
 */
struct worker_vhost site_settings(const struct site *site);

/*
 * Watch the capsule and press it, now and whenever it changes.
 *
 * queue     of all jobs, borrowed for the site's life
 * config    how press runs: sandbox, press-timeout; borrowed for the site's life
 * The caller has set on_pressed, called after each run of press, and on_stopped, called after
 * site_stop, when the struct may go.
 * Returns ST_OK (site_stop ends it) or ST_NOMEM.
 */
enum status site_start(struct site *site, uv_loop_t *loop, struct job_queue *queue,
                       const struct server_config *config, struct error *e) MUST_USE;

/*
 * Does another reading of the configuration have the same site: are the edition and all that goes
 * into it the same?  Then its edition is good for this one, too.
 */
bool site_is_same(const struct site *site, const struct site *other);

/* Press nothing for a while; site_wake presses what may have changed meanwhile. */
void site_rest(struct site *site);
void site_wake(struct site *site);

/* Look at the whole capsule again, as an operator asks for. */
void site_renew(struct site *site);

/* Look whether the edition is damaged, and make another one if so. */
void site_mend(struct site *site);
void site_stop(struct site *site);

/* Whether there is an edition that can be served. */
bool site_has_edition(const struct site *site);

/* Look whether the edition is still there, and make another one if not. */
void site_look(struct site *site);

/* Tell the log where the capsule can be read, or that it cannot yet. */
void site_tell_served(struct site *site);

#endif
