/*
 * ticket: any text is a ring of keys or refused with a message that names the file and shows
 * nothing of it; what was refused leaves the ring as it was; keys that were read are written down
 * and read back, and packed and unpacked, the same.  And no packed bytes make a ring that is none.
 */
#include "fuzz.h"

#include "tls/ticket.h"

static void check_ring(const struct ticket_ring *ring)
{
    MUST(ring->count >= 1 && ring->count <= TICKET_KEYS_MAX);
    for (size_t i = 0; i < ring->count; i++) {
        for (size_t k = 0; k < i; k++)
            MUST(memcmp(ring->keys[i], ring->keys[k], 16) != 0);
    }
}

static void check_written(const struct ticket_ring *ring)
{
    struct ticket_ring other = {0};
    struct buf text;
    struct error e;
    buf_init(&text, 4096);
    for (size_t i = 0; i < ring->count; i++) {
        for (size_t k = 0; k < TICKET_KEY_SIZE; k++)
            buf_putf(&text, "%02x", ring->keys[i][k]);
        buf_putc(&text, '\n');
    }
    MUST(ticket_parse(&other, "written", buf_span(&text), &e) == ST_OK);
    MUST(ticket_same(ring, &other));
    buf_fini(&text);
}

static void check_packed(const struct ticket_ring *ring)
{
    unsigned char packed[TICKET_PACKED_SIZE];
    struct ticket_ring other = {0};
    struct error e;
    ticket_pack(ring, packed);
    MUST(ticket_unpack(&other, packed, &e) == ST_OK);
    MUST(ticket_same(ring, &other));
}

static void check_unpacked(const uint8_t *data, size_t size)
{
    unsigned char packed[TICKET_PACKED_SIZE] = {0};
    struct ticket_ring ring = {0};
    struct error e;
    if (size > 0)
        memcpy(packed, data, size < sizeof packed ? size : sizeof packed);
    if (ticket_unpack(&ring, packed, &e) == ST_OK)
        MUST(ring.count == packed[0] && ring.count <= TICKET_KEYS_MAX);
    else
        MUST(ring.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    char *text = fuzz_copy(in);
    struct ticket_ring before = {.count = 1, .keys = {{1, 2, 3}}};
    struct ticket_ring ring = before;
    struct error e = {.message = ""};
    enum status status = ticket_parse(&ring, "fuzz", (struct span){text, size}, &e);
    if (status == ST_OK) {
        check_ring(&ring);
        check_written(&ring);
        check_packed(&ring);
    } else {
        MUST(status == ST_SYNTAX || status == ST_LIMIT);
        MUST(strncmp(e.message, "fuzz: ", 6) == 0);
        MUST(ticket_same(&ring, &before));
    }
    check_unpacked(data, size);
    free(text);
    return 0;
}
