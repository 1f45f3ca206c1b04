#include "tls/sign_message.h"

#include <string.h>

/* What stands before the hash in a CertificateVerify: RFC 8446 section 4.4.3. */
#define SIGN_PADDING 64
#define SIGN_CONTEXT SPAN("TLS 1.3, server CertificateVerify\0")

/* Both randoms of a ServerKeyExchange, and what precedes the point: curve type, curve, length. */
#define SIGN_RANDOMS 64
#define SIGN_PARAMS  4
#define SIGN_NAMED   3 /* ECCurveType named_curve */

const struct sign_scheme sign_schemes[SIGN_SCHEMES] = {
    {0x0403, SIGN_EC, false, "SHA256", "prime256v1", true},
    {0x0503, SIGN_EC, false, "SHA384", "secp384r1", true},
    {0x0603, SIGN_EC, false, "SHA512", "secp521r1", true},
    {0x0303, SIGN_EC, false, "SHA224", NULL, false},
    {0x0804, SIGN_RSA, true, "SHA256", NULL, true},
    {0x0805, SIGN_RSA, true, "SHA384", NULL, true},
    {0x0806, SIGN_RSA, true, "SHA512", NULL, true},
    {0x0401, SIGN_RSA, false, "SHA256", NULL, false},
    {0x0501, SIGN_RSA, false, "SHA384", NULL, false},
    {0x0601, SIGN_RSA, false, "SHA512", NULL, false},
    {0x0301, SIGN_RSA, false, "SHA224", NULL, false},
    {0x0807, SIGN_ED25519, false, NULL, NULL, true},
};

const struct sign_scheme *sign_scheme_find(unsigned code)
{
    for (size_t i = 0; i < SIGN_SCHEMES; i++) {
        if (sign_schemes[i].code == code)
            return &sign_schemes[i];
    }
    return NULL;
}

static bool sign_is_tls13(struct span message)
{
    struct span context = SIGN_CONTEXT;
    for (size_t i = 0; i < SIGN_PADDING; i++) {
        if (i >= message.n || message.p[i] != ' ')
            return false;
    }
    struct span rest = span_sub(message, SIGN_PADDING, message.n);
    size_t hash = rest.n < context.n ? 0 : rest.n - context.n;
    /* The suites of TLS 1.3 have SHA-256 or SHA-384. */
    return span_starts(rest, context) && (hash == 32 || hash == 48);
}

/* How long a point of a curve is that we offer, in its only form there is today; 0 for another. */
static size_t sign_point_size(unsigned curve)
{
    switch (curve) {
    case 23: /* secp256r1 */
        return 65;
    case 24: /* secp384r1 */
        return 97;
    case 25: /* secp521r1 */
        return 133;
    case 29: /* x25519 */
        return 32;
    case 30: /* x448 */
        return 56;
    default:
        return 0;
    }
}

static bool sign_is_tls12(struct span message)
{
    if (message.n <= SIGN_RANDOMS + SIGN_PARAMS)
        return false;
    const unsigned char *p = (const unsigned char *)message.p + SIGN_RANDOMS;
    unsigned curve = (unsigned)p[1] << 8 | p[2];
    size_t size = sign_point_size(curve);
    bool uncompressed = curve > 25 || p[SIGN_PARAMS] == 4;
    return p[0] == SIGN_NAMED && size != 0 && p[3] == size &&
           message.n == SIGN_RANDOMS + SIGN_PARAMS + size && uncompressed;
}

/* The two cannot be mixed up: behind 64 spaces, one has 'T' and the other SIGN_NAMED. */
enum sign_form sign_form_of(struct span message)
{
    if (sign_is_tls13(message))
        return SIGN_TLS13;
    return sign_is_tls12(message) ? SIGN_TLS12 : SIGN_NONE;
}

static void sign_put_number(char out[8], uint64_t number)
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (char)(unsigned char)(number >> (56 - 8 * i));
}

static uint64_t sign_get_number(const char *from)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | (unsigned char)from[i];
    return number;
}

size_t sign_request_write(const struct sign_request *request, char out[SIGN_REQUEST_MAX])
{
    char *p = out;
    sign_put_number(p, request->number);
    p += 8;
    memcpy(p, request->id.bytes, FINGERPRINT_SIZE);
    p += FINGERPRINT_SIZE;
    *p++ = (char)(unsigned char)(request->scheme >> 8);
    *p++ = (char)(unsigned char)request->scheme;
    memcpy(p, request->message.p, request->message.n);
    return (size_t)(p - out) + request->message.n;
}

bool sign_request_read(struct sign_request *request, struct span packet)
{
    const size_t head = SIGN_REQUEST_MAX - SIGN_MESSAGE_MAX;
    if (packet.n < head || packet.n > SIGN_REQUEST_MAX)
        return false;
    const unsigned char *scheme = (const unsigned char *)packet.p + head - 2;
    request->number = sign_get_number(packet.p);
    memcpy(request->id.bytes, packet.p + 8, FINGERPRINT_SIZE);
    request->scheme = (uint16_t)((unsigned)scheme[0] << 8 | scheme[1]);
    request->message = span_sub(packet, head, packet.n);
    return true;
}

size_t sign_reply_write(const struct sign_reply *reply, char out[SIGN_REPLY_MAX])
{
    sign_put_number(out, reply->number);
    out[8] = (char)reply->answer;
    if (reply->signature.n > 0)
        memcpy(out + 9, reply->signature.p, reply->signature.n);
    return 9 + reply->signature.n;
}

bool sign_reply_read(struct sign_reply *reply, struct span packet)
{
    if (packet.n < 9 || packet.n > SIGN_REPLY_MAX || (unsigned char)packet.p[8] > SIGN_FAILED)
        return false;
    reply->number = sign_get_number(packet.p);
    reply->answer = (enum sign_answer)packet.p[8];
    reply->signature = span_sub(packet, 9, packet.n);
    return (reply->answer == SIGN_DONE) == (reply->signature.n > 0);
}
