/*
 * rules: what capsule.conf says about addresses without a page: `redirect` (30), `moved` (31),
 * `gone` (52), `input` (10) and `sensitive-input` (11).
 *
 *     redirect = {"/old.gmi /new.gmi", "/2019-* /archive/y19-*", "/x gemini://other.example/"}
 *     gone     = {"/secret.gmi", "/draft-*"}
 *     input    = {"/quiz.gmi What is the capital?", "/go /page-*.gmi Which page?"}
 *
 * An address is a path as it stands in a URL.  With a '*' behind it, it means all addresses that
 * begin so and have no page or rule of their own, and '*' in a target stands for the rest.
 */
#ifndef PRESS_RULES_H
#define PRESS_RULES_H

#include "core/book.h"
#include "edition/rule.h"
#include "edition/writer.h"
#include "press/capsule.h"

/* Redirects that a client follows before it gives up. */
#define RULES_HOPS_MAX 5

/* One item. */
struct rules_row {
    const char *key;  /* of capsule.conf */
    struct span item; /* as it stands there; borrowed */
    struct rule rule;
    struct span place; /* in the table `page`: the mark, if it has one, and the path */
};

struct rules {
    const char *path;     /* how messages name the capsule; borrowed, as base_url */
    const char *base_url; /* an address that begins so is one of the capsule's own */
    struct rules_row *rows;
    size_t count;
    struct book own;     /* path of a rule for one address, place of one for many -> its row */
    struct rule_set set; /* those that are for many, and questions */
    struct buf text;     /* all of them, `key item` a line; empty when there are none */
    struct arena arena;
};

/*
 * Read one item.
 *
 * key     of capsule.conf, one of the five
 * item    clean text, borrowed as long as row is used
 * Returns ST_OK with *row, what it says in the arena; ST_SYNTAX with the cause alone; ST_NOMEM.
 */
enum status rules_parse(const char *key, struct span item, struct arena *arena,
                        struct rules_row *row, struct error *e) MUST_USE;

/*
 * Of the functions below those that answer ST_SYNTAX look at all items first: the log gets the
 * faults of all, e the last one.
 */

/*
 * Read all of them.  The fields path and base_url are set by the caller; rules_fini frees the rest,
 * also after an error and without a call of this.
 *
 * Returns ST_OK; ST_SYNTAX, naming the file and the item, or ST_NOMEM.
 */
enum status rules_read(struct rules *r, const struct capsule *capsule, struct error *e) MUST_USE;
void rules_fini(struct rules *r);

/*
 * Enter the addresses that have a rule instead of a page.
 *
 * addresses   of all pieces, static files and of what is generated
 * Returns ST_OK; ST_SYNTAX, naming both, when one is taken; ST_NOMEM.
 */
enum status rules_claim(const struct rules *r, struct book *addresses, struct error *e) MUST_USE;

/*
 * Follow every redirect as a client would: none may go round or on and on.  A question whose answer
 * is a page must have that page.  A redirect that leads to no page is told to the log.
 *
 * addresses   all of them
 * Returns ST_OK; ST_SYNTAX, naming the item; ST_NOMEM.
 */
enum status rules_check(const struct rules *r, const struct book *addresses,
                        struct error *e) MUST_USE;

/* Write the rows. */
enum status rules_write(const struct rules *r, struct edition_writer *w, struct error *e) MUST_USE;

#endif
