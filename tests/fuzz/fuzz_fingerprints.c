/*
 * fingerprints: any text is a list or refused with a message that names the file and a line; what
 * was refused leaves the list as it was; a list that was read is in order, has each fingerprint
 * once and all that it says it has, and is written down and read back the same.
 */
#include "fuzz.h"

#include "tls/fingerprint.h"

static void check_list(struct fingerprint_list *list)
{
    struct fingerprint_list other = {0};
    struct buf text;
    struct error e;
    size_t most = list->count;
    fingerprint_list_sort(list);
    MUST(list->count <= most && (list->count > 0) == (most > 0));
    buf_init(&text, (size_t)16 * 1024 * 1024);
    for (size_t i = 0; i < list->count; i++) {
        MUST(i == 0 || memcmp(&list->items[i - 1], &list->items[i], sizeof *list->items) < 0);
        MUST(fingerprint_list_has(list, &list->items[i]));
        fingerprint_write(&list->items[i], &text);
        buf_putc(&text, '\n');
    }
    MUST(fingerprint_list_parse(&other, "written", buf_span(&text), &e) == ST_OK);
    MUST(other.count == list->count);
    for (size_t i = 0; i < list->count; i++)
        MUST(memcmp(&other.items[i], &list->items[i], sizeof *list->items) == 0);
    fingerprint_list_fini(&other);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    char *text = fuzz_copy(in);
    struct fingerprint one = {{0}};
    struct fingerprint before = {{0}};
    struct fingerprint_list list = {0};
    struct error e = {.message = ""};
    enum status status = fingerprint_list_parse(&list, "fuzz", (struct span){text, size}, &e);
    if (status == ST_OK) {
        check_list(&list);
    } else {
        MUST(status == ST_SYNTAX || status == ST_LIMIT);
        MUST(strncmp(e.message, "fuzz: line ", 11) == 0);
        MUST(list.count == 0);
    }
    if (fingerprint_parse(&one, "fuzz", (struct span){text, size}, &e) != ST_OK)
        MUST(memcmp(&one, &before, sizeof one) == 0);
    else
        MUST(size >= (size_t)2 * FINGERPRINT_SIZE);
    fingerprint_list_fini(&list);
    free(text);
    return 0;
}
