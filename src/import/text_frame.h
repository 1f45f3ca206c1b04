/*
 * text_frame: what stands around the text of an article: its title, the titles of its neighbours
 * with their markers, the prompts of the page.
 */
#ifndef IMPORT_TEXT_FRAME_H
#define IMPORT_TEXT_FRAME_H

#include "article/document.h"

/*
 * Find the body of a text.
 *
 * text   clean text
 * doc    gets title, previous and next where it does not have them yet.  Its title, where it has
 *        one, is dropped from the text where it begins it and where it stands again before the body
 * body   gets the part of text that is left; prompts inside it are the reader's to leave out
 * title  gets the title when it was taken out of the text: when nothing else turns out to be text,
 *        it is; absent otherwise
 * Returns ST_OK or ST_NOMEM.
 */
enum status text_frame(struct span text, struct document *doc, struct span *body,
                       struct span *title, struct error *e) MUST_USE;

#endif
