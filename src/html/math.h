/*
 * math: formulas in MathML, as they run in a line: "y = x²/2".
 */
#ifndef HTML_MATH_H
#define HTML_MATH_H

#include <gumbo.h>

#include "article/flow.h"

/* Is it what a formula says a second time, in TeX or another notation? */
bool math_is_annotation(const GumboNode *node);

/* Beginning and end of an element: what stands between the parts of fractions, powers, indices,
 * roots and the cells of a matrix.  Elements that are no part of a formula mean nothing. */
void math_enter(const GumboNode *node, struct flow *f);
void math_leave(const GumboNode *node, struct flow *f);

#endif
