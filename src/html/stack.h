/*
 * stack: the model that open.h describes, without the rules on when what is opened and closed.
 */
#ifndef HTML_STACK_H
#define HTML_STACK_H

#include "html/open.h"

/* What is known about an open element. */
enum {
    OPEN_DOUBT = 1,   /* it may be closed already, or may never have been opened */
    OPEN_FOREIGN = 2, /* of SVG or MathML */
    OPEN_LISTED = 4,  /* a formatting element that is opened again for what follows */
    OPEN_STUCK = 8,   /* its own end tag does not close it any more; of a template: it has parts
                       * of a table, so that what is opened in it is in doubt */
    OPEN_KEPT = 16,   /* closed with what it is in, and not opened again yet */
    OPEN_LEFT = 32,   /* a marker may be left behind it: it may outlive what it is in */
};

/* No place in the stack. */
#define STACK_NONE SIZE_MAX

/* What an element is to those below it; in SVG and MathML only the gates stop anything. */
unsigned stack_kind(const struct open_element *e);

/* Is it HTML's element of that name? */
bool stack_is(const struct open_element *e, GumboTag tag);

/* A formatting element is not opened again. */
void stack_unlist(struct open_elements *o, struct open_element *e);

/* Everything from here on may be closed. */
void stack_doubt(struct open_elements *o, size_t from);

/* Close one, leaving what is inside it open. */
void stack_remove(struct open_elements *o, size_t at);

/*
 * Close one and what is inside it.  Formatting elements stay: they are opened again, unless a
 * marker was in front of them.
 */
void stack_close(struct open_elements *o, size_t at);

/* What may be opened again is: innermost. */
void stack_reopen(struct open_elements *o);

/*
 * Is the search of an end tag, for something further out, over at e?  Nothing is closed through a
 * select.  When it is not known whether e is there, neither is what else was closed.
 */
bool stack_stops(struct open_elements *o, const struct open_element *e, unsigned kinds);

/* Where the innermost such element is, not looking past one of these kinds. */
size_t stack_find(struct open_elements *o, GumboTag tag, unsigned kinds);

/* The table that is being built, and in *cell its open cell or caption. */
size_t stack_find_table(const struct open_elements *o, size_t *cell);

/* Close all that is open inside the table at `at`, as the next row or cell of it does. */
void stack_clear_table(struct open_elements *o, size_t at);

/* Where what is behind the last marker begins. */
size_t stack_marker(const struct open_elements *o);

/*
 * At most three formatting elements that are the same are opened again.  Those with as many
 * attributes, but other bytes, may be the same.
 */
void stack_spare(struct open_elements *o, const struct open_tag *t);

/* Open one.  OPEN_FULL, or OPEN_MARKUP. */
enum open_next stack_push(struct open_elements *o, const struct open_tag *t, unsigned status);

/* Is there one anywhere?  Where the innermost is. */
size_t stack_any(const struct open_elements *o, GumboTag tag);

/* Close the innermost element when it is such a one. */
void stack_pop(struct open_elements *o, GumboTag tag);

#endif
