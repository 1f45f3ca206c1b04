#include "config/option_internal.h"

#include <stdlib.h>
#include <string.h>

void option_section_init(struct options *o, const struct option_section *section,
                         const struct option_sections *sections, size_t item)
{
    options_init(o, section->rows, section->count, (char *)sections->items + item * section->size);
}

char **option_section_title(const struct option_section *section,
                            const struct option_sections *sections, size_t item)
{
    return (char **)(void *)((char *)sections->items + item * section->size + section->title);
}

enum status option_section_append(const struct option_section *section,
                                  struct option_sections *sections, const char *title)
{
    char *items = realloc(sections->items, (sections->count + 1) * section->size);
    if (items == NULL)
        return ST_NOMEM;
    sections->items = items;
    memset(items + sections->count * section->size, 0, section->size);
    char **place = option_section_title(section, sections, sections->count);
    *place = strdup(title);
    if (*place == NULL)
        return ST_NOMEM;
    sections->count++;
    return ST_OK;
}
