/*
 * server: what `broadsheet serve` can be told, on its command line or in its --config file.
 */
#ifndef CONFIG_SERVER_H
#define CONFIG_SERVER_H

#include "config/option.h"

struct server_config {
    char *config;              /* file that says the rest, or NULL */
    struct option_list listen; /* ADDR:PORT */
    struct option_list host;   /* names, the first is the main one */
    char *certs;               /* folder of key and certificate */
    char *state;               /* folder of the edition, or NULL: where the system keeps state */
    long workers;              /* processes; 0 is one for each processor */
    char *tls_min;             /* least version of TLS: "1.2" or "1.3" */
    char *ticket_keys;         /* file of session ticket keys, or NULL: the server makes its own */
    long ticket_rotation;      /* seconds that its own newest key is used */
};

extern const struct option_row server_options[];
extern const size_t server_options_count;

#endif
