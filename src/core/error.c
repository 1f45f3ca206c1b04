#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

enum status error_set(struct error *e, enum status code, int errnum, const char *fmt, ...)
{
    if (code == ST_NOMEM)
        memory_note();
    if (e == NULL)
        return code;
    e->code = code;
    e->errnum = errnum;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(e->message, sizeof e->message, fmt, args);
    va_end(args);
    if (n < 0)
        e->message[0] = '\0';
    size_t used = strlen(e->message);
    if (errnum != 0)
        snprintf(e->message + used, sizeof e->message - used, ": %s", strerror(errnum));
    for (char *c = e->message; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    return code;
}
