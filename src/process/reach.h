/*
 * reach: the table of descriptors of a libuv loop, grown once for all that will be.  libuv (1.44,
 * maybe_resize) ends the process where it has no memory to let the table grow: for a server that
 * would be at its busiest.
 */
#ifndef PROCESS_REACH_H
#define PROCESS_REACH_H

#include <stddef.h>
#include <uv.h>

/*
 * Have the loop bear descriptors up to this number, or to the highest that the process may have.
 * Where that cannot be had, the table grows when it must.  What it takes is freed in the loop's
 * first turn.
 */
void reach_start(uv_loop_t *loop, size_t highest);

#endif
