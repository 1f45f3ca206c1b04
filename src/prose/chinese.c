#include "prose/language.h"

static const char *const chinese_openers[] = {
    "不过", "不過", "与此同时", "並且",     "为此", "于是", "他",       "他们", "他們",
    "但",   "但是", "例如",     "儘管如此", "其",   "其中", "另一方面", "另外", "可是",
    "同时", "同時", "同样",     "同樣",     "因此", "因而", "她",       "她们", "它",
    "它们", "它們", "尽管如此", "并且",     "总之", "所以", "於是",     "此举", "此后",
    "此外", "此後", "此舉",     "比如",     "為此", "然后", "然後",     "然而", "由此",
    "總之", "而",   "而且",     "與此同時", "这",   "這",   "那",       "那么", "那麼"};

static const char *const chinese_furniture[] = {
    "作者",     "來源", "图",   "圖",   "延伸閱讀", "延伸阅读", "来源",    "相关阅读",
    "相關閱讀", "編輯", "编辑", "記者", "记者",     "責任編輯", "责任编辑"};

const struct language language_chinese = {
    .tag = "zh",
    .unspaced = true,
    .openers = LANGUAGE_WORDS(chinese_openers),
    .furniture = LANGUAGE_WORDS(chinese_furniture),
};
