/*
 * gmi: any gemtext becomes a page that is well made and says the same.
 */
#include "importer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    importer_check(fuzz_input(data, size), ARTICLE_GEMTEXT, (struct span){NULL, 0},
                   gemtext_page_put_letters);
    return 0;
}
