/*
 * sign_message: what was read as a request or a reply is written the same; a message that may be
 * signed has the one form or the other, in its only spelling.
 */
#include "fuzz.h"

#include "tls/sign_message.h"

static void check_message(struct span message)
{
    enum sign_form form = sign_form_of(message);
    MUST(message.n <= SIGN_MESSAGE_MAX || form == SIGN_NONE);
    if (form == SIGN_TLS13)
        MUST((message.n == 64 + 34 + 32 || message.n == 64 + 34 + 48) && message.p[97] == '\0' &&
             memcmp(message.p, "    ", 4) == 0 &&
             memcmp(message.p + 64, "TLS 1.3, server ", 16) == 0);
    if (form == SIGN_TLS12)
        MUST(message.p[64] == 3 && message.n == 68 + (size_t)(unsigned char)message.p[67]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char packet[SIGN_REPLY_MAX];
    struct sign_request request;
    struct sign_reply reply;
    struct span in = fuzz_input(data, size);
    char *copy = fuzz_copy(in);
    struct span bytes = {copy, size};
    if (sign_request_read(&request, bytes)) {
        MUST(sign_request_write(&request, packet) == size && memcmp(packet, copy, size) == 0);
        check_message(request.message);
    }
    if (sign_reply_read(&reply, bytes))
        MUST(sign_reply_write(&reply, packet) == size && memcmp(packet, copy, size) == 0);
    check_message(bytes);
    free(copy);
    return 0;
}
