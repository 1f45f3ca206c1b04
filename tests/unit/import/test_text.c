#include "text_case.h"

#define LONG_LINE                                                                               \
    "The ferry company said on Monday that the night service between the islands will stop in " \
    "May, since too few people use it and the last boat is older than its crew, who will be kept."

static const struct text_case text_cases[] = {
    {"a title and a paragraph", "Title\n\nText.\n", "Title", "", "", "Text.\n"},
    {"the prompt at the head goes", "Title\n\nNo time to read?\nGet a summary\n\nText.\n", "Title",
     "", "", "Text.\n"},
    {"the prompt goes in any case", "Title\n\n NO TIME TO READ? \nget a SUMMARY\nText.\n", "Title",
     "", "", "Text.\n"},
    {"the prompt before the title goes", "No time to read?\nGet a summary\n\nTitle\n\nText.\n",
     "Title", "", "", "Text.\n"},
    {"a sentence with the words of the prompt stays",
     "Title\n\nReaders can Get a summary of the plan.\n", "Title", "", "",
     "Readers can Get a summary of the plan.\n"},
    {"both neighbours at the foot",
     "Title\n\nText.\n\nPrevious Article\n\nOld one\n\nNext Article\n\nNew one\n", "Title",
     "Old one", "New one", "Text.\n"},
    {"neighbours in capitals with colons",
     "Title\n\nText.\nPREVIOUS ARTICLE:\nOld one\nNEXT ARTICLE:\nNew one\n", "Title", "Old one",
     "New one", "Text.\n"},
    {"only a previous one", "Title\n\nText.\n\nPrevious Article\nOld one\n", "Title", "Old one", "",
     "Text.\n"},
    {"only a next one", "Title\n\nText.\n\nNext Article\nNew one\n", "Title", "", "New one",
     "Text.\n"},
    {"markers without titles", "Title\n\nText.\n\nPrevious Article\nNext Article\n", "Title", "",
     "", "Text.\n"},
    {"a marker without its title, then one with it",
     "Title\n\nText.\n\nPrevious Article\nNext Article\nNew one\n", "Title", "", "New one",
     "Text.\n"},
    {"the prompt between text and markers",
     "Title\n\nText.\n\nNo time to read?\nGet a summary\nPrevious Article\n\nOld one\n", "Title",
     "Old one", "", "Text.\n"},
    {"neighbours below the title",
     "Title\n\nPrevious Article\nOld one\nNext Article\nNew one\n\n" LONG_LINE "\n", "Title",
     "Old one", "New one", LONG_LINE "\n"},
    {"neighbours above the title",
     "Previous Article\nOld one\nNext Article\nNew one\n\nTitle\n\n" LONG_LINE "\n", "Title",
     "Old one", "New one", LONG_LINE "\n"},
    {"a marker inside a sentence is text", "Title\n\nThe Previous Article\nwas better, he said.\n",
     "Title", "", "", "The Previous Article\nwas better, he said.\n"},
    {"a paragraph wrapped at a width is one line",
     "Title\n\nThe council of the town has decided that the old harbour light\n"
     "is to be painted white again, as it was before the war, and that\n"
     "the keeper's house is to be opened.\n",
     "Title", "", "",
     "The council of the town has decided that the old harbour light is to be painted white again, "
     "as it was before the war, and that the keeper's house is to be opened.\n"},
    {"a word broken at its hyphen is joined",
     "Title\n\nThe council of the town has decided that the harbour's well-\n"
     "known light is to be painted.\n",
     "Title", "", "",
     "The council of the town has decided that the harbour's well-known light is to be painted.\n"},
    {"verse keeps its lines", "Title\n\nRoses are red\nViolets are blue\n", "Title", "", "",
     "Roses are red\nViolets are blue\n"},
    {"long lines are paragraphs of their own", "Title\n\n" LONG_LINE "\n" LONG_LINE "\n", "Title",
     "", "", LONG_LINE "\n\n" LONG_LINE "\n"},
    {"lists of any mark become items",
     "Title\n\nTo buy:\n- milk\n- bread\n\n\xe2\x80\xa2 tea\n\n* salt\n", "Title", "", "",
     "To buy:\n\n* milk\n* bread\n* tea\n* salt\n"},
    {"an indented line belongs to its item", "Title\n\n- one and\n  more of it\n- two\n", "Title",
     "", "", "* one and more of it\n* two\n"},
    {"numbers stay lines", "Title\n\n1. one\n2. two\n", "Title", "", "", "1. one\n2. two\n"},
    {"markup by accident is disarmed", "Title\n\n=> /x y\n\n#tag\n\n>q\n\n```\n", "Title", "", "",
     " => /x y\n\n #tag\n\n >q\n\n ```\n"},
    {"blanks shrink",
     "Title\n\n  a \t b\xc2\xa0 c 10\xc2\xa0"
     "000  \n",
     "Title", "", "",
     "a b c 10\xc2\xa0"
     "000\n"},
    {"a numbered list below its introduction keeps its lines",
     "Title\n\nThe rules are these, as the company said on Monday evening:\n"
     "1. Be at the pier ten minutes before the ferry leaves it\n"
     "2. Keep the ticket until you are ashore, and do not lose\n"
     "3. Bicycles go on last and come off first, and quickly\n",
     "Title", "", "",
     "The rules are these, as the company said on Monday evening:\n\n"
     "1. Be at the pier ten minutes before the ferry leaves it\n"
     "2. Keep the ticket until you are ashore, and do not lose\n"
     "3. Bicycles go on last and come off first, and quickly\n"},
    {"an item wrapped without an indent is one",
     "Title\n\n- the council of the town has decided that the old\n  light is kept\n"
     "- the keeper's house is to be opened to all visitors\nfrom the first of May\n",
     "Title", "", "",
     "* the council of the town has decided that the old light is kept\n"
     "* the keeper's house is to be opened to all visitors from the first of May\n"},
    {"two sentences are no title", "The rain came. The ferry left late.\n\nText.\n", "", "", "",
     "The rain came. The ferry left late.\n\nText.\n"},
    {"a wrapped title is one line",
     "The council of the town and its plans for\nthe harbour\n\nText.\n",
     "The council of the town and its plans for the harbour", "", "", "Text.\n"},
    {"a title close to the text", "Title\n" LONG_LINE "\n", "Title", "", "", LONG_LINE "\n"},
    {"a text without a title", LONG_LINE " " LONG_LINE "\n\nMore.\n", "", "", "",
     LONG_LINE " " LONG_LINE "\n\nMore.\n"},
    {"one line alone is text", "Only this.\n", "", "", "", "Only this.\n"},
};

static void refuses_what_holds_no_text(void **state)
{
    (void)state;
    static const char *const empty[] = {"", "\n\n", " \n\t\n", "No time to read?\nGet a summary\n",
                                        "Previous Article\nNext Article\n"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        struct document doc;
        struct error e = {0};
        document_init(&doc, 1 << 20);
        assert_int_equal(text_import(span_of(empty[i]), false, &doc, &e), ST_FORMAT);
        assert_true(strlen(e.message) > 0);
        document_fini(&doc);
    }
}

static void keeps_what_front_matter_said(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 1 << 20);
    doc.title = SPAN("Better title");
    doc.next = SPAN("Better next");
    struct span text = SPAN("Title\n\nText.\n\nNext Article\nNew one\n");
    assert_status(text_import(text, false, &doc, NULL), ST_OK, NULL);
    assert_span_equal(doc.title, SPAN("Better title"));
    assert_span_equal(doc.next, SPAN("Better next"));
    document_fini(&doc);
}

int main(void)
{
    struct suite s = {.count = 0};
    SUITE_ROWS(&s, text_case_run, text_cases);
    SUITE_TEST(&s, refuses_what_holds_no_text);
    SUITE_TEST(&s, keeps_what_front_matter_said);
    return suite_run(&s, "text");
}
