/*
 * text_shape: which line ends of a plain text are its author's, and which come from a program that
 * wrapped it at a width; which of its lines are headings.
 */
#ifndef IMPORT_TEXT_SHAPE_H
#define IMPORT_TEXT_SHAPE_H

#include "import/text_lines.h"

/* A line of so many columns was never wrapped, if nobody says that the text is wrapped. */
#define TEXT_UNWRAPPED_MIN 121
/* A line with less was not wrapped because it was full. */
#define TEXT_WRAPPED_MIN 45

/* What holds for a whole text. */
struct text_shape {
    size_t width; /* the columns at which it was wrapped; 0 when it was not, or that is not known */
    bool wrapped; /* somebody said that it is, whatever its lines look like */
    bool quotes;  /* at least two of its lines begin with ">": one alone is text that begins so */
    bool headings; /* it has at least two lines that look like headings if they have company */
};

/* Look at all of a body (see text_frame.h). */
enum status text_shape_look(struct span body, bool wrapped, struct text_shape *shape) MUST_USE;

/* How lines that follow each other directly belong together. */
enum text_way {
    TEXT_APART,    /* every line end is meant */
    TEXT_JOINED,   /* none is */
    TEXT_HEADED,   /* none but the first */
    TEXT_INDENTED, /* a paragraph begins at every line that is indented more than the others */
    TEXT_RAGGED,   /* those that are meant come behind a sentence and long before the width */
};

struct text_joint {
    enum text_way way;
    size_t from;    /* index of the first of the lines */
    uint8_t indent; /* of the lines at which a paragraph begins */
};

/* How the lines from..to of a group belong together. */
struct text_joint text_shape_joint(const struct text_shape *shape, const struct text_lines *l,
                                   size_t from, size_t to);

/* Is the line end before line i, not the first of those lines, meant? */
bool text_shape_breaks(const struct text_shape *shape, const struct text_lines *l,
                       const struct text_joint *joint, size_t i);

/* How sure it is that a group is a heading. */
enum text_heading {
    TEXT_NO_HEADING,
    TEXT_HEADING_IN_COMPANY, /* if the text has at least two */
    TEXT_HEADING,
};

/*
 * Is the group a heading: one short line in capitals, or with a number, above running text?
 *
 * after_number    the group before it began with a number, as items of a list do
 */
enum text_heading text_shape_heading(const struct text_lines *l, bool after_number);

#endif
