/*
 * rules_internal: what the files of rules share.
 */
#ifndef PRESS_RULES_INTERNAL_H
#define PRESS_RULES_INTERNAL_H

#include "press/rules.h"

/* Fill in an error with this status: the file, the item, and why.  Returns status. */
enum status rules_fault(const struct rules *r, const struct rules_row *row, enum status status,
                        const char *why, struct error *e);

/* How several items did, of which each may have its fault. */
struct rules_faults {
    enum status status;
    size_t count;
};

/*
 * Take note of one more: of several faults the log gets all but the last, twenty at most, and the
 * caller's e the last.  Returns false after what leaves no use in looking at others.
 */
bool rules_note(struct rules_faults *f, enum status status, const struct error *cause,
                struct error *e);

#endif
