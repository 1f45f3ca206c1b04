#include "net/response.h"

#include <stdio.h>

void response_set(struct response *r, enum gemini_status status, const char *meta)
{
    r->status = status;
    r->size = 0;
    snprintf(r->meta, sizeof r->meta, "%s", meta);
}
