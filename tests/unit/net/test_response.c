#include "net/response.h"

#include "../support.h"

static void a_response_is_set_without_a_body(void **state)
{
    (void)state;
    struct response r = {.status = GEMINI_SUCCESS, .size = 77};
    response_set(&r, GEMINI_NOT_FOUND, "This page was not found");
    assert_int_equal(r.status, GEMINI_NOT_FOUND);
    assert_string_equal(r.meta, "This page was not found");
    assert_int_equal(r.size, 0);
}

static void the_longest_meta_is_kept_and_a_longer_one_cut(void **state)
{
    (void)state;
    char meta[GEMINI_META_MAX + 3];
    struct response r = {0};
    memset(meta, 'm', sizeof meta);
    meta[GEMINI_META_MAX] = '\0';
    response_set(&r, GEMINI_PERMANENT_REDIRECT, meta);
    assert_string_equal(r.meta, meta);
    meta[GEMINI_META_MAX] = 'm';
    meta[GEMINI_META_MAX + 2] = '\0';
    response_set(&r, GEMINI_PERMANENT_REDIRECT, meta);
    assert_int_equal(strlen(r.meta), GEMINI_META_MAX);
}

static void a_meta_is_no_format(void **state)
{
    (void)state;
    struct response r = {0};
    response_set(&r, GEMINI_BAD_REQUEST, "100%s %n");
    assert_string_equal(r.meta, "100%s %n");
}

static void what_respond_put_beside_it_stays(void **state)
{
    (void)state;
    struct response r = {.host = SPAN("localhost"), .path = SPAN("/")};
    response_set(&r, GEMINI_NOT_FOUND, "x");
    assert_span_equal(r.host, SPAN("localhost"));
    assert_span_equal(r.path, SPAN("/"));
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, a_response_is_set_without_a_body);
    SUITE_TEST(&s, the_longest_meta_is_kept_and_a_longer_one_cut);
    SUITE_TEST(&s, a_meta_is_no_format);
    SUITE_TEST(&s, what_respond_put_beside_it_stays);
    return suite_run(&s, "net/response");
}
