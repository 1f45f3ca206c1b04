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
    char *item = items + sections->count * section->size;
    memset(item, 0, section->size);
    char *copy = strdup(title);
    if (copy == NULL)
        return ST_NOMEM;
    memcpy(item + section->title, &copy, sizeof copy);
    sections->count++;
    return ST_OK;
}
