/*
 * rules: first line a letter for the key and an item of capsule.conf, the rest a URL that a client
 * sends.  An item is taken or told; what is taken is a canonical address and a target that is a URI
 * reference; and whatever the client sends, it is led to the host that the author wrote, by a
 * redirect that fits its line.
 */
#include "fuzz.h"

#include "press/rules.h"
#include "protocol/url.h"

#define CAP ((size_t)1024 * 1024)

static const char *const keys[] = {"redirect", "moved", "gone", "input", "sensitive-input"};

/* A target as a client reads it: the URL that it leads to from this capsule. */
static void resolve(struct span target, struct buf *out, struct url *url)
{
    struct error e;
    MUST(target.n > 0 && target.n <= GEMINI_META_MAX);
    MUST(!span_starts(target, SPAN("//")));
    buf_clear(out);
    if (target.p[0] == '/')
        buf_puts(out, "gemini://own.example");
    buf_put(out, target);
    MUST(buf_status(out) == ST_OK);
    MUST(url_parse(buf_span(out), url, &e) == ST_OK);
    MUST(span_eq_nocase(url->scheme, SPAN("gemini")));
    MUST(!url_has_dot_segment(url->path));
}

/* What becomes of a target with something of the client's in it. */
static void check_filled(struct span target, struct span rest)
{
    struct buf filled;
    struct buf before;
    struct buf after;
    struct url from;
    struct url to;
    buf_init(&filled, CAP);
    buf_init(&before, CAP);
    buf_init(&after, CAP);
    resolve(target, &before, &from);
    enum status status = rule_fill(target, rest, &filled);
    MUST(status == ST_OK || status == ST_LIMIT || status == ST_SYNTAX);
    if (status == ST_OK) {
        resolve(buf_span(&filled), &after, &to);
        MUST(span_eq(from.host, to.host) && from.port == to.port);
        MUST(from.has_query == to.has_query);
    }
    buf_fini(&filled);
    buf_fini(&before);
    buf_fini(&after);
}

static void check_path(struct span path)
{
    struct buf again;
    buf_init(&again, CAP);
    MUST(path.n > 0 && path.p[0] == '/');
    url_canonical_path(path, &again);
    MUST(span_eq(buf_span(&again), path));
    buf_fini(&again);
}

/* Find it as a reader does, and answer with it. */
static void check_rule(const struct rule *rule, struct span request)
{
    struct rule_set set;
    struct url url;
    struct buf path;
    struct buf answer;
    struct error e;
    rule_set_init(&set);
    buf_init(&path, CAP);
    buf_init(&answer, CAP);
    MUST(rule_set_add(&set, rule) == ST_OK);
    rule_set_sort(&set);
    if (request.n <= GEMINI_URL_MAX && url_parse(request, &url, &e) == ST_OK) {
        url_canonical_path(url.path, &path);
        url_respell_segment(url.query, &answer);
        const struct rule *found = rule_set_prefix(&set, buf_span(&path));
        MUST((found != NULL) ==
             (rule->mark == RULE_PREFIX_MARK && span_starts(buf_span(&path), rule->path)));
        if (found != NULL && found->status != GEMINI_GONE)
            check_filled(found->meta, span_sub(buf_span(&path), found->path.n, path.n));
        found = rule_set_question(&set, buf_span(&path));
        MUST((found != NULL) ==
             (rule->mark == RULE_QUESTION_MARK && span_eq(buf_span(&path), rule->path)));
    }
    if (rule->mark == RULE_QUESTION_MARK && rule->target.n > 0)
        check_filled(rule->target, buf_span(&answer));
    rule_set_fini(&set);
    buf_fini(&path);
    buf_fini(&answer);
}

static void check_row(const struct rules_row *row, struct span request)
{
    const struct rule *rule = &row->rule;
    struct buf out;
    struct url url;
    buf_init(&out, CAP);
    check_path(rule->path);
    MUST(rule->meta.n > 0 && rule->meta.n <= GEMINI_META_MAX);
    MUST(row->place.n == rule->path.n + (rule->mark == '\0' ? 0 : 1));
    MUST(rule->mark == '\0' || row->place.p[0] == rule->mark);
    if (rule->status / 10 == GEMINI_TEMPORARY_REDIRECT / 10)
        resolve(rule->meta, &out, &url);
    if (rule->mark != '\0')
        check_rule(rule, request);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span item;
    struct span request;
    struct rules_row row;
    struct arena arena;
    struct error e = {.message = ""};
    fuzz_split(fuzz_input(data, size), &item, &request);
    if (item.n == 0)
        return 0;
    const char *key = keys[(unsigned char)item.p[0] % (sizeof keys / sizeof keys[0])];
    item = span_sub(item, 1, item.n);
    char *copy = fuzz_copy(item);
    arena_init(&arena, CAP);
    enum status status = rules_parse(key, (struct span){copy, item.n}, &arena, &row, &e);
    MUST(status == ST_OK || status == ST_SYNTAX);
    if (status == ST_OK)
        check_row(&row, request);
    else
        MUST(e.message[0] != '\0');
    arena_fini(&arena);
    free(copy);
    return 0;
}
