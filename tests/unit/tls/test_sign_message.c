/* What a TLS server signs, and nothing else; and the packets between worker and key process. */
#include "tls/sign_message.h"

#include "keys.h"

struct form_row {
    const char *name;
    bool tls13; /* begin with such a message ... */
    size_t at;  /* ... and put this byte there */
    char byte;
    long longer; /* bytes more or less */
    enum sign_form form;
};

static const struct form_row form_rows[] = {
    {"a CertificateVerify with SHA-256 is one of TLS 1.3", true, 100, 'x', 0, SIGN_TLS13},
    {"a CertificateVerify with SHA-384 is one of TLS 1.3", true, 100, 'x', 16, SIGN_TLS13},
    {"a hash of another length is none", true, 100, 'x', 1, SIGN_NONE},
    {"without a hash it is none", true, 0, ' ', -32, SIGN_NONE},
    {"cut in the context it is none", true, 0, ' ', -40, SIGN_NONE},
    {"a padding that is no blank makes it none", true, 63, 'x', 0, SIGN_NONE},
    {"a client's CertificateVerify is none", true, 73, 'c', 0, SIGN_NONE},
    {"without the NUL it is none", true, 97, '.', 0, SIGN_NONE},
    {"a ServerKeyExchange is one of TLS 1.2", false, 0, 'x', 0, SIGN_TLS12},
    {"explicit curves are none", false, 64, 1, 0, SIGN_NONE},
    {"a curve that we do not offer is none", false, 66, 22, 0, SIGN_NONE},
    {"a point that is too short is none", false, 0, 'x', -1, SIGN_NONE},
    {"a point that is too long is none", false, 0, 'x', 1, SIGN_NONE},
    {"a length that is not the point's makes it none", false, 67, 64, 0, SIGN_NONE},
    {"a compressed point is none", false, 68, 2, 0, SIGN_NONE},
    {"the randoms alone are none", false, 0, 'x', -69, SIGN_NONE},
};

static void forms_are_told_apart(void **state)
{
    const struct form_row *row = *state;
    struct span message = keys_message(row->tls13);
    char bytes[SIGN_MESSAGE_MAX + 1] = {0};
    memcpy(bytes, message.p, message.n);
    bytes[row->at] = row->byte;
    message = (struct span){bytes, (size_t)((long)message.n + row->longer)};
    assert_int_equal(sign_form_of(message), row->form);
}

static void every_curve_that_is_offered_is_known(void **state)
{
    (void)state;
    static const struct {
        unsigned char curve, size;
    } curves[] = {{23, 65}, {24, 97}, {25, 133}, {29, 32}, {30, 56}};
    for (size_t i = 0; i < COUNT(curves); i++) {
        unsigned char bytes[SIGN_MESSAGE_MAX] = {0};
        bytes[64] = 3;
        bytes[66] = curves[i].curve;
        bytes[67] = curves[i].size;
        bytes[68] = 4;
        struct span message = {(const char *)bytes, 68U + curves[i].size};
        assert_int_equal(sign_form_of(message), SIGN_TLS12);
    }
}

static void blanks_alone_are_nothing(void **state)
{
    (void)state;
    char bytes[SIGN_MESSAGE_MAX];
    memset(bytes, ' ', sizeof bytes);
    for (size_t n = 0; n <= sizeof bytes; n++)
        assert_int_equal(sign_form_of((struct span){bytes, n}), SIGN_NONE);
}

static void a_request_comes_as_it_went(void **state)
{
    (void)state;
    char packet[SIGN_REQUEST_MAX + 1];
    struct sign_request request = {
        .number = 0x0123456789abcdef, .scheme = 0x0403, .message = keys_message(true)};
    struct sign_request again = {0};
    memset(request.id.bytes, 0xfe, sizeof request.id.bytes);
    size_t n = sign_request_write(&request, packet);
    assert_true(sign_request_read(&again, (struct span){packet, n}));
    assert_true(again.number == request.number && again.scheme == request.scheme);
    assert_memory_equal(again.id.bytes, request.id.bytes, sizeof request.id.bytes);
    assert_span_equal(again.message, request.message);
    assert_false(sign_request_read(&again, (struct span){packet, 41}));
    assert_false(sign_request_read(&again, (struct span){packet, sizeof packet}));
}

static void a_reply_comes_as_it_went(void **state)
{
    (void)state;
    char packet[SIGN_REPLY_MAX];
    struct sign_reply again = {0};
    const struct sign_reply reply = {
        .number = 0xfedcba9876543210, .answer = SIGN_DONE, .signature = SPAN("signature")};
    size_t n = sign_reply_write(&reply, packet);
    assert_true(sign_reply_read(&again, (struct span){packet, n}));
    assert_true(again.number == reply.number && again.answer == SIGN_DONE);
    assert_span_equal(again.signature, reply.signature);
    assert_false(sign_reply_read(&again, (struct span){packet, 8}));
    assert_false(sign_reply_read(&again, (struct span){packet, 9})); /* done, without one */
    packet[8] = SIGN_REFUSED;
    assert_false(sign_reply_read(&again, (struct span){packet, n})); /* refused, with one */
    packet[8] = SIGN_FAILED + 1;
    assert_false(sign_reply_read(&again, (struct span){packet, 9}));
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, forms_are_told_apart, form_rows);
    SUITE_TEST(&s, every_curve_that_is_offered_is_known);
    SUITE_TEST(&s, blanks_alone_are_nothing);
    SUITE_TEST(&s, a_request_comes_as_it_went);
    SUITE_TEST(&s, a_reply_comes_as_it_went);
    return suite_run(&s, "tls/sign_message");
}
