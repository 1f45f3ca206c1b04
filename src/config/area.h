/*
 * area: what a configuration file says of the parts of a capsule that ask for a client certificate:
 * `area "/members/" { ... }` at its top level, or in a vhost section.
 */
#ifndef CONFIG_AREA_H
#define CONFIG_AREA_H

#include "config/option.h"

/*
 * Who may enter is who fulfils one of the three; when none is given, whoever has a certificate.  An
 * empty list of fingerprints is given: nobody fulfils it.
 */
struct area_config {
    char *prefix;                   /* path of a folder or a page, as in a URL */
    struct option_list fingerprint; /* of certificates or public keys, see tls/fingerprint.h */
    char *list;                     /* file of such fingerprints, or NULL */
    char *ca;                       /* file of certificate authorities (PEM), or NULL */
    char *prompt;                   /* meta of a 60 */
};

/* The kind of section, for a row of sections in a table; it fills a struct area_config. */
extern const struct option_section area_section;

#endif
