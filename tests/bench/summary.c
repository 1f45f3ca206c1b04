/*
 * summary: how long does a summary take?
 *
 *     summary FILE...
 *
 * Reads each file once as plain text, makes its summary again and again for a second or so of CPU
 * time, and prints a line for each: words, sentences, microseconds of CPU for one summary.
 */
#include "article/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/file.h"
#include "import/article.h"

#define SECONDS 1.0

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum status summary_read(const char *path, struct document *doc, struct error *e)
{
    struct buf bytes;
    buf_init(&bytes, ARTICLE_TEXT_MAX);
    document_init(doc, ARTICLE_ARENA_MAX);
    enum status status = file_read(path, &bytes, e);
    if (status == ST_OK) {
        struct article_source source = {
            .bytes = buf_span(&bytes), .format = ARTICLE_TEXT, .name = path};
        status = article_read(&source, doc, e);
    }
    buf_fini(&bytes);
    return status;
}

static enum status summary_time(const char *path, struct error *e)
{
    struct document doc;
    struct summary s = {0};
    enum status status = summary_read(path, &doc, e);
    double start = cpu_seconds();
    double end = start;
    long count = 0;
    for (; status == ST_OK && end - start < SECONDS; count++) {
        status = summary_make(&doc, SUMMARY_DEFAULT, &s);
        end = cpu_seconds();
    }
    if (status == ST_OK)
        printf("%zu %zu %.1f\n", document_words(&doc), s.sentences,
               (end - start) / (double)count * 1e6);
    document_fini(&doc);
    return status;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct error e = {.message = "out of memory"};
        if (summary_time(argv[i], &e) != ST_OK) {
            fprintf(stderr, "summary: %s\n", e.message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
