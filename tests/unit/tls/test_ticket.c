#include "tls/ticket.h"

#include "connection.h"

#define NAME 16 /* bytes of a key's name */
#define FULL TICKET_KEYS_MAX

/* A line of a file: a key of one byte alone, which is given as two digits. */
#define TEN(x)    x x x x x x x x x x
#define KEY(byte) TEN(byte byte byte byte byte byte byte byte)

_Static_assert(sizeof KEY("41") - 1 == (size_t)2 * TICKET_KEY_SIZE, "80 bytes");

static struct error error;

/* A ring of keys, each of one byte alone; a zero ends them. */
static struct ticket_ring ring_of(const char *bytes)
{
    struct ticket_ring ring = {.count = strlen(bytes)};
    for (size_t i = 0; i < ring.count; i++)
        memset(ring.keys[i], bytes[i], TICKET_KEY_SIZE);
    return ring;
}

/* The keys of such a ring, as ring_of takes them. */
static const char *bytes_of(const struct ticket_ring *ring)
{
    static char bytes[FULL + 1];
    assert_in_range(ring->count, 0, FULL);
    for (size_t i = 0; i < ring->count; i++) {
        bytes[i] = (char)ring->keys[i][0];
        for (size_t k = 0; k < TICKET_KEY_SIZE; k++)
            assert_int_equal(ring->keys[i][k], bytes[i]);
    }
    bytes[ring->count] = '\0';
    return bytes;
}

static void a_new_key_goes_before_the_others(void **state)
{
    (void)state;
    struct ticket_ring ring = {0};
    for (size_t turn = 1; turn < 6; turn++) {
        struct ticket_ring before = ring;
        size_t expected = turn < FULL ? turn : FULL;
        assert_status(ticket_rotate(&ring, &error), ST_OK, &error);
        assert_int_equal(ring.count, expected);
        assert_memory_equal(ring.keys[1], before.keys[0], (expected - 1) * TICKET_KEY_SIZE);
        for (size_t i = 0; i < before.count; i++) {
            assert_memory_not_equal(ring.keys[0], before.keys[i], NAME);
            assert_memory_not_equal(ring.keys[0] + NAME, before.keys[i] + NAME, 32);
            assert_memory_not_equal(ring.keys[0] + NAME + 32, before.keys[i] + NAME + 32, 32);
        }
    }
}

struct parse_row {
    const char *name;
    struct span text;
    const char *keys;    /* what is read, or NULL */
    const char *message; /* part of what is said else */
    enum status expected;
};

static const struct parse_row parse_rows[] = {
    {"one key is read", BYTES(KEY("41") "\n"), "A", NULL, ST_OK},
    {"three keys are read, the newest first", BYTES(KEY("43") "\n" KEY("42") "\n" KEY("41") "\n"),
     "CBA", NULL, ST_OK},
    {"a last line needs no end", BYTES(KEY("42") "\n" KEY("41")), "BA", NULL, ST_OK},
    {"lines may end in CRLF", BYTES(KEY("42") "\r\n" KEY("41") "\r\n"), "BA", NULL, ST_OK},
    {"blanks and empty lines do not count", BYTES("\n \t\n " KEY("42") " \n\n" KEY("41") "\n\n"),
     "BA", NULL, ST_OK},
    {"digits may be large or small", BYTES(KEY("4a") "\n" KEY("4B")), "JK", NULL, ST_OK},
    {"an empty file has no key", BYTES(""), NULL, "keys: no ticket key in it", ST_SYNTAX},
    {"a file of empty lines has no key", BYTES("\n\n"), NULL, "no ticket key", ST_SYNTAX},
    {"a fourth key is too many", BYTES(KEY("41") "\n" KEY("42") "\n" KEY("43") "\n" KEY("44") "\n"),
     NULL, "keys: line 4: more than 3 ticket keys", ST_LIMIT},
    {"a key that is too short is told", BYTES(KEY("41") "\nabcdef\n"), NULL,
     "keys: line 2: 6 hexadecimal digits, a ticket key has 160", ST_SYNTAX},
    {"a key that is too long is told", BYTES("\n" KEY("41") "4\n"), NULL,
     "keys: line 2: 161 hexadecimal digits", ST_SYNTAX},
    {"two keys on a line are told", BYTES(KEY("41") " " KEY("42")), NULL,
     "line 1: character 161 is no hexadecimal digit", ST_SYNTAX},
    {"what is no digit is told", BYTES("12g4"), NULL,
     "keys: line 1: character 3 is no hexadecimal digit", ST_SYNTAX},
    {"a NUL is no digit", BYTES(KEY("41") "\n\0"), NULL, "line 2: character 1", ST_SYNTAX},
    {"a byte that is not ASCII is no digit", BYTES("\xff\xfe"), NULL, "character 1", ST_SYNTAX},
    {"a name that comes twice is told", BYTES(KEY("41") "\n" KEY("42") "\n" KEY("41")), NULL,
     "keys: line 3: the name", ST_SYNTAX},
};

static void a_text_is_keys_or_says_where_it_is_not(void **state)
{
    const struct parse_row *row = *state;
    struct ticket_ring ring = ring_of("xyz");
    enum status status = ticket_parse(&ring, "keys", row->text, &error);
    assert_status(status, row->expected, &error);
    assert_string_equal(bytes_of(&ring), row->keys == NULL ? "xyz" : row->keys);
    if (row->message != NULL)
        assert_contains(error.message, row->message);
}

static void a_message_does_not_tell_the_keys(void **state)
{
    (void)state;
    struct ticket_ring ring = {0};
    struct span text = SPAN("5ec7e75ec7e7-5ec7e7");
    assert_status(ticket_parse(&ring, "keys", text, &error), ST_SYNTAX, &error);
    assert_null(strstr(error.message, "5ec7e7"));
}

struct mode_row {
    const char *name;
    mode_t mode;
    enum status expected;
};

static const struct mode_row mode_rows[] = {
    {"a file of its owner's alone is read", 0600, ST_OK},
    {"a file that its owner cannot write is read", 0400, ST_OK},
    {"a file that the group can read is refused", 0640, ST_FORMAT},
    {"a file that all can read is refused", 0604, ST_FORMAT},
    {"a file that others can write is refused", 0602, ST_FORMAT},
};

static void a_file_that_others_can_read_is_refused(void **state)
{
    const struct mode_row *row = *state;
    struct ticket_ring ring = ring_of("xyz");
    const char *path = folder_put("keys", SPAN(KEY("42") "\n" KEY("41") "\n"));
    assert_int_equal(chmod(path, row->mode), 0);
    assert_status(ticket_read_file(&ring, path, &error), row->expected, &error);
    assert_string_equal(bytes_of(&ring), row->expected == ST_OK ? "BA" : "xyz");
    if (row->expected != ST_OK) {
        assert_contains(error.message, path);
        assert_contains(error.message, "others can read: chmod 600");
    }
}

static void what_is_no_file_of_keys_is_named(void **state)
{
    (void)state;
    static char large[8192];
    struct ticket_ring ring = ring_of("xyz");
    const char *missing = folder_path("missing");
    const char *fifo = folder_path("fifo");
    memset(large, '\n', sizeof large);
    const char *big = folder_put("big", (struct span){large, sizeof large});
    const char *bad = folder_put("bad", SPAN("\n\nabc\n"));
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(chmod(big, 0600) | chmod(bad, 0600) | chmod(test_folder, 0700), 0);
    assert_status(ticket_read_file(&ring, missing, &error), ST_MISSING, &error);
    assert_contains(error.message, missing);
    assert_status(ticket_read_file(&ring, fifo, &error), ST_FORMAT, &error);
    assert_contains(error.message, fifo);
    assert_status(ticket_read_file(&ring, test_folder, &error), ST_FORMAT, &error);
    assert_status(ticket_read_file(&ring, big, &error), ST_LIMIT, &error);
    assert_contains(error.message, big);
    assert_status(ticket_read_file(&ring, bad, &error), ST_SYNTAX, &error);
    assert_contains(error.message, bad);
    assert_contains(error.message, ": line 3: ");
    assert_string_equal(bytes_of(&ring), "xyz");
}

static void a_packed_ring_comes_out_the_same(void **state)
{
    (void)state;
    static const char *const rings[] = {"a", "ab", "abc"};
    unsigned char packed[TICKET_PACKED_SIZE];
    for (size_t i = 0; i < COUNT(rings); i++) {
        struct ticket_ring ring = ring_of(rings[i]);
        struct ticket_ring other = ring_of("xyz");
        memset(packed, 0xff, sizeof packed);
        ticket_pack(&ring, packed);
        assert_status(ticket_unpack(&other, packed, &error), ST_OK, &error);
        assert_string_equal(bytes_of(&other), rings[i]);
        assert_true(ticket_same(&ring, &other));
    }
    static const unsigned char counts[] = {0, FULL + 1, 255};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct ticket_ring other = ring_of("xyz");
        packed[0] = counts[i];
        assert_status(ticket_unpack(&other, packed, &error), ST_FORMAT, &error);
        assert_string_equal(bytes_of(&other), "xyz");
    }
}

static void rings_are_the_same_when_all_their_keys_are(void **state)
{
    (void)state;
    struct ticket_ring ring = ring_of("abc");
    static const char *const others[] = {"ab", "bac", "abd", ""};
    for (size_t i = 0; i < COUNT(others); i++) {
        struct ticket_ring other = ring_of(others[i]);
        assert_false(ticket_same(&ring, &other));
    }
    struct ticket_ring other = ring_of("abc");
    assert_true(ticket_same(&ring, &other));
    other.keys[2][TICKET_KEY_SIZE - 1] ^= 1;
    assert_false(ticket_same(&ring, &other));
}

static void nothing_is_left_of_what_is_wiped(void **state)
{
    (void)state;
    struct ticket_ring ring = ring_of("abc");
    static const struct ticket_ring nothing;
    ticket_wipe(&ring);
    assert_memory_equal(ring.keys, nothing.keys, sizeof ring.keys);
    assert_int_equal(ring.count, 0);
}

/* Tickets in connections. */

static void use_keys(const char *bytes)
{
    struct ticket_ring ring = ring_of(bytes);
    context_set_tickets(ctx, &ring);
}

/* End a connection so that its session stays good; the caller frees it. */
static SSL_SESSION *take_session(void)
{
    server_says("answer");
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_client_hears("answer", SSL_ERROR_WANT_READ);
    SSL_SESSION *session = SSL_get1_session(client);
    SSL_shutdown(client);
    assert_int_equal(SSL_SESSION_is_resumable(session), 1);
    return session;
}

static SSL_SESSION *first_session(int version)
{
    SSL_CTX_set_max_proto_version(client_ctx, version);
    SSL_CTX_set_min_proto_version(client_ctx, version);
    open_connection();
    connect_both();
    assert_false(channel_resumed(ch));
    return take_session();
}

/* The newest ticket after another connection with it; consumes the session. */
static SSL_SESSION *next_session(SSL_SESSION *session, bool resumed)
{
    open_connection();
    int set = SSL_set_session(client, session);
    SSL_SESSION_free(session);
    assert_int_equal(set, 1);
    connect_both();
    assert_int_equal(channel_resumed(ch), resumed);
    assert_int_equal(SSL_session_reused(client), resumed);
    return take_session();
}

static struct span ticket_of(const SSL_SESSION *session)
{
    const unsigned char *ticket = NULL;
    size_t n = 0;
    SSL_SESSION_get0_ticket(session, &ticket, &n);
    return (struct span){(const char *)ticket, n};
}

struct ring_row {
    const char *name;
    int version;
    const char *later; /* the ring of the second connection; that of the first is "a" */
    bool resumed;
    char sealer; /* of the ticket that the client has after it */
};

static const struct ring_row ring_rows[] = {
    {"1.2: the newest key opens", TLS1_2_VERSION, "a", true, 'a'},
    {"1.2: the key before opens, and is replaced", TLS1_2_VERSION, "ba", true, 'b'},
    {"1.2: the key before that opens, and is replaced", TLS1_2_VERSION, "cba", true, 'c'},
    {"1.2: a dropped key opens nothing", TLS1_2_VERSION, "dcb", false, 'd'},
    {"1.3: the newest key opens", TLS1_3_VERSION, "a", true, 'a'},
    {"1.3: the key before opens, and is replaced", TLS1_3_VERSION, "ba", true, 'b'},
    {"1.3: the key before that opens, and is replaced", TLS1_3_VERSION, "cba", true, 'c'},
    {"1.3: a dropped key opens nothing", TLS1_3_VERSION, "dcb", false, 'd'},
};

static void a_ticket_is_good_while_its_key_is_in_the_ring(void **state)
{
    const struct ring_row *row = *state;
    char sealer[NAME];
    use_keys("a");
    SSL_SESSION *session = first_session(row->version);
    use_keys(row->later);
    session = next_session(session, row->resumed);
    struct span ticket = ticket_of(session);
    memset(sealer, row->sealer, sizeof sealer);
    assert_true(ticket.n > NAME);
    assert_memory_equal(ticket.p, sealer, NAME);
    session = next_session(session, true); /* and the new ticket is as good */
    SSL_SESSION_free(session);
}

static void a_ticket_of_tls13_is_replaced_each_time(void **state)
{
    (void)state;
    static char before[4096];
    SSL_SESSION *session = first_session(TLS1_3_VERSION);
    for (int i = 0; i < 3; i++) {
        struct span ticket = ticket_of(session);
        assert_in_range(ticket.n, 1, sizeof before);
        memcpy(before, ticket.p, ticket.n);
        size_t n = ticket.n;
        session = next_session(session, true);
        ticket = ticket_of(session);
        assert_false(span_eq(ticket, (struct span){before, n}));
    }
    SSL_SESSION_free(session);
}

/* The same session with one byte of its ticket changed; consumes it. */
static SSL_SESSION *spoil(SSL_SESSION *session, size_t at)
{
    static unsigned char der[16384];
    unsigned char *end = der;
    int n = i2d_SSL_SESSION(session, NULL);
    assert_in_range(n, 1, sizeof der);
    assert_int_equal(i2d_SSL_SESSION(session, &end), n);
    struct span ticket = ticket_of(session);
    unsigned char *found = memmem(der, (size_t)n, ticket.p, ticket.n);
    assert_non_null(found);
    found[at < ticket.n ? at : ticket.n - 1] ^= 1;
    SSL_SESSION_free(session);
    const unsigned char *start = der;
    session = d2i_SSL_SESSION(NULL, &start, n);
    assert_non_null(session);
    return session;
}

static void a_spoilt_ticket_is_just_a_new_handshake(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const size_t places[] = {0, NAME - 1, NAME, 31, 32, 100, SIZE_MAX}; /* name, IV, ... */
    for (size_t v = 0; v < COUNT(versions); v++) {
        for (size_t i = 0; i < COUNT(places); i++) {
            SSL_SESSION *session = spoil(first_session(versions[v]), places[i]);
            SSL_SESSION_free(next_session(session, false));
        }
    }
}

static void early_data_is_neither_promised_nor_read(void **state)
{
    (void)state;
    size_t put = 0;
    SSL_SESSION *session = first_session(TLS1_3_VERSION);
    assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
    SSL_SESSION_set_max_early_data(session, 1000); /* a client that does not care */
    open_connection();
    int set = SSL_set_session(client, session);
    SSL_SESSION_free(session);
    assert_int_equal(set, 1);
    assert_int_equal(SSL_write_early_data(client, "early", 5, &put), 1);
    connect_both();
    assert_int_equal(SSL_get_early_data_status(client), SSL_EARLY_DATA_REJECTED);
    assert_true(channel_resumed(ch));
    client_says("late");
    assert_string_equal(server_hears(CHANNEL_DONE), "late");
}

static void only_two_versions_have_a_name(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "1", "1.1", "1.4", "1.20", " 1.2", "TLSv1.2", "tls1.3"};
    enum context_version version = CONTEXT_TLS13;
    assert_status(context_version_find("1.2", &version, &error), ST_OK, &error);
    assert_int_equal(version, CONTEXT_TLS12);
    assert_status(context_version_find("1.3", &version, &error), ST_OK, &error);
    assert_int_equal(version, CONTEXT_TLS13);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_status(context_version_find(bad[i], &version, &error), ST_SYNTAX, &error);
    assert_contains(error.message, "tls-min");
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_TEST(&s, a_new_key_goes_before_the_others);
    SUITE_ROWS(&s, a_text_is_keys_or_says_where_it_is_not, parse_rows);
    SUITE_TEST(&s, a_message_does_not_tell_the_keys);
    SUITE_ROWS(&s, a_file_that_others_can_read_is_refused, mode_rows);
    SUITE_TEST(&s, what_is_no_file_of_keys_is_named);
    SUITE_TEST(&s, a_packed_ring_comes_out_the_same);
    SUITE_TEST(&s, rings_are_the_same_when_all_their_keys_are);
    SUITE_TEST(&s, nothing_is_left_of_what_is_wiped);
    SUITE_TEST(&s, only_two_versions_have_a_name);
    s.setup = connection_make;
    s.teardown = connection_remove;
    SUITE_ROWS(&s, a_ticket_is_good_while_its_key_is_in_the_ring, ring_rows);
    SUITE_TEST(&s, a_ticket_of_tls13_is_replaced_each_time);
    SUITE_TEST(&s, a_spoilt_ticket_is_just_a_new_handshake);
    SUITE_TEST(&s, early_data_is_neither_promised_nor_read);
    return suite_run(&s, "tls/ticket");
}
