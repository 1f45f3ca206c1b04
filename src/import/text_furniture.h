/*
 * text_furniture: recognises what a news page has around its article: the prompt "No time to read?
 * Get a summary" and the markers "Previous Article" and "Next Article".
 */
#ifndef IMPORT_TEXT_FURNITURE_H
#define IMPORT_TEXT_FURNITURE_H

#include "core/span.h"

/* Longest title, in characters. */
#define TEXT_TITLE_MAX 250

enum text_role {
    ROLE_TEXT,     /* no marker */
    ROLE_PREVIOUS, /* marks the title of the piece before this one */
    ROLE_NEXT,     /* of the one after it */
    ROLE_BOTH,     /* both markers in one line, which have no titles */
};

/*
 * What would a line be if it stood at the page's head or foot?
 *
 * line    trimmed
 * title   gets the title on the same line ("Next Article: ..."), empty when there is none
 * Any case, any blanks between the words, arrows and brackets around them.
 */
enum text_role text_marker(struct span line, struct span *title);

/*
 * Does a prompt begin at the line that starts at `at`?  Returns where the line behind its last one
 * starts, or 0.  The words may be broken over lines anywhere; with any other word in one of those
 * lines, or as part of a sentence that comes from the line above or goes on below, it is text.
 */
size_t text_prompt(struct span text, size_t at);

/* A title without the arrows at its ends that point to the piece. */
struct span text_without_arrows(struct span title);

#endif
