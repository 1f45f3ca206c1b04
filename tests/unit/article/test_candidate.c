#include "article/candidate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct language *lang(const char *tag)
{
    return language_of_tag(span_of(tag));
}

struct candidate_case {
    const char *text; /* a paragraph of one sentence */
    const char *tag;
    unsigned faults;
    bool hangs;
};

static const struct candidate_case candidate_cases[] = {
    {"The council of the town voted for the new pier.", "en", 0, false},
    /* length */
    {"Seven words are not quite enough here.", "en", FAULT_SHORT, false},
    {"Eight words are just about enough for it.", "en", 0, false},
    /* questions */
    {"Is the town going to pay for all of this in the end?", "en", FAULT_QUESTION, false},
    {"Wer soll das alles am Ende eigentlich bezahlen?“", "de", FAULT_QUESTION | FAULT_QUOTE, false},
    {"谁来支付所有这些费用，这是一个问题吗？", "zh", FAULT_QUESTION, false},
    {"من سيدفع ثمن كل هذا في نهاية المطاف يا ترى؟", "ar", FAULT_QUESTION, false},
    {"Is the town really going to pay for all of this?!", "en", FAULT_QUESTION, false},
    {"The council of the town asked itself the question “Why?”.", "en", 0, false},
    {"ከተማው ለዚህ ሁሉ በመጨረሻ ምን ያህል ገንዘብ ይከፍላል፧", "am", FAULT_QUESTION, false},
    /* no end, or one that announces something */
    {"The mayor of the town stands before the new pier", "en", FAULT_OPEN, false},
    {"The council of the town voted for three new things:", "en", FAULT_OPEN, false},
    /* quotations that are not whole */
    {"\"The council of the town voted for the new pier.", "en", FAULT_QUOTE, false},
    {"The council of the town voted for the new pier.\"", "en", FAULT_QUOTE, false},
    {"The council of the town voted for the “new” pier.", "en", 0, false},
    {"The council of the town voted for the new” pier.", "en", FAULT_QUOTE, false},
    {"Der Rat der Stadt stimmte für den „neuen“ Pier am Hafen.", "de", 0, false},
    {"Der Rat der Stadt stimmte für den »neuen« Pier am Hafen.", "de", 0, false},
    {"Der Rat der Stadt stimmte für den „neuen Pier am Hafen.", "de", FAULT_QUOTE, false},
    {"Le conseil de la ville a voté pour la « nouvelle » jetée.", "fr", 0, false},
    {"Le conseil de la ville a voté pour la « nouvelle jetée.", "fr", FAULT_QUOTE, false},
    {"Stadens råd röstade i går för den ”nya” piren i hamnen.", "sv", 0, false},
    {"شہر کی کونسل نے کل ”نئی“ گودی کے حق میں ووٹ دیا۔", "ur", 0, false},
    /* furniture */
    {"Photo: the council of the town before the new pier.", "en", FAULT_FURNITURE, true},
    {"Read more about the council and the new pier of the town.", "en", FAULT_FURNITURE, false},
    {"(Reporting by Jo Reed in Westhaven, editing by Ned Sowerby.)", "en", FAULT_FURNITURE, false},
    {"Write to the council of the town at council@pier.example about it.", "en", FAULT_FURNITURE,
     false},
    {"The plans of the council are at https://pier.example/ for all.", "en", FAULT_FURNITURE,
     false},
    {"By Monday the council of the town had voted for the pier.", "en", 0, false},
    {"Lesen Sie auch, was der Rat der Stadt zum neuen Pier sagt.", "de", FAULT_FURNITURE, false},
    {"Subscribe to our newsletter and get the best of the coast each morning, free of charge and "
     "with all the tides.",
     "en", FAULT_FURNITURE, false},
    {"Subscribe now for all that happens between the pier and the town hall.", "en",
     FAULT_FURNITURE, false},
    {"Sign up for the morning letter and read what the town talks about before others do.", "en",
     FAULT_FURNITURE, false},
    {"You may also like what we wrote on the old pier of the town.", "en", FAULT_FURNITURE, false},
    {"Abonnieren Sie unseren Newsletter mit allem, was zwischen Pier und Rathaus geschieht.", "de",
     FAULT_FURNITURE, false},
    {"Melden Sie sich für unseren Newsletter an, der jeden Morgen vor sieben Uhr kommt.", "de",
     FAULT_FURNITURE, false},
    {"Abonnez-vous à notre lettre du matin pour ne rien manquer de la jetée.", "fr",
     FAULT_FURNITURE, false},
    {"Inscrivez-vous à notre lettre du matin pour ne rien manquer de la jetée.", "fr",
     FAULT_FURNITURE, false},
    {"Suscríbete a nuestro boletín para saber todo lo que pasa en el muelle.", "es",
     FAULT_FURNITURE, false},
    {"Inscreva-se na nossa carta da manhã para saber tudo sobre o cais.", "pt", FAULT_FURNITURE,
     false},
    {"Подписывайтесь на нашу рассылку, чтобы первыми узнавать новости о новом причале города.",
     "ru", FAULT_FURNITURE, false},
    {"Следите за новостями о новом причале города на нашей странице.", "ru", FAULT_FURNITURE,
     false},
    {"Zapisz się na nasz biuletyn i czytaj wszystko o nowym molu w porcie.", "pl", FAULT_FURNITURE,
     false},
    {"记者：城市议会投票赞成在港口修建新的码头。", "zh", FAULT_FURNITURE, false},
    {"写真：市議会は新しい桟橋の建設に賛成票を投じた。", "ja", FAULT_FURNITURE, false},
    /* no furniture, but words like it */
    {"Subscribers to the service said that the pier was worth it.", "en", 0, false},
    {"Subscribe or not, nobody reads of the pier for free.", "en", 0, false},
    {"Subscribe, the readers were told, or read of it elsewhere.", "en", 0, false},
    {"Sign-ups for the walk along the pier were many this year.", "en", 0, false},
    {"Abonnenten der Zeitung lasen am Montag zuerst vom neuen Pier.", "de", 0, false},
    {"Abonnieren will die Zeitung dort fast niemand mehr, sagt Reed.", "de", 0, false},
    {"Abonnez un voisin, disait la mairie de la ville en riant.", "fr", 0, false},
    {"Suscribirse a la gaceta del muelle cuesta diez euros al mes.", "es", 0, false},
    {"Подписчики газеты первыми узнали о новом причале в порту города.", "ru", 0, false},
    {"记者们昨天参观了在港口修建的新的城市码头。", "zh", 0, false},
    /* what hangs on the sentence before it */
    {"This is what the council of the town had voted for.", "en", 0, true},
    {"He voted for the new pier of the town, like the others.", "en", 0, true},
    {"But the council of the town voted for the new pier.", "en", 0, true},
    {"However, the council of the town voted for the new pier.", "en", 0, true},
    {"As a result, the council of the town voted for the pier.", "en", 0, true},
    {"On Monday, she voted for the new pier of the town.", "en", 0, true},
    {"In the spring of 1987, they’d voted for the new pier.", "en", 0, true},
    {"In the spring of the year 1987, they voted for the pier.", "en", 0, false},
    {"On Monday, 3 May, he voted for the pier of the town.", "en", 0, false},
    {"When he arrived, Mr Reed voted for the pier of the town.", "en", 0, false},
    {"When Reed arrived, he voted for the new pier of the town.", "en", 0, false},
    {"According to Reed, they voted for the new pier of the town.", "en", 0, false},
    {"On Monday, it was clear that the town wanted a pier.", "en", 0, false},
    {"On Monday, the council of the town voted for the pier.", "en", 0, false},
    {"On Monday, Hester Reed and others voted for the new pier.", "en", 0, false},
    {"On Monday she voted for the new pier of the town.", "en", 0, false},
    {"Lundi, elle a voté pour la nouvelle jetée de la ville.", "fr", 0, true},
    {"Sous 1,80 m de limon, elle a trouvé une jetée ancienne.", "fr", 0, true},
    {"Lundi, il a voté pour la nouvelle jetée de la ville.", "fr", 0, true},
    {"Lundi, il faudra voter pour la nouvelle jetée de la ville.", "fr", 0, false},
    {"Selon Martin, ils ont voté pour la nouvelle jetée du port.", "fr", 0, false},
    {"El lunes, ella votó por el nuevo muelle de la ciudad.", "es", 0, true},
    {"El lunes, él votó por el nuevo muelle de la ciudad.", "es", 0, true},
    {"El lunes, el consejo votó por el nuevo muelle del puerto.", "es", 0, false},
    {"Na segunda-feira, eles votaram a favor do novo cais da cidade.", "pt", 0, true},
    {"Quando Reis chegou, eles votaram a favor do novo cais da cidade.", "pt", 0, false},
    {"“It is what the town needs,” said the mayor of Westhaven.", "en", 0, true},
    {"“The town needs its pier very much,” he said on Monday.", "en", 0, true},
    {"“The town needs its pier very much,” said she on Monday.", "en", 0, true},
    {"“The town needs its pier very much,” the mayor of Westhaven said.", "en", 0, false},
    {"„Die Stadt braucht den neuen Pier wirklich“, sagte er am Montag.", "de", 0, true},
    {"Doch der Rat der Stadt stimmte für den neuen Pier.", "de", 0, true},
    {"Cependant, le conseil de la ville a voté pour la jetée.", "fr", 0, true},
    {"Sin embargo, el consejo de la ciudad votó por el muelle.", "es", 0, true},
    {"No entanto, o conselho da cidade votou a favor do cais.", "pt", 0, true},
    {"Однако городской совет проголосовал за строительство нового причала в порту.", "ru", 0, true},
    {"Jednak rada miasta głosowała za nowym molem w tym porcie.", "pl", 0, true},
    {"しかし市議会は新しい桟橋の建設に賛成票を投じた。", "ja", 0, true},
    {"但是市议会投票赞成在港口修建新的码头。", "zh", 0, true},
    {"The rest must come from the town and its new pier.", "en", 0, true},
    {"The restaurant must come to the town and its new pier.", "en", 0, false},
    {"Den Rest muss die Stadt aus dem Hafen am Pier aufbringen.", "de", 0, true},
    {"Le reste doit venir de la ville et de sa jetée.", "fr", 0, true},
    {"Остальное городской совет возьмёт из доходов нового причала в порту.", "ru", 0, true},
    {"A: The council of the town voted for the new pier.", "en", 0, true},
    {"Jo Reed: The council of the town voted for the pier.", "en", 0, true},
    {"The council has this to say: it votes for the pier.", "en", 0, false},
    {"Das Rathaus der Stadt stimmte für den neuen Pier am Hafen.", "de", 0, false},
    {"Das war es, wofür der Rat der Stadt am Montag stimmte.", "de", 0, true},
    {"Thistle growers of the town voted for the new pier.", "en", 0, false},
};

static void judges_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof candidate_cases / sizeof candidate_cases[0]; i++) {
        const struct candidate_case *test = &candidate_cases[i];
        struct document doc;
        struct candidates c;
        document_init(&doc, 1 << 20);
        document_add(&doc, BLOCK_PARAGRAPH, span_of(test->text));
        assert_int_equal(candidates_find(&doc, lang(test->tag), 10, &c), ST_OK);
        if (c.count != 1 || c.list[0].faults != test->faults || c.list[0].hangs != test->hangs)
            fail_msg("%s: %zu sentences, faults %u, hangs %d", test->text, c.count,
                     c.list[0].faults, c.list[0].hangs);
        candidates_fini(&c);
        document_fini(&doc);
    }
}

static void finds_sentences_that_are_too_long(void **state)
{
    (void)state;
    char text[512] = "";
    for (size_t words = CANDIDATE_WORDS_MAX; words <= CANDIDATE_WORDS_MAX + 1; words++) {
        struct document doc;
        struct candidates c;
        char *at = text;
        for (size_t i = 0; i < words; i++)
            at += sprintf(at, "word%s", i + 1 < words ? " " : ".");
        document_init(&doc, 1 << 20);
        document_add(&doc, BLOCK_PARAGRAPH, span_of(text));
        assert_int_equal(candidates_find(&doc, lang("en"), 10, &c), ST_OK);
        assert_int_equal(c.list[0].faults, words > CANDIDATE_WORDS_MAX ? FAULT_LONG : 0);
        candidates_fini(&c);
        document_fini(&doc);
    }
}

static void knows_where_sentences_stand(void **state)
{
    (void)state;
    struct document doc;
    struct candidates c;
    document_init(&doc, 1 << 20);
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("First of all. Second of all."));
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("Third of all."));
    document_add(&doc, BLOCK_ITEM, SPAN("An item of a list."));
    document_add(&doc, BLOCK_QUOTE, SPAN("A quote from elsewhere."));
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("A verse\nof two lines."));
    document_add_headed(&doc, BLOCK_PRE, SPAN(""), SPAN("a table"));
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("Behind the table."));
    document_add(&doc, BLOCK_HEADING, SPAN("A heading"));
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("In the section."));
    assert_int_equal(candidates_find(&doc, lang("en"), 400, &c), ST_OK);
    static const struct {
        bool leads, follows, place;
        size_t block, section, order;
    } expected[] = {
        {true, false, false, 0, 0, 0}, {false, true, false, 0, 0, 1}, {true, true, false, 1, 0, 2},
        {true, true, true, 2, 0, 3},   {true, true, true, 3, 0, 4},   {true, true, true, 4, 0, 5},
        {true, false, false, 6, 0, 6}, {true, false, false, 8, 1, 7},
    };
    assert_int_equal(c.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < c.count; i++) {
        assert_int_equal(c.list[i].leads, expected[i].leads);
        assert_int_equal(c.list[i].follows, expected[i].follows);
        assert_int_equal((c.list[i].faults & FAULT_PLACE) != 0, expected[i].place);
        assert_int_equal(c.list[i].block, expected[i].block);
        assert_int_equal(c.list[i].section, expected[i].section);
        assert_int_equal(c.list[i].order, expected[i].order);
    }
    assert_int_equal(c.sentences, 8);
    assert_int_equal(c.sections, 2);
    assert_int_equal(c.words, 3 + 3 + 3 + 5 + 4 + 5 + 3 + 3);
    candidates_fini(&c);
    document_fini(&doc);
}

static void leaves_interviewers_out(void **state)
{
    (void)state;
    struct document doc;
    struct candidates c;
    document_init(&doc, 1 << 20);
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("The town has had a pier for years. Was it enough?"));
    assert_int_equal(candidates_find(&doc, lang("en"), 400, &c), ST_OK);
    assert_int_equal(c.list[0].faults, FAULT_QUESTION);
    candidates_fini(&c);
    document_fini(&doc);
}

/* One long section must not keep the others out. */
static void gives_sections_equal_shares(void **state)
{
    (void)state;
    struct document doc;
    struct candidates c;
    size_t of[3] = {0};
    document_init(&doc, 1 << 20);
    for (int i = 0; i < 100; i++)
        document_add(&doc, BLOCK_PARAGRAPH, SPAN("One. Two."));
    document_add(&doc, BLOCK_HEADING, SPAN("A"));
    document_add(&doc, BLOCK_PARAGRAPH, SPAN("One. Two. Three."));
    document_add(&doc, BLOCK_HEADING, SPAN("B"));
    for (int i = 0; i < 50; i++)
        document_add(&doc, BLOCK_PARAGRAPH, SPAN("One."));
    assert_int_equal(candidates_find(&doc, lang("en"), 43, &c), ST_OK);
    assert_int_equal(c.sentences, 253);
    for (size_t i = 0; i < c.count; i++)
        of[c.list[i].section]++;
    assert_int_equal(of[0], 20);
    assert_int_equal(of[1], 3);
    assert_int_equal(of[2], 20);
    candidates_fini(&c);
    assert_int_equal(candidates_find(&doc, lang("en"), 2, &c), ST_OK);
    assert_int_equal(c.count, 2);
    candidates_fini(&c);
    document_fini(&doc);
}

static void counts_signs_by_twos(void **state)
{
    (void)state;
    assert_int_equal(candidate_words(lang("ja"), SPAN("雨が降った。")), 3);
    assert_int_equal(candidate_words(lang("en"), SPAN("It has rained.")), 3);
    assert_int_equal(candidate_signs(lang("zh"), 100), 200);
    assert_int_equal(candidate_signs(lang("zh"), SIZE_MAX), SIZE_MAX);
    assert_int_equal(candidate_signs(lang("en"), 100), 100);
}

static void takes_a_document_without_sentences(void **state)
{
    (void)state;
    struct document doc;
    struct candidates c;
    document_init(&doc, 1 << 20);
    assert_int_equal(candidates_find(&doc, lang("en"), 400, &c), ST_OK);
    assert_int_equal(c.count, 0);
    assert_int_equal(c.sentences, 0);
    candidates_fini(&c);
    document_fini(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_sentences),
        cmocka_unit_test(finds_sentences_that_are_too_long),
        cmocka_unit_test(knows_where_sentences_stand),
        cmocka_unit_test(leaves_interviewers_out),
        cmocka_unit_test(gives_sections_equal_shares),
        cmocka_unit_test(counts_signs_by_twos),
        cmocka_unit_test(takes_a_document_without_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
