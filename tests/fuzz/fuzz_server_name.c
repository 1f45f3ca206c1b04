/*
 * server_name: any bytes of the extension are a name that lies in them, or none; a whole one is
 * read as it was written.
 */
#include "fuzz.h"

#include "tls/context_internal.h"

/* The extension for a name, as RFC 6066 section 3 has it. */
static void check_whole(const uint8_t *data, size_t size)
{
    unsigned char bytes[5 + 255];
    size_t n = size < 255 ? size : 255;
    bytes[0] = (unsigned char)((n + 3) >> 8);
    bytes[1] = (unsigned char)(n + 3);
    bytes[2] = 0;
    bytes[3] = 0;
    bytes[4] = (unsigned char)n;
    if (n > 0)
        memcpy(bytes + 5, data, n);
    struct span name = context_server_name((struct span){(const char *)bytes, 5 + n});
    MUST(name.n == n && (n == 0 || memcmp(name.p, data, n) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1); /* of its own, so that reading beyond it is seen */
    MUST(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    char *whole = realloc(copy, size == 0 ? 1 : size);
    MUST(whole != NULL);
    struct span name = context_server_name((struct span){whole, size});
    MUST(name.n == 0 || (name.p == whole + 5 && name.n <= size - 5 && whole[2] == 0));
    check_whole(data, size);
    free(whole);
    return 0;
}
