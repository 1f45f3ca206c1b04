/*
 * rules_internal: what the files of rules share.
 */
#ifndef PRESS_RULES_INTERNAL_H
#define PRESS_RULES_INTERNAL_H

#include "press/rules.h"

/* Fill in an error with this status: the file, the item, and why.  Returns status. */
enum status rules_fault(const struct rules *r, const struct rules_row *row, enum status status,
                        const char *why, struct error *e);

#endif
