#include "config/area.h"

#define FIELD(name) offsetof(struct area_config, name)

static const struct option_row area_options[] = {
    {.name = "fingerprint", .type = OPTION_LIST, .offset = FIELD(fingerprint)},
    {.name = "list", .type = OPTION_STRING, .offset = FIELD(list)},
    {.name = "ca", .type = OPTION_STRING, .offset = FIELD(ca)},
    {.name = "prompt",
     .type = OPTION_STRING,
     .offset = FIELD(prompt),
     .initial = "A client certificate is needed for this page"},
};

const struct option_section area_section = {
    .size = sizeof(struct area_config),
    .title = FIELD(prefix),
    .rows = area_options,
    .count = sizeof area_options / sizeof area_options[0],
};
