#include "prose/guess.h"

#include "../support.h"

struct guess_case {
    const char *name;
    const char *tag;
    const char *text;
};

static const struct guess_case guess_cases[] = {
    {"nothing", "und", ""},
    {"numbers and marks", "und", "1,900 – 42 %, ***"},
    {"English", "en",
     "The ferry that links the two halves of the town will not run before spring. The council said "
     "on Monday that the hull is worse than it had feared, and that the money has still to be "
     "found."},
    {"English sentence", "en", "It was the first time that the river had frozen in living memory."},
    {"German", "de",
     "Die Fähre, die beide Hälften der Stadt verbindet, wird vor dem Frühjahr nicht mehr fahren. "
     "Der Rat teilte am Montag mit, dass der Rumpf schlechter ist als befürchtet und das Geld noch "
     "fehlt."},
    {"German sentence", "de", "Der Fluss war zum ersten Mal seit vielen Jahren zugefroren."},
    {"French", "fr",
     "Le bac qui relie les deux moitiés de la ville ne circulera pas avant le printemps. Le "
     "conseil "
     "a indiqué lundi que la coque est en plus mauvais état qu’il ne le craignait et que l’argent "
     "manque."},
    {"French sentence", "fr", "C’est la première fois que l’eau gèle dans le port depuis dix ans."},
    {"Spanish", "es",
     "El transbordador que une las dos mitades de la ciudad no volverá a navegar antes de la "
     "primavera. El ayuntamiento dijo el lunes que el casco está peor de lo que se temía y que "
     "todavía falta el dinero."},
    {"Spanish sentence", "es", "Era la primera vez que el río se había helado en muchos años."},
    {"Portuguese", "pt",
     "A balsa que liga as duas metades da cidade não vai navegar antes da primavera. A câmara "
     "disse "
     "na segunda-feira que o casco está pior do que se temia e que ainda falta o dinheiro para as "
     "obras."},
    {"Portuguese sentence", "pt", "Foi a primeira vez que o rio gelou em muitos anos, disse ela."},
    {"Russian", "ru",
     "Паром, который связывает две части города, не выйдет на линию до весны. В понедельник совет "
     "сообщил, что корпус оказался хуже, чем считали, и что деньги на ремонт ещё не нашли."},
    {"Russian sentence", "ru", "Это был первый раз, когда река замёрзла за много лет."},
    {"Polish", "pl",
     "Prom, który łączy obie części miasta, nie wypłynie przed wiosną. Rada poinformowała w "
     "poniedziałek, że kadłub jest w gorszym stanie, niż się obawiano, i że na remont nie ma "
     "jeszcze pieniędzy."},
    {"Polish sentence", "pl", "To był pierwszy raz, kiedy rzeka zamarzła od wielu lat."},
    {"Japanese", "ja", "町の二つの地区を結ぶ渡し船は、春まで運航されない。"},
    {"Japanese title", "ja", "渡し船の運休"},
    {"Japanese with names in Latin", "ja",
     "新しい iPhone と MacBook Pro の価格が Apple から発表された。"},
    {"Chinese", "zh", "连接城市两岸的渡轮在春天之前不会恢复运营。"},
    {"traditional Chinese", "zh", "連接城市兩岸的渡輪在春天之前不會恢復營運。"},
    {"Chinese with a Japanese name", "zh",
     "日本便利店品牌全家与日本饮料品牌お茶合作，推出了多款适合夏天的新产品，价格从十元到三十元不等"
     "，在"
     "全国各地的门店都可以买到，预计将持续销售到九月底。"},
    {"Han too few to tell", "und", "東京都知事"},
    {"Italian", "und",
     "Il traghetto che collega le due metà della città non partirà prima della primavera. Il "
     "consiglio ha detto lunedì che lo scafo è in condizioni peggiori di quanto si temeva e che i "
     "soldi mancano ancora."},
    {"Dutch", "und",
     "De veerboot die de twee helften van de stad verbindt, zal niet voor het voorjaar varen. De "
     "raad zei maandag dat de romp er slechter aan toe is dan was gevreesd en dat het geld er nog "
     "niet is."},
    {"Swedish", "und",
     "Färjan som förbinder stadens två halvor kommer inte att gå före våren. Rådet sade i måndags "
     "att skrovet är i sämre skick än man hade befarat och att pengarna ännu inte finns."},
    {"Danish", "und",
     "Færgen, der forbinder byens to halvdele, kommer ikke til at sejle før foråret. Rådet sagde i "
     "mandags, at skroget er i værre stand end frygtet, og at pengene endnu ikke er fundet."},
    {"Czech", "und",
     "Přívoz, který spojuje obě části města, nevypluje před jarem. Rada v pondělí oznámila, že "
     "trup "
     "je v horším stavu, než se čekalo, a že peníze na opravu se ještě nenašly."},
    {"Slovak", "und",
     "Kompa, ktorá spája obe časti mesta, nevypláva pred jarou. Rada v pondelok oznámila, že trup "
     "je v horšom stave, ako sa čakalo, a že peniaze na opravu sa ešte nenašli."},
    {"Croatian", "und",
     "Trajekt koji povezuje dva dijela grada neće ploviti prije proljeća. Vijeće je u ponedjeljak "
     "reklo da je trup u gorem stanju nego što se mislilo i da novac još nije pronađen."},
    {"Romanian", "und",
     "Feribotul care leagă cele două părți ale orașului nu va circula înainte de primăvară. "
     "Consiliul a spus luni că este într-o stare mai rea decât se credea și că nu sunt încă bani."},
    {"Hungarian", "und",
     "A komp, amely összeköti a város két felét, nem indul el a tavasz előtt. A tanács hétfőn azt "
     "mondta, hogy a hajótest rosszabb állapotban van, mint hitték, és még nincs meg a pénz."},
    {"Catalan", "und",
     "El transbordador que uneix les dues meitats de la ciutat no tornarà a navegar abans de la "
     "primavera. L'ajuntament va dir dilluns que el casc està pitjor del que es temia i que encara "
     "falten els diners."},
    {"Galician", "und",
     "O transbordador que une as dúas metades da cidade non volverá navegar antes da primavera. O "
     "concello dixo o luns que o casco está peor do que se temía e que aínda faltan os cartos para "
     "a obra."},
    {"Finnish", "und",
     "Lautta, joka yhdistää kaupungin kaksi puoliskoa, ei kulje ennen kevättä. Valtuusto kertoi "
     "maanantaina, että runko on pelättyä huonommassa kunnossa ja että rahat puuttuvat."},
    {"Turkish", "und",
     "Kentin iki yakasını birbirine bağlayan vapur bahardan önce sefere çıkmayacak. Meclis "
     "pazartesi günü gövdenin korkulandan daha kötü durumda olduğunu ve paranın bulunamadığını "
     "söyledi."},
    {"Esperanto", "und",
     "La pramo, kiu ligas la du partojn de la urbo, ne veturos antaŭ la printempo. La konsilio "
     "diris lunde, ke la ŝipo estas en pli malbona stato ol oni timis kaj ke la mono ankoraŭ "
     "mankas."},
    {"Welsh", "und",
     "Ni fydd y fferi sy'n cysylltu dwy ran y dref yn hwylio cyn y gwanwyn. Dywedodd y cyngor "
     "ddydd Llun fod y corff mewn cyflwr gwaeth nag a ofnwyd a bod yr arian heb ei ganfod eto."},
    {"Ukrainian", "und",
     "Пором, який з’єднує дві частини міста, не вийде на лінію до весни. У понеділок рада "
     "повідомила, що корпус у гіршому стані, ніж вважали, і що гроші на ремонт ще не знайшли."},
    {"Belarusian", "und",
     "Паром, які злучае дзве часткі горада, не выйдзе на лінію да вясны. У панядзелак рада "
     "паведаміла, што корпус у горшым стане, чым лічылі, і што грошай на рамонт няма."},
    {"Bulgarian", "und",
     "Фериботът, който свързва двете части на града, няма да плава преди пролетта. В понеделник "
     "съветът съобщи, че корпусът е в по-лошо състояние от очакваното и че парите не са намерени."},
    {"Serbian", "und",
     "Скела која повезује два дела града неће пловити пре пролећа. Веће је у понедељак рекло да је "
     "труп у горем стању него што се мислило и да новац још није пронађен."},
    {"Greek", "und",
     "Το φέρι που ενώνει τα δύο μισά της πόλης δεν θα κινηθεί πριν από την άνοιξη."},
    {"Korean", "und", "도시의 두 지역을 잇는 나룻배는 봄까지 운항하지 않는다고 시의회가 밝혔다."},
    {"Arabic", "und", "لن تبحر العبارة التي تربط بين شطري المدينة قبل حلول الربيع."},
    {"Hebrew", "und", "המעבורת שמחברת בין שני חלקי העיר לא תפליג לפני האביב."},
    {"Thai", "und", "เรือข้ามฟากที่เชื่อมสองฝั่งของเมืองจะไม่ให้บริการจนถึงฤดูใบไม้ผลิ"},
    {"few words that do not tell", "und", "Ferry service, Port Ellery, June 2024"},
    {"few words that do", "en", "What we do not know"},
    {"one word", "und", "the"},
    {"half German, half Greek", "und",
     "Die Fähre fährt nicht vor dem Frühjahr. Το φέρι δεν θα κινηθεί πριν από την άνοιξη του "
     "έτους."},
};

static void guesses(void **state)
{
    const struct guess_case *row = *state;
    assert_string_equal(guess_language(span_of(row->text))->tag, row->tag);
}

/* What is behind the first 4 KiB does not count, and a sign is not cut in two there. */
static void looks_at_the_beginning(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_putc(&text, '.');
    for (int i = 0; i < 1500; i++)
        buf_puts(&text, "。");
    buf_puts(&text, "This is what nobody will ever look at, as it is too far from the top.");
    assert_ptr_equal(guess_language(buf_span(&text)), &language_und);
    buf_fini(&text);
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, guesses, guess_cases);
    SUITE_TEST(&suite, looks_at_the_beginning);
    return suite_run(&suite, "guess");
}
