#include "prose/sign.h"

#include <unictype.h>

#include "core/utf8.h"

bool sign_is_full_end(uint32_t cp)
{
    switch (cp) {
    case 0x0589: /* Armenian */
    case 0x061f: /* Arabic question mark */
    case 0x0964: /* danda */
    case 0x0965:
    case 0x104b: /* Burmese */
    case 0x1362: /* Ethiopic */
    case 0x1367:
    case 0x1368:
    case 0x17d4: /* Khmer */
    case 0x17d5:
    case 0x3002: /* ideographic, wide and narrow */
    case 0xff01:
    case 0xff0e:
    case 0xff1f:
    case 0xff61:
        return true;
    default:
        return false;
    }
}

bool sign_is_end(uint32_t cp)
{
    switch (cp) {
    case '.':
    case '!':
    case '?':
    case 0x06d4: /* Urdu; joins initials, too */
    case 0x0700: /* Syriac */
    case 0x0701:
    case 0x0702:
    case 0x1803: /* Mongolian */
    case 0x1809:
    case 0x2026: /* … */
    case 0x203c: /* two marks in one */
    case 0x203d:
    case 0x2047:
    case 0x2048:
    case 0x2049:
    case 0x2e2e: /* reversed question mark */
        return true;
    default:
        return sign_is_full_end(cp);
    }
}

bool sign_opens_bracket(uint32_t cp)
{
    return cp == '(' || cp == '[' || cp == 0xff08 || cp == 0x3010 || cp == 0x3014;
}

bool sign_closes_bracket(uint32_t cp)
{
    return cp == ')' || cp == ']' || cp == 0xff09 || cp == 0x3011 || cp == 0x3015;
}

bool sign_opens_quote(uint32_t cp)
{
    return cp == 0x300c || cp == 0x300e || cp == 0x201c || cp == 0xff62;
}

bool sign_closes_quote(uint32_t cp)
{
    return cp == 0x300d || cp == 0x300f || cp == 0x201d || cp == 0xff63;
}

bool sign_is_quote(uint32_t cp)
{
    if (cp < 0x80)
        return cp == '"' || cp == '\'';
    uc_general_category_t quotes =
        uc_general_category_or(UC_INITIAL_QUOTE_PUNCTUATION, UC_FINAL_QUOTE_PUNCTUATION);
    return uc_is_general_category(cp, quotes) || cp == 0x201a || cp == 0x201e;
}

bool sign_is_opening(uint32_t cp)
{
    return cp == 0xbf || cp == 0xa1 || sign_is_quote(cp) ||
           uc_is_general_category(cp, UC_OPEN_PUNCTUATION);
}

bool sign_is_closing(uint32_t cp)
{
    return (sign_is_quote(cp) && cp != 0x201a && cp != 0x201e) ||
           uc_is_general_category(cp, UC_CLOSE_PUNCTUATION);
}

bool sign_is_dash(uint32_t cp)
{
    return cp == '-' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212;
}

uint32_t sign_end_mark(struct span s)
{
    size_t at = s.n;
    while (at > 0) {
        uint32_t cp = 0;
        at = utf8_before(s, at, &cp);
        if (!sign_is_closing(cp) && !utf8_blank(cp))
            return cp;
    }
    return 0;
}
