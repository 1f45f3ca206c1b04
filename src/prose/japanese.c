#include "prose/language.h"

static const char *const japanese_openers[] = {
    "あの",     "あれ",     "こう",       "こうした", "ここ",   "この",     "これ",     "さらに",
    "しかし",   "しかも",   "したがって", "すると",   "そう",   "そこ",     "そして",   "その",
    "そのため", "それ",     "そんな",     "ただ",     "ただし", "たとえば", "だから",   "だが",
    "つまり",   "ところが", "なお",       "まず",     "また",   "または",   "もっとも", "一方",
    "他方",     "例えば",   "同時に",     "同氏",     "同社",   "彼",       "彼ら",     "彼女",
    "次に",     "結局",     "続いて"};

static const char *const japanese_furniture[] = {"写真", "出典", "取材", "提供",
                                                 "撮影", "文",   "編集", "関連記事"};

const struct language language_japanese = {
    .tag = "ja",
    .unspaced = true,
    .openers = LANGUAGE_WORDS(japanese_openers),
    .furniture = LANGUAGE_WORDS(japanese_furniture),
};
