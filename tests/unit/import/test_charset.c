#include "import/charset.h"

#include <iconv.h>

#include "../support.h"
#include "core/utf8.h"

#define ROOM ((size_t)16 * 1024)
#define BAD  "\xef\xbf\xbd"

/* One paragraph in many languages, with the marks that each of them uses. */
static const char english[] =
    "The market opened at dawn, as it had every Saturday for three hundred years. “You can’t "
    "hurry bread,” the baker said — and she meant it. It cost £3, or about €4, at the café on "
    "the corner. The Brontë sisters never ate there.\n"
    "\n"
    "Nobody knew why the naïve young man had come. He didn’t say.\n";
static const char apostrophes[] =
    "It’s a plain English text that holds nothing but a few apostrophes. It isn’t much, but that’"
    "s how most English pages look.\n";
static const char french[] =
    "Le marché s’ouvre à l’aube, comme chaque samedi depuis trois siècles. « On ne presse pas "
    "le pain », dit la boulangère — et elle le pensait. Les élèves étaient déjà là, où l’été "
    "dernier on avait brûlé les forêts. Ça coûte cher, dit-il.\n";
static const char german[] =
    "Der Markt öffnet früh, wie jeden Samstag seit dreihundert Jahren. \"Brot lässt sich nicht "
    "hetzen\", sagte die Bäckerin - und sie meinte es so. Die Straße war für die größeren Wagen "
    "gesperrt, und über den Dächern hing Nebel. Überall roch es nach Äpfeln.\n";
static const char spanish[] =
    "El mercado abre al amanecer, como cada sábado desde hace trescientos años. ¿Quién podría "
    "apurar el pan?, preguntó la señora. El niño comió una manzana; después, según dijo, se march"
    "ó a la montaña. ¡Qué día tan bonito!\n";
static const char danish[] =
    "Markedet åbner ved daggry, som hver lørdag i tre hundrede år. »Brød kan man ikke skynde "
    "på,« sagde bageren, og hun mente det. Ingen vidste, hvorfor den unge mand var kommet til "
    "byen. Æbler og pærer lå på bordet, og børnene løb.\n";
static const char polish[] =
    "Targ otwiera się o świcie, jak w każdą sobotę od trzystu lat. „Chleba nie można popędzać” "
    "– powiedziała piekarka i naprawdę tak myślała. Źródło było blisko, a łąka za miastem żółta "
    "od kwiatów. Gęś zjadła ćwierć jabłka, później usnęła.\n";
static const char czech[] =
    "Trh se otevírá za úsvitu, jako každou sobotu už tři sta let. „Chléb se nedá uspěchat,“ řekla"
    " pekařka a myslela to vážně. Příliš žluťoučký kůň úpěl ďábelské ódy. Děti běžely přes náměst"
    "í a hledaly čerstvé koláče, které měly nejraději.\n";
static const char hungarian[] =
    "A piac hajnalban nyílik, mint háromszáz éve minden szombaton. \"A kenyeret nem lehet siettet"
    "ni\" - mondta a pékné, és komolyan gondolta. Az árvíztűrő tükörfúrógép a sarokban állt, "
    "és senki sem tudta, miért őrzik olyan gondosan a nővérek.\n";
static const char russian[] =
    "Рынок открывается на рассвете, как каждую субботу вот уже триста лет. «Хлеб нельзя торопить»"
    ", — сказала пекарь, и она так и думала. Ёлки стояли в снегу, а за рекой уже дымили трубы. "
    "Никто не знал, зачем молодой человек приехал в этот город.\n";
static const char bulgarian[] =
    "Пазарът отваря призори, както всяка събота вече триста години. „Хлябът не търпи бързане“,"
    " каза хлебарката и наистина го мислеше. Никой не знаеше защо младият човек е дошъл в този "
    "град, нито къде отива след това.\n";
static const char russian_plain[] =
    "Рынок открывается на рассвете, как каждую субботу вот уже триста лет. \"Хлеб нельзя торопить"
    "\", - сказала пекарь, и она так и думала. Ёлки стояли в снегу, а за рекой уже дымили трубы. "
    "Никто не знал, зачем молодой человек приехал в этот город.\n";
static const char ukrainian[] =
    "Ринок відчиняється на світанку, як щосуботи вже триста років. \"Хліб не можна квапити\","
    " - сказала пекарка, і вона справді так думала. Ніхто не знав, навіщо юнак приїхав до цього "
    "міста і куди він їде далі.\n";
static const char greek_quoted[] =
    "Η αγορά ανοίγει την αυγή, όπως κάθε Σάββατο εδώ και τριακόσια χρόνια. “Το ψωμί δεν βιάζεται”"
    ", είπε η φουρνάρισσα, και το εννοούσε. Κανείς δεν ήξερε γιατί ο νεαρός είχε έρθει στην πόλη,"
    " ούτε πού θα πήγαινε μετά από αυτό.\n";
static const char greek[] =
    "Η αγορά ανοίγει την αυγή, όπως κάθε Σάββατο εδώ και τριακόσια χρόνια. «Το ψωμί δεν βιάζεται»"
    ", είπε η φουρνάρισσα, και το εννοούσε. Κανείς δεν ήξερε γιατί ο νεαρός είχε έρθει στην πόλη,"
    " ούτε πού θα πήγαινε μετά από αυτό.\n";
static const char turkish[] =
    "Pazar, üç yüz yıldır her cumartesi olduğu gibi şafakta açılır. “Ekmek aceleye gelmez,” dedi "
    "fırıncı ve gerçekten öyle düşünüyordu. Genç adamın bu şehre neden geldiğini kimse bilmiyordu"
    ". Çocuklar meydana koştu, taze çörek arıyorlardı. İyi günler dilerim, şişe boş.\n";
static const char hebrew[] =
    "השוק נפתח עם שחר, כמו בכל שבת כבר שלוש מאות שנה. אי אפשר לזרז את הלחם, אמרה האופה, והיא "
    "התכוונה לכך. איש לא ידע מדוע בא הצעיר אל העיר הזאת, ולאן הוא הולך אחר כך. הילדים רצו אל "
    "הכיכר וחיפשו עוגות טריות.\n";
static const char arabic[] =
    "يفتح السوق عند الفجر كما في كل سبت منذ ثلاثمئة عام. قالت الخبازة لا يمكن استعجال الخبز، "
    "وكانت تعني ما تقول. لم يعرف أحد لماذا جاء الشاب إلى هذه المدينة ولا إلى أين سيذهب بعد ذلك. "
    "ركض الأطفال إلى الساحة يبحثون عن الكعك الطازج.\n";
static const char thai[] = "ตลาดเปิดตอนรุ่งสาง เหมือนทุกวันเสาร์มาสามร้อยปีแล้ว "
                           "คนทำขนมปังบอกว่าขนมปังนั้นเร่งไม่ได้ และเธอหมายความเช่นนั้นจริงๆ "
                           "ไม่มีใครรู้ว่าทำไมชายหนุ่มจึงมาที่เมืองนี้ "
                           "เด็กๆ วิ่งไปที่จัตุรัสเพื่อหาเค้กที่อบเสร็จใหม่ๆ\n";
static const char japanese[] =
    "市場は夜明けに開く。三百年のあいだ、毎週土曜日はいつもそうだった。「パンを急がせることはでき"
    "ませんよ」とパン屋の女主人は言った。本当にそう思っていたのである。その若者がなぜこの町に来た"
    "のか、だれも知らなかった。子供たちは広場へ走り、焼きたてのケーキを探していた。\n";
static const char chinese[] =
    "市场在黎明开放,三百年来每个星期六都是如此。“面包是急不得的,”女面包师说,她是认真的。没有人知道"
    "那个年轻人为什么来到这座城市,也不知道他之后要去哪里。孩子们跑向广场,寻找刚出炉的蛋糕。\n";
static const char taiwanese[] =
    "市場在黎明開放,三百年來每個星期六都是如此。「麵包是急不得的,」女麵包師說,她是認真的。沒有人知"
    "道那個年輕人為什麼來到這座城市,也不知道他之後要去哪裡。孩子們跑向廣場,尋找剛出爐的蛋糕。"
    "\n";
static const char korean[] =
    "시장은 새벽에 열린다. 삼백 년 동안 토요일마다 늘 그랬다. “빵은 재촉할 수 없어요”라고 빵집 "
    "주인이 말했고, 그녀는 진심이었다. 그 젊은이가 왜 이 도시에 왔는지, 그 뒤에 어디로 가는지 "
    "아무도 몰랐다. 아이들은 광장으로 달려가 갓 구운 케이크를 찾았다.\n";

/* A text, the charset that iconv writes it in, and the one that must be found. */
struct sample_row {
    const char *name, *text, *iconv, *found;
};

static const struct sample_row sample_rows[] = {
    {"English in windows-1252", english, "CP1252", "windows-1252"},
    {"English with nothing but apostrophes", apostrophes, "CP1252", "windows-1252"},
    {"French in windows-1252", french, "CP1252", "windows-1252"},
    {"German in iso-8859-1", german, "ISO-8859-1", "windows-1252"},
    {"Spanish in windows-1252", spanish, "CP1252", "windows-1252"},
    {"Danish in iso-8859-1", danish, "ISO-8859-1", "windows-1252"},
    {"Polish in windows-1250", polish, "CP1250", "windows-1250"},
    {"Czech in windows-1250", czech, "CP1250", "windows-1250"},
    {"Hungarian in iso-8859-2", hungarian, "ISO-8859-2", "iso-8859-2"},
    {"Russian in windows-1251", russian, "CP1251", "windows-1251"},
    {"Bulgarian in windows-1251", bulgarian, "CP1251", "windows-1251"},
    {"Russian in koi8-r", russian_plain, "KOI8-R", "koi8-r"},
    {"Russian in iso-8859-5", russian_plain, "ISO-8859-5", "iso-8859-5"},
    {"Russian in ibm866", russian_plain, "IBM866", "ibm866"},
    {"Ukrainian in koi8-u", ukrainian, "KOI8-U", "koi8-u"},
    {"Greek in windows-1253", greek_quoted, "CP1253", "windows-1253"},
    {"Greek in iso-8859-7", greek, "ISO-8859-7", "iso-8859-7"},
    {"Turkish in windows-1254", turkish, "CP1254", "windows-1254"},
    {"Hebrew in windows-1255", hebrew, "CP1255", "windows-1255"},
    {"Arabic in windows-1256", arabic, "CP1256", "windows-1256"},
    {"Thai in windows-874", thai, "CP874", "windows-874"},
    {"Japanese in shift_jis", japanese, "CP932", "shift_jis"},
    {"Japanese in euc-jp", japanese, "EUC-JP", "euc-jp"},
    {"Chinese in gb18030", chinese, "GB18030", "gb18030"},
    {"Chinese in gbk", chinese, "GBK", "gb18030"},
    {"Chinese in big5", taiwanese, "BIG5", "big5"},
    {"Korean in euc-kr", korean, "EUC-KR", "euc-kr"},
};

/* `text` in another charset, in static memory that the next call uses again. */
static struct span encode(const char *text, const char *charset)
{
    static char bytes[ROOM];
    char *from = (char *)(uintptr_t)text;
    char *to = bytes;
    size_t left = strlen(text);
    size_t room = sizeof bytes;
    iconv_t cd = iconv_open(charset, "UTF-8");
    assert_true(cd != (iconv_t)-1);
    assert_int_equal(iconv(cd, &from, &left, &to, &room), 0);
    assert_int_equal(iconv(cd, NULL, NULL, &to, &room), 0);
    iconv_close(cd);
    return (struct span){bytes, sizeof bytes - room};
}

/* What becomes of `in` must be `text`, found to be `charset`. */
static void assert_decodes(struct span in, const char *declared, struct span text,
                           const char *charset)
{
    struct buf out;
    char name[CHARSET_NAME_MAX] = "";
    buf_init(&out, in.n * 3);
    assert_status(charset_decode(in, span_of(declared), &out, name), ST_OK, NULL);
    assert_string_equal(name, charset);
    assert_span_equal(buf_span(&out), text);
    buf_fini(&out);
}

static void samples_are_found_and_read(void **state)
{
    const struct sample_row *row = *state;
    struct span in = encode(row->text, row->iconv);
    assert_decodes(in, NULL, span_of(row->text), row->found);
    assert_decodes(in, row->found, span_of(row->text), row->found);
    /* A page that says it is UTF-8 and is not; a label that nobody knows. */
    assert_decodes(in, "utf-8", span_of(row->text), row->found);
    assert_decodes(in, "utf-16", span_of(row->text), row->found);
    assert_decodes(in, "klingon", span_of(row->text), row->found);
    /* The same text as UTF-8 is UTF-8, whatever it says of itself. */
    assert_decodes(span_of(row->text), row->found, span_of(row->text), "utf-8");
}

/* What is not ASCII may stand far behind, and in one line with all the rest. */
static void samples_are_found_behind_much_else(void **state)
{
    const struct sample_row *row = *state;
    static char text[4 * ROOM * 8];
    for (int lines = 0; lines < 2; lines++) {
        struct span in = encode(row->text, row->iconv);
        size_t n = 0;
        while (n < sizeof text - ROOM) {
            memcpy(text + n, lines ? "<p>plain text</p>\n" : "<p>plain text</p> ", 18);
            n += 18;
        }
        memcpy(text + n, in.p, in.n);
        struct buf out;
        char name[CHARSET_NAME_MAX];
        buf_init(&out, sizeof text * 3);
        assert_status(
            charset_decode((struct span){text, n + in.n}, (struct span){NULL, 0}, &out, name),
            ST_OK, NULL);
        assert_string_equal(name, row->found);
        assert_span_equal(span_sub(buf_span(&out), n, out.n), span_of(row->text));
        buf_fini(&out);
    }
}

/* No piece of text in another charset is taken for broken UTF-8 (some short ones are valid). */
static void other_charsets_are_not_broken_utf8(void **state)
{
    const struct sample_row *row = *state;
    static const size_t lengths[] = {1, 2, 3, 5, 9, 20, 60};
    struct span in = encode(row->text, row->iconv);
    struct buf out;
    buf_init(&out, ROOM * 3);
    for (size_t at = 0; at < in.n; at++) {
        for (size_t i = 0; i < COUNT(lengths); i++) {
            char name[CHARSET_NAME_MAX];
            struct span piece = span_sub(in, at, at + lengths[i]);
            if (utf8_valid(piece) == piece.n)
                continue;
            buf_clear(&out);
            assert_status(charset_decode(piece, span_of(row->found), &out, name), ST_OK, NULL);
            if (strcmp(name, row->found) != 0)
                fail_msg("%s: %zu bytes at %zu", name, piece.n, at);
        }
    }
    buf_fini(&out);
}

struct mark_row {
    const char *name;
    struct span mark;
    const char *iconv, *found;
};

static const struct mark_row mark_rows[] = {
    {"a byte order mark of UTF-8", BYTES("\xef\xbb\xbf"), "UTF-8", "utf-8"},
    {"a byte order mark of UTF-16LE", BYTES("\xff\xfe"), "UTF-16LE", "utf-16le"},
    {"a byte order mark of UTF-16BE", BYTES("\xfe\xff"), "UTF-16BE", "utf-16be"},
    {"a byte order mark of UTF-32LE", BYTES("\xff\xfe\0\0"), "UTF-32LE", "utf-32le"},
    {"a byte order mark of UTF-32BE", BYTES("\0\0\xfe\xff"), "UTF-32BE", "utf-32be"},
};

static void a_mark_wins_and_goes(void **state)
{
    const struct mark_row *row = *state;
    static const char *const texts[] = {"", "a", english, russian, japanese, "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf in;
        buf_init(&in, ROOM);
        buf_put(&in, row->mark);
        buf_put(&in, encode(texts[i], row->iconv));
        assert_decodes(buf_span(&in), "windows-1251", span_of(texts[i]), row->found);
        assert_false(charset_is_doubtful(buf_span(&in)));
        buf_fini(&in);
    }
}

struct text_row {
    const char *name;
    struct span in;
    const char *declared;
    struct span out;
    const char *found;
};

static const struct text_row text_rows[] = {
    {"nothing", BYTES(""), NULL, BYTES(""), "utf-8"},
    {"an absent span", {NULL, 0}, "latin1", BYTES(""), "utf-8"},
    {"ASCII stays", BYTES("a\0b\r\n\x7f"), "shift_jis", BYTES("a\0b\r\n\x7f"), "utf-8"},
    {"a backslash stays one in ASCII", BYTES("C:\\~"), "shift_jis", BYTES("C:\\~"), "utf-8"},
    {"one mark goes, no more", BYTES("\xef\xbb\xbf\xef\xbb\xbf"), NULL, BYTES("\xef\xbb\xbf"),
     "utf-8"},
    {"broken UTF-8 behind a mark is UTF-8", BYTES("\xef\xbb\xbf\xe9t\xe9"), "latin1",
     BYTES(BAD "t" BAD), "utf-8"},
    {"half a unit of UTF-16",
     BYTES("\xff\xfe"
           "a\0b"),
     NULL, BYTES("a" BAD), "utf-16le"},
    {"half a pair in UTF-16", BYTES("\xfe\xff\0a\xd8\0\0b\xdc\0\xd8\0"), NULL,
     BYTES("a" BAD "b" BAD BAD), "utf-16be"},
    {"no code point in UTF-32", BYTES("\xff\xfe\0\0\0\0\x11\0a\0\0\0\0\xd8\0\0z"), NULL,
     BYTES(BAD "a" BAD BAD), "utf-32le"},

    {"ASCII cut in a letter", BYTES("it is \xe2\x80"), NULL, BYTES("it is " BAD), "utf-8"},
    {"ASCII cut in an emoji", BYTES("well \xf0\x9f\x98"), NULL, BYTES("well " BAD), "utf-8"},
    {"ASCII cut behind a lead is a Latin letter", BYTES("caf\xe9"), NULL, BYTES("café"),
     "windows-1252"},
    {"a declared charset may end anyhow", BYTES("a \xe2\x80"), "koi8-r", BYTES("a Б─"), "koi8-r"},
    {"unless it says that it is UTF-8", BYTES("caf\xe9"), "UTF8", BYTES("caf" BAD), "utf-8"},
    {"UTF-8 cut behind a lead", BYTES("Grüße, S\xc3"), NULL, BYTES("Grüße, S" BAD), "utf-8"},
    {"one broken among four", BYTES("ä ö ü ß \xff z"), NULL, BYTES("ä ö ü ß " BAD " z"), "utf-8"},
    {"one broken among three is too many", BYTES("ä ö ü \xe9 z"), NULL, BYTES("Ã¤ Ã¶ Ã¼ é z"),
     "windows-1252"},
    {"unless UTF-8 is declared", BYTES("ä \xff z"), " UTF-8 ", BYTES("ä " BAD " z"), "utf-8"},
    {"broken UTF-8 wins over what is declared", BYTES("ä ö ü ß \xe2\x82 z"), "windows-1251",
     BYTES("ä ö ü ß " BAD " z"), "utf-8"},
    {"each broken sequence is one", BYTES("äöüßäöüß\xf0\x9f\x98\xe2\x82."), NULL,
     BYTES("äöüßäöüß" BAD BAD "."), "utf-8"},

    {"latin1 is windows-1252", BYTES("\x93na\xefve\x94 \x80"), "ISO-8859-1", BYTES("“naïve” €"),
     "windows-1252"},
    {"ASCII that is not is windows-1252", BYTES("\x93na\xefve\x94"), "us-ascii", BYTES("“naïve”"),
     "windows-1252"},
    {"bytes that windows-1252 lacks", BYTES("\x81\x8d\x8f\x90\x9d\xff"), "windows-1252",
     BYTES(BAD BAD BAD BAD BAD "ÿ"), "windows-1252"},
    {"latin5 is windows-1254", BYTES("\x93\xddyi\x94"), "iso-8859-9", BYTES("“İyi”"),
     "windows-1254"},
    {"tis-620 is windows-874", BYTES("\x93\xa1\x94"), "TIS-620", BYTES("“ก”"), "windows-874"},
    {"iso-8859-11 is windows-874", BYTES("\x85\xa1"), "iso-8859-11", BYTES("…ก"), "windows-874"},
    {"gb2312 is gb18030", BYTES("\x81\x30\x84\x36 \x81\x40"), "gb2312", BYTES("¥ 丂"), "gb18030"},
    {"shift_jis is windows-31j", BYTES("\x87\x40\x81\x60\\~"), "Shift_JIS", BYTES("①～\\~"),
     "shift_jis"},
    {"ks_c_5601-1987 is uhc", BYTES("\x81\x41\xb0\xa1"), "KS_C_5601-1987", BYTES("갂가"), "euc-kr"},
    {"euc-jp has the letters of windows-31j", BYTES("\xad\xa1\xa1\xc1"), "x-euc-jp", BYTES("①～"),
     "euc-jp"},
    {"big5 as Windows has it", BYTES("\xa1\x45\xa4\xa4\xa3\xe1"), "x-x-big5", BYTES("‧中€"),
     "big5"},
    {"a label with a year", BYTES("\xb1"), "ISO_8859-2:1987", BYTES("ą"), "iso-8859-2"},
    {"a label without marks", BYTES("\xb1"), "\t iso88592\n", BYTES("ą"), "iso-8859-2"},
    {"a label with blanks and x-", BYTES("\xe0"), "x-cp1251", BYTES("а"), "windows-1251"},
    {"a label that is far too long", BYTES("\xe0"),
     "windows-1251windows-1251windows-1251windows-1251windows-1251", BYTES("à"), "windows-1252"},
    {"a label of marks alone", BYTES("\xe0"), "-", BYTES("à"), "windows-1252"},
    {"UTF-16 cannot be declared", BYTES("\xe0 la carte"), "utf-16le", BYTES("à la carte"),
     "windows-1252"},

    {"bytes that shift_jis lacks", BYTES("\x82\xa0\xff\x82 \x82\xa2\x82"), "sjis",
     BYTES("あ" BAD BAD " い" BAD), "shift_jis"},
    {"bytes that gb18030 lacks", BYTES("\xd6\xd0\xff\x81\x30z"), "gbk", BYTES("中" BAD BAD "0z"),
     "gb18030"},
    {"bytes that windows-1253 lacks", BYTES("\xe1\xaa\xd2\xff"), "windows-1253",
     BYTES("α" BAD BAD BAD), "windows-1253"},
    {"a letter that waits for an accent",
     BYTES("A\xd2"
           "e\xd2"),
     "windows-1258", BYTES("Ảẻ"), "windows-1258"},
    {"a letter that waits stands before a bad byte", BYTES("e\x8d\xe2"), "windows-1258",
     BYTES("e" BAD "â"), "windows-1258"},

    {"few letters of no known language are windows-1252",
     BYTES("ma\xf1"
           "ana, se\xf1or"),
     NULL, BYTES("mañana, señor"), "windows-1252"},
    {"typography alone is that of Windows", BYTES("\x93It\x92s\x94 \x96 \xa9 \x85"), NULL,
     BYTES("“It’s” – © …"), "windows-1252"},
};

static void texts_become_utf8(void **state)
{
    const struct text_row *row = *state;
    assert_decodes(row->in, row->declared, row->out, row->found);
}

/* In the middle of a text FF FE is two letters. */
static void a_mark_is_one_only_at_the_start(void **state)
{
    (void)state;
    struct buf in;
    struct buf text;
    buf_init(&in, ROOM);
    buf_init(&text, ROOM);
    buf_puts(&text, "I wrote:\nяю и так далее, ");
    buf_puts(&text, russian);
    buf_put(&in, encode(buf_str(&text), "CP1251"));
    assert_decodes(buf_span(&in), NULL, buf_span(&text), "windows-1251");
    buf_fini(&in);
    buf_fini(&text);
}

static void a_full_buf_is_told(void **state)
{
    (void)state;
    static const char *const charsets[] = {"utf-8", "windows-1252", "koi8-r", "shift_jis"};
    for (size_t i = 0; i < COUNT(charsets); i++) {
        struct buf out;
        char name[CHARSET_NAME_MAX];
        char bytes[ROOM];
        memset(bytes, i == 0 ? 'a' : '\xff', sizeof bytes);
        buf_init(&out, sizeof bytes - 1);
        assert_status(
            charset_decode((struct span){bytes, sizeof bytes}, span_of(charsets[i]), &out, name),
            ST_LIMIT, NULL);
        assert_string_equal(name, charsets[i]);
        buf_fini(&out);
    }
}

static void what_is_there_already_stays(void **state)
{
    (void)state;
    struct buf out;
    char name[CHARSET_NAME_MAX];
    buf_init(&out, 64);
    assert_status(charset_decode(SPAN("a"), SPAN(""), &out, name), ST_OK, NULL);
    assert_status(charset_decode(SPAN("\xe9"), SPAN(""), &out, name), ST_OK, NULL);
    assert_status(charset_decode(SPAN("\xc1"), SPAN("koi8-r"), &out, name), ST_OK, NULL);
    assert_span_equal(buf_span(&out), SPAN("aéа"));
    buf_fini(&out);
}

struct html_row {
    const char *name, *page, *charset;
};

static const struct html_row html_rows[] = {
    {"html: nothing", "", ""},
    {"html: text", "charset=utf-8", ""},
    {"html: charset", "<meta charset=utf-8>", "utf-8"},
    {"html: quoted", "<!doctype html><META CHARSET = \"Windows-1251\" >", "Windows-1251"},
    {"html: single quotes", "<meta name=x charset='koi8-r'/>", "koi8-r"},
    {"html: blanks in quotes", "<meta charset=' gbk '>", "gbk"},
    {"html: a slash for a blank", "<meta/charset=big5/>", "big5/"},
    {"html: a slash before the end", "<meta/charset=big5 />", "big5"},
    {"html: http-equiv",
     "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-2\">", "ISO-8859-2"},
    {"html: http-equiv behind", "<meta content='text/html;charset=sjis' http-equiv=content-type>",
     "sjis"},
    {"html: quotes in the content",
     "<meta http-equiv=content-type content='text/html; charset = \"euc-kr\"; x'>", "euc-kr"},
    {"html: a quote left open in the content",
     "<meta http-equiv=content-type content='charset=\"euc-kr'>", ""},
    {"html: charset twice in the content",
     "<meta http-equiv=content-type content='charset charset=euc-kr;'>", "euc-kr"},
    {"html: content of something else", "<meta name=d content='charset=utf-8'>", ""},
    {"html: the first attribute counts", "<meta charset=utf-8 charset=big5>", "utf-8"},
    {"html: charset before content",
     "<meta http-equiv=content-type content='charset=big5' charset=utf-8>", "utf-8"},
    {"html: the first tag counts", "<meta charset=utf-8><meta charset=big5>", "utf-8"},
    {"html: an unknown one is passed over", "<meta charset=x><meta charset=big5>", "big5"},
    {"html: UTF-16 is known", "<meta charset=utf-16>", "utf-16"},
    {"html: another tag", "<metal charset=utf-8><p charset=utf-8></meta charset=utf-8>", ""},
    {"html: in an attribute", "<a title='<meta charset=big5>'><meta charset=utf-8>", "utf-8"},
    {"html: behind a sign that is no tag", "a < b <meta charset=utf-8>", "utf-8"},
    {"html: in a comment", "<!-- <meta charset=big5> --><meta charset=utf-8>", "utf-8"},
    {"html: behind the shortest comment", "<!--><meta charset=utf-8>", "utf-8"},
    {"html: in a comment without end", "<!-- <meta charset=big5> ", ""},
    {"html: in what is no tag", "<?php <meta charset=big5 > <meta charset=utf-8>", "utf-8"},
    {"html: in an end that is none", "</ <meta charset=big5 > <meta charset=utf-8>", "utf-8"},
    {"html: behind much", "<html lang=de><head><title>x</title>\n<meta\ncharset\n=\nutf-8\n>",
     "utf-8"},
    {"html: empty", "<meta charset=><meta charset=''>", ""},
    {"html: no value", "<meta charset>", ""},
    {"html: cut in the tag", "<meta charset=utf-8", ""},
    {"html: cut behind the value", "<meta charset='utf-8' ", ""},
    {"html: cut in the value", "<meta charset='utf-8", ""},
    {"html: cut in the name", "<meta chars", ""},
    {"html: cut behind the sign", "<meta charset= ", ""},
    {"html: cut in the tag's name", "<met", ""},
    {"html: only a sign", "<", ""},
    {"html: only an end", "</", ""},
    {"html: XML", "<?xml version='1.0' encoding='ISO-8859-1'?><html>", "ISO-8859-1"},
    {"html: XML is not at the start", " <?xml version='1.0' encoding='koi8-r'?>", ""},
    {"html: XML says nothing", "<?xml version='1.0'?>", ""},
    {"html: XML without quotes", "<?xml version='1.0' encoding=koi8-r ?>", ""},
    {"html: XML, cut", "<?xml version='1.0' encoding='koi8-r", ""},
    {"html: XML, cut before the value", "<?xml encoding = ", ""},
    {"html: meta before XML", "<?xml encoding='koi8-r'?><meta charset=utf-8>", "utf-8"},
};

static void pages_declare(void **state)
{
    const struct html_row *row = *state;
    size_t n = strlen(row->page);
    char *page = malloc(n + 1); /* of its size, so that a sanitizer sees one byte too far */
    assert_non_null(page);
    memcpy(page, row->page, n);
    char *exact = realloc(page, n > 0 ? n : 1);
    assert_non_null(exact);
    struct span charset = charset_of_html((struct span){exact, n});
    assert_span_equal(charset, span_of(row->charset));
    if (charset.n == 0)
        assert_null(charset.p);
    free(exact);
}

/* What stands behind 4096 bytes is too late; what begins before and ends behind them too. */
static void only_the_first_bytes_declare(void **state)
{
    (void)state;
    static char page[5000];
    static const char tag[] = "<meta charset=utf-8>";
    for (size_t at = 4050; at < 4150; at++) {
        memset(page, 'x', sizeof page);
        memcpy(page + at, tag, sizeof tag - 1);
        struct span charset = charset_of_html((struct span){page, sizeof page});
        assert_span_equal(charset, span_of(at + sizeof tag - 1 <= 4096 ? "utf-8" : ""));
    }
}

struct doubt_row {
    const char *name;
    struct span in;
    bool doubtful;
};

static const struct doubt_row doubt_rows[] = {
    {"no doubt: nothing", BYTES(""), false},
    {"no doubt: an absent span", {NULL, 0}, false},
    {"no doubt: text", BYTES("A page.\r\n\tOf text.\f\v"), false},
    {"no doubt: other letters", BYTES("\x93\x80\xff\xfe\x82\xa0"), false},
    {"no doubt: colours and bold", BYTES("\x1b[1ma\x1b[0m b\bb c\bc d\bd"), false},
    {"no doubt: the end of a file in CP/M",
     BYTES("A page of text that an editor of old times wrote.\r\n\x1a"), false},
    {"doubt: a NUL", BYTES("A page\0 of text"), true},
    {"doubt: a NUL behind a mark of UTF-8",
     BYTES("\xef\xbb\xbf"
           "a\0"),
     true},
    {"doubt: controls", BYTES("\x01\x02\x03\x04 abcdefgh"), true},
    {"doubt: a picture", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), true},
};

static void bytes_are_doubted(void **state)
{
    const struct doubt_row *row = *state;
    assert_int_equal(charset_is_doubtful(row->in), row->doubtful);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, samples_are_found_and_read, sample_rows);
    SUITE_ROWS(&s, samples_are_found_behind_much_else, sample_rows);
    SUITE_ROWS(&s, other_charsets_are_not_broken_utf8, sample_rows);
    SUITE_ROWS(&s, a_mark_wins_and_goes, mark_rows);
    SUITE_ROWS(&s, texts_become_utf8, text_rows);
    SUITE_TEST(&s, a_mark_is_one_only_at_the_start);
    SUITE_TEST(&s, a_full_buf_is_told);
    SUITE_TEST(&s, what_is_there_already_stays);
    SUITE_ROWS(&s, pages_declare, html_rows);
    SUITE_TEST(&s, only_the_first_bytes_declare);
    SUITE_ROWS(&s, bytes_are_doubted, doubt_rows);
    return suite_run(&s, "import/charset");
}
