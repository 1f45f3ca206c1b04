/* What the files of the option table share; for this room only. */
#ifndef CONFIG_OPTION_INTERNAL_H
#define CONFIG_OPTION_INTERNAL_H

#include "config/option.h"

/* The value of a row in the struct that the table describes. */
void *option_value(const struct options *o, size_t row);

/* Give a row one value; a list gets one more item.  ST_OK, ST_SYNTAX or ST_NOMEM. */
enum status option_set(struct options *o, size_t row, const char *text, struct error *e) MUST_USE;

/* The table and the struct of one item of sections. */
void option_section_init(struct options *o, const struct option_section *section,
                         const struct option_sections *sections, size_t item);

/* Where the title of an item is. */
char **option_section_title(const struct option_section *section,
                            const struct option_sections *sections, size_t item);

/* Append an item, zeroed but for its title.  ST_OK or ST_NOMEM. */
enum status option_section_append(const struct option_section *section,
                                  struct option_sections *sections, const char *title) MUST_USE;

#endif
