#include "protocol/request.h"

enum request_state request_find(struct span in, struct span *line)
{
    for (size_t i = 0; i < in.n; i++) {
        if (i == GEMINI_URL_MAX && in.p[i] != '\r')
            return in.p[i] == '\n' ? REQUEST_BAD_END : REQUEST_TOO_LONG;
        if (in.p[i] == '\n')
            return REQUEST_BAD_END;
        if (in.p[i] != '\r')
            continue;
        if (i + 1 == in.n)
            return REQUEST_MORE;
        if (in.p[i + 1] != '\n')
            return REQUEST_BAD_END;
        *line = span_sub(in, 0, i);
        return REQUEST_LINE;
    }
    return REQUEST_MORE;
}

const char *request_fault(enum request_state state)
{
    switch (state) {
    case REQUEST_TOO_LONG:
        return "The request is longer than 1024 bytes";
    case REQUEST_BAD_END:
        return "The request must be one line that ends in CRLF";
    case REQUEST_MORE:
    case REQUEST_LINE:
        break;
    }
    return "The request could not be understood";
}
