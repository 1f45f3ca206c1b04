/*
 * replay: a fuzz target's main() where there is no libFuzzer.  Gives each file named on the command
 * line to the target, in a block of exactly its size, so that a sanitizer sees one byte too far.
 * Prints the name of each before it starts: the last one printed is the one that crashed.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"

#define REPLAY_MAX ((size_t)64 * 1024 * 1024) /* bytes of one file */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status replay(const char *path, struct error *e)
{
    struct buf bytes;
    buf_init(&bytes, REPLAY_MAX);
    uint8_t *exact = NULL;
    enum status status = file_read(path, &bytes, e);
    if (status != ST_OK)
        goto out;
    exact = malloc(bytes.n > 0 ? bytes.n : 1);
    if (exact == NULL) {
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
        goto out;
    }
    if (bytes.n > 0)
        memcpy(exact, bytes.p, bytes.n);
    puts(path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(exact, bytes.n);
out:
    free(exact);
    buf_fini(&bytes);
    return status;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        struct error error;
        if (replay(argv[i], &error) != ST_OK) {
            fprintf(stderr, "%s: %s\n", argv[0], error.message);
            failed = 1;
        }
    }
    return failed;
}
