#include "text_case.h"

#define GATE                                                                       \
    "The harbour board voted on Tuesday night to keep the old tide gate, which\n"  \
    "has stood at the mouth of the inner basin since 1911, and to spend what is\n" \
    "left of the repair fund on new hinges. Eleven members were in favour, two\n"  \
    "against.\n"
#define GATE_JOINED                                                                               \
    "The harbour board voted on Tuesday night to keep the old tide gate, which has stood at the " \
    "mouth of the inner basin since 1911, and to spend what is left of the repair fund on new "   \
    "hinges. Eleven members were in favour, two against.\n"
#define ADDRESS                                                    \
    "The Royal Society for the Protection of Birds Headquarters\n" \
    "The Lodge, Potton Road, Sandy, Bedfordshire SG19 2DL\n"
#define SONNET                                         \
    "When I consider how my light is spent,\n"         \
    "Ere half my days, in this dark world and wide,\n" \
    "And that one talent which is death to hide,\n"    \
    "Lodged with me useless, though my soul more bent.\n"
#define TABLE                    \
    "Name        Age   Town\n"   \
    "----        ---   ----\n"   \
    "Ann          12   Elling\n" \
    "Berta         7   Port\n"
#define CASE(name, in, out) {name, "T\n\n" in, "T", NULL, NULL, out}
#define SAME(name, both)    CASE(name, both, both)

static const struct text_case shape_cases[] = {
    SAME("an address of two long lines", ADDRESS),
    CASE("the same in a text that was wrapped", GATE "\n" ADDRESS, GATE_JOINED "\n" ADDRESS),
    SAME("verse of long lines", SONNET),
    CASE("verse in a text that was wrapped", GATE "\n" SONNET, GATE_JOINED "\n" SONNET),
    SAME("speakers", "\"I never saw him before in all my life,\" she said at last.\n"
                     "\"Nor did I, and I have lived here twenty years or so.\"\n"),
    CASE("two lines that are full",
         GATE "\nThe state-owned dredging company had offered to build a "
              "second, wider\nGate for it.\n",
         GATE_JOINED
         "\nThe state-owned dredging company had offered to build a second, wider Gate for it.\n"),
    CASE("paragraphs that begin with an indent",
         "   It was late when the ferry came in, and nobody was left on the pier to\n"
         "take the ropes but the old keeper himself.\n"
         "   \"You are late,\" he said to the captain of the ferry, who was also rather\n"
         "old and tired.\n   \"We are,\" she said.\n",
         "It was late when the ferry came in, and nobody was left on the pier to take the ropes "
         "but the old keeper himself.\n\n\"You are late,\" he said to the captain of the ferry, "
         "who was also rather old and tired.\n\n\"We are,\" she said.\n"),
    CASE("a short line above a paragraph", "The tide gate\n" GATE, "The tide gate\n" GATE_JOINED),
    CASE("paragraphs without anything between",
         GATE "It is paid for by the town, which has nothing"
              " else to pay for this\nyear.\n",
         "The harbour board voted on Tuesday night to keep the old tide gate, which has stood at "
         "the mouth of the inner basin since 1911, and to spend what is left of the repair fund on "
         "new hinges. Eleven members were in favour, two against.\nIt is paid for by the town, "
         "which has nothing else to pay for this year.\n"),
    CASE("wide signs count two",
         "古い灯台が来年の春から博物館として公開されることになったと、町が月曜\n"
         "日に発表した。\n",
         "古い灯台が来年の春から博物館として公開されることになったと、町が月曜日に発表した。\n"),
    CASE("a hyphen that stands for a word",
         "Der Rat der Stadt sprach gestern Abend lange über die Vor-\nund Nachteile des Hafens.\n",
         "Der Rat der Stadt sprach gestern Abend lange über die Vor- und Nachteile des Hafens.\n"),
    CASE("a dash at the end of a line",
         "The council of the town has decided that the old light\u2014\nthe one of the harbour.\n",
         "The council of the town has decided that the old light\u2014the one of the harbour.\n"),
    CASE("rules part", "One.\n\n---\n\nTwo.\n\n* * *\n\nThree.\n\n\u2042\n\nFour.\n\n=====\n",
         "One.\n\n---\n\nTwo.\n\n---\n\nThree.\n\n---\n\nFour.\n"),
    CASE("rules at the start and in a row", "____\n\nOne.\n\n---\n\n***\n\nTwo.\n",
         "One.\n\n---\n\nTwo.\n"),
    CASE("dots are no rule", "One.\n\n...\n", "One.\n\n...\n"),
    CASE("lines below headings", "One.\n\nThe gate\n--------\n\nTwo.\n\nThe light\n=====\nThree.\n",
         "One.\n\n## The gate\n\nTwo.\n\n## The light\n\nThree.\n"),
    CASE("capitals above text", "THE GATE\n\n" GATE, "## THE GATE\n\n" GATE_JOINED),
    CASE("one word in capitals is a paragraph", "GATE\n\n" GATE, "GATE\n\n" GATE_JOINED),
    CASE("two of them are headings", "GATE\n\n" GATE "\nLIGHT\n\n" GATE,
         "## GATE\n\n" GATE_JOINED "\n## LIGHT\n\n" GATE_JOINED),
    CASE("the same one twice is none", "ADVERTISEMENT\n\n" GATE "\nADVERTISEMENT\n\n" GATE,
         "ADVERTISEMENT\n\n" GATE_JOINED "\nADVERTISEMENT\n\n" GATE_JOINED),
    CASE("a chapter and its title", "CHAPTER IV\n\nTHE PORT\n\n" GATE,
         "## CHAPTER IV\n\n## THE PORT\n\n" GATE_JOINED),
    CASE("numbers above text", "1. Introduction\n\n" GATE "\n2. The gate\n\n" GATE,
         "## 1. Introduction\n\n" GATE_JOINED "\n## 2. The gate\n\n" GATE_JOINED),
    CASE("a loose list has no headings",
         "1. Milk\n\n2. Bread\n\n3. Tea\n\n" GATE "\n1. Salt\n\n2. Sugar\n\n" GATE,
         "1. Milk\n\n2. Bread\n\n3. Tea\n\n" GATE_JOINED "\n1. Salt\n\n2. Sugar\n\n" GATE_JOINED),
    CASE("capitals above capitals",
         "THE GATE IS OPEN\n\nAND SO IS THE LIGHT OF THE HARBOUR, THEY "
         "SAID, AS IT WAS BEFORE.\n",
         "THE GATE IS OPEN\n\nAND SO IS THE LIGHT OF THE HARBOUR, THEY SAID, AS IT WAS BEFORE.\n"),

    CASE("a quote is joined",
         "Ann wrote:\n> The council of the town has decided that the old harbour light\n"
         "> is to be painted white again.\n>\n> Is it?\n",
         "Ann wrote:\n\n> The council of the town has decided that the old harbour light is to be "
         "painted white again.\n>\n> Is it?\n"),
    CASE("a quote in a quote", "> > One.\n> Two.\n", "> > One.\n> Two.\n"),
    CASE("quotes apart", "> One.\n\n> Two.\n", "> One.\n\n> Two.\n"),
    CASE("marks without blanks", ">One\n>two\n", "> One\n> two\n"),
    CASE("one mark without a blank is text", ">One\n", " >One\n"),

    CASE("a table", TABLE, "```\n" TABLE "```\n"),
    CASE("a table with tabs below its introduction",
         "The towns:\nAnn\t12\tElling\nBerta\t7\tPort\n",
         "The towns:\n\n```\nAnn     12      Elling\nBerta   7       Port\n```\n"),
    CASE("blanks that line up by chance are no table",
         "One  thing.  Another  thing  there.\nThe  light  of  the  whole  harbour.\n",
         "One thing. Another thing there.\nThe light of the whole harbour.\n"),
    CASE("code", "Do:\n\n    int main(void)\n    {\n\treturn 0;  \n    }\n\n    f(x);\n",
         "Do:\n\n```\n    int main(void)\n    {\n        return 0;\n    }\n\n    f(x);\n```\n"),
    CASE("verse with an indent", "    The gate is shut;\n    The light is out;\n",
         "The gate is shut;\nThe light is out;\n"),

    CASE("URLs in a sentence",
         "See https://example.org/report?id=7 for details (also https://example.org/b).\n",
         "See https://example.org/report?id=7 for details (also https://example.org/b).\n\n"
         "=> https://example.org/report?id=7\n=> https://example.org/b\n"),
    CASE("URLs in a list",
         "- one gemini://a.example/\n- two https://b.example/\n\nSee "
         "https://b.example/ too.\n",
         "* one gemini://a.example/\n* two https://b.example/\n\n=> gemini://a.example/\n"
         "=> https://b.example/\n\nSee https://b.example/ too.\n"),
    CASE("URLs alone", "One:\n\nhttps://a.example/x\n<https://b.example/>\n\nTwo.\n",
         "One:\n\n=> https://a.example/x\n=> https://b.example/\n\nTwo.\n"),
    CASE("a URL behind accidental markup", "=> https://a.example/ there\n",
         " => https://a.example/ there\n"),
    CASE("a scheme inside a word", "Seehttps://a.example/ there.\n",
         "Seehttps://a.example/ there.\n"),
};

/* Texts of which somebody says that they are wrapped. */
static const struct text_case wrapped_cases[] = {
    {"a text of which it is known", "T\n\nShort lines\nThat Were wrapped\nAnyway.\n", "T", NULL,
     NULL, "Short lines That Were wrapped Anyway.\n"},
    {"long lines of which it is known", "T\n\n" GATE GATE, "T", NULL, NULL,
     "The harbour board voted on Tuesday night to keep the old tide gate, which has stood at the "
     "mouth of the inner basin since 1911, and to spend what is left of the repair fund on new "
     "hinges. Eleven members were in favour, two against. " GATE_JOINED},
};

static void joins_all_lines(void **state)
{
    text_case_check(*state, true);
}

int main(void)
{
    struct suite s = {.count = 0};
    SUITE_ROWS(&s, text_case_run, shape_cases);
    SUITE_ROWS(&s, joins_all_lines, wrapped_cases);
    return suite_run(&s, "text_shape");
}
