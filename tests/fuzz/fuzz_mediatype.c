/*
 * mediatype: whatever a file is called (the first line) and holds (the rest), it gets one media
 * type that may stand in a header; gemtext is what is called so; what is called UTF-8 is.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/utf8.h"
#include "press/mediatype.h"
#include "press/suffix.h"
#include "protocol/gemini.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+"

static void check(const char *name, struct span bytes, const char *type)
{
    size_t top = strspn(type, TOKEN);
    MUST(top > 0 && type[top] == '/');
    size_t sub = strspn(type + top + 1, TOKEN);
    const char *rest = type + top + 1 + sub;
    MUST(sub > 0 && (*rest == '\0' || strncmp(rest, "; ", 2) == 0));
    MUST(strlen(type) <= GEMINI_META_MAX);
    MUST(strpbrk(type, "\r\n\"") == NULL);
    const char *by_name = suffix_type(name);
    bool called_so = by_name != NULL && strcmp(by_name, "text/gemini") == 0;
    MUST(called_so == (strncmp(type, "text/gemini", 11) == 0));
    MUST(called_so == (strstr(type, "lang=") != NULL));
    MUST(*rest == '\0' || strncmp(type, "text/", 5) == 0);
    if (strstr(type, "charset=utf-8") != NULL)
        MUST(utf8_valid(bytes) == bytes.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mediatype *m;
    struct span name;
    struct span bytes;
    struct buf out;
    char path[64] = "";
    if (m == NULL)
        MUST(mediatype_open(&m, NULL) == ST_OK);
    fuzz_split(fuzz_input(data, size), &name, &bytes);
    if (name.n > 0)
        memcpy(path, name.p, name.n < sizeof path ? name.n : sizeof path - 1);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    MUST(fd >= 0 && (bytes.n == 0 || write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n));
    buf_init(&out, 4096);
    mediatype_of(m, path, fd, SPAN("en"), &out);
    MUST(mediatype_status(m, NULL) == ST_OK);
    check(path, bytes, buf_str(&out));
    buf_fini(&out);
    close(fd);
    return 0;
}
