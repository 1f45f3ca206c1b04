#include "prose/lang.h"

#define LANG_TAG_MAX 35 /* bytes; RFC 5646 4.4.1 */

bool lang_is_tag(struct span s)
{
    size_t run = 0;
    bool first = true;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-') {
            if (run == 0 || (first && run < 2))
                return false;
            run = 0;
            first = false;
        } else if (ascii_alpha(s.p[i]) || (!first && ascii_digit(s.p[i]))) {
            run++;
        } else {
            return false;
        }
        if (run > 8)
            return false;
    }
    return run >= (first ? 2 : 1) && s.n <= LANG_TAG_MAX;
}
