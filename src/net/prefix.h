/*
 * prefix: a range of IP addresses that begin with the same bits.
 */
#ifndef NET_PREFIX_H
#define NET_PREFIX_H

#include <stdbool.h>
#include <sys/socket.h>

#include "core/error.h"

struct prefix {
    int family;    /* AF_INET or AF_INET6 */
    unsigned bits; /* that count */
    unsigned char bytes[16];
};

/*
 * Read "ADDR" or "ADDR/BITS" ("192.0.2.7", "10.0.0.0/8", "2001:db8::/32").
 *
 * A range of IPv4 addresses that are mapped into IPv6 becomes one of IPv4.
 * Returns ST_OK, or ST_SYNTAX, also when bits are set behind the first BITS: whoever wrote that
 * meant something else.  Messages name the text.  Source: RFC 4632 section 3.1, RFC 4291
 * sections 2.3 and 2.5.5.2.
 */
enum status prefix_parse(const char *text, struct prefix *prefix, struct error *e) MUST_USE;

/*
 * The bytes of an address, the first four of an IPv4 one; zeros when it is neither.  Returns its
 * family.  An IPv4 address that is mapped into IPv6 counts as IPv4.
 */
int prefix_bytes(const struct sockaddr_storage *address, unsigned char bytes[16]);

/* Is this address in the range?  An IPv4 address that is mapped into IPv6 counts as IPv4. */
bool prefix_has(const struct prefix *prefix, const struct sockaddr_storage *address);

#endif
