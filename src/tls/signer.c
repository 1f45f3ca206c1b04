#include "tls/signer.h"

#include <errno.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/memory.h"
#include "tls/methods.h"
#include "tls/signer_internal.h"

/* Packets that one system call sends or takes. */
#define SIGNER_BATCH 16

/* A place in the list of slots takes so many bits of a request's number. */
#define SIGNER_BITS 6
_Static_assert(SIGNER_JOBS == 1 << SIGNER_BITS, "a number tells its slot");

static void signer_list_remove(struct signer_party *party)
{
    struct signer_list *list = party->list;
    if (list == NULL)
        return;
    if (party->previous == NULL)
        list->first = party->next;
    else
        party->previous->next = party->next;
    if (party->next == NULL)
        list->last = party->previous;
    else
        party->next->previous = party->previous;
    party->list = NULL;
    party->next = party->previous = NULL;
}

static void signer_list_add(struct signer_list *list, struct signer_party *party)
{
    signer_list_remove(party);
    party->list = list;
    party->previous = list->last;
    if (list->last == NULL)
        list->first = party;
    else
        list->last->next = party;
    list->last = party;
}

/* methods_load() comes first, for RAND_bytes() does not bear that there is no memory to begin. */
static enum status signer_begin(struct signer *s, struct error *e)
{
    enum status status = methods_load(e);
    /* Answers to whoever had this socket before must not look like ours. */
    if (status != ST_OK || (RAND_bytes((unsigned char *)&s->serial, sizeof s->serial) == 1 &&
                            signer_provider_load(s) && ASYNC_init_thread(SIGNER_JOBS, 0) == 1))
        return status;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    status =
        error_set(e, ST_CRYPTO, 0, "signer: %s", reason == NULL ? "OpenSSL refused it" : reason);
    ERR_clear_error();
    return status;
}

enum status signer_new(int fd, uint64_t (*clock)(void), struct signer **out, struct error *e)
{
    memory_watch();
    unsigned long refusals = memory_refusals();
    struct signer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "signer");
    s->fd = fd;
    s->clock = clock;
    s->stands = ASYNC_is_capable() == 1;
    ERR_clear_error();
    enum status status = signer_begin(s, e);
    memory_settle();
    /* OpenSSL seldom says that it was memory, or does without what it could not make. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "signer");
    if (status == ST_OK)
        *out = s;
    else
        signer_free(s);
    return status;
}

void signer_free(struct signer *s)
{
    if (s == NULL)
        return;
    ASYNC_cleanup_thread();
    signer_provider_unload(s);
    free(s);
}

/* Does no handshake stand still? */
static bool signer_is_idle(const struct signer *s)
{
    size_t i = 0;
    while (i < SIGNER_JOBS && s->slots[i].state == SIGNER_FREE)
        i++;
    return i == SIGNER_JOBS;
}

void signer_trim(struct signer *s)
{
    if (!signer_is_idle(s))
        return;
    ASYNC_cleanup_thread();
    if (ASYNC_init_thread(SIGNER_JOBS, 0) != 1)
        ERR_clear_error(); /* then they are made without a limit: the slots are one, too */
}

void signer_enter(struct signer *s, struct signer_party *party)
{
    s->current = party;
    s->turns++;
    signer_list_remove(party);
}

void signer_leave(struct signer *s)
{
    s->current = NULL;
}

bool signer_queue(struct signer *s, struct signer_party *party)
{
    if (signer_is_idle(s)) {
        signer_trim(s);
        return false;
    }
    signer_list_add(&s->queue, party);
    return true;
}

void signer_next(struct signer *s)
{
    if (s->queue.first != NULL)
        signer_list_add(&s->ready, s->queue.first);
}

bool signer_is_waiting(const struct signer *s)
{
    return s->waiting > 0;
}

/* It is known now what becomes of a signature. */
static void signer_decide(struct signer *s, struct signer_slot *slot, enum signer_state state,
                          const char *fault)
{
    slot->state = state;
    s->waiting--;
    if (slot->party == NULL)
        return;
    slot->party->fault = fault;
    signer_list_add(&s->ready, slot->party);
}

bool signer_cancel(struct signer *s, struct signer_party *party)
{
    struct signer_slot *slot = party->slot;
    bool turn = slot == NULL && party->list == &s->ready; /* a stack is free, and not for it */
    if (slot != NULL && (slot->state == SIGNER_UNSENT || slot->state == SIGNER_WAITS))
        signer_decide(s, slot, SIGNER_FAILED, "client is gone");
    else if (slot != NULL)
        slot->state = SIGNER_FAILED;
    signer_list_remove(party);
    if (turn)
        signer_next(s);
    return slot != NULL;
}

/* Send what was not sent yet, or is to be sent again.  What does not go now goes with a tick. */
static void signer_send(struct signer *s)
{
    struct mmsghdr messages[SIGNER_BATCH];
    struct iovec parts[SIGNER_BATCH];
    struct signer_slot *slots[SIGNER_BATCH];
    size_t i = 0;
    while (i < SIGNER_JOBS) {
        unsigned n = 0;
        memset(messages, 0, sizeof messages);
        for (; n < SIGNER_BATCH && i < SIGNER_JOBS; i++) {
            struct signer_slot *slot = &s->slots[i];
            if (slot->state != SIGNER_UNSENT)
                continue;
            parts[n] = (struct iovec){slot->request, slot->request_n};
            messages[n].msg_hdr.msg_iov = &parts[n];
            messages[n].msg_hdr.msg_iovlen = 1;
            slots[n++] = slot;
        }
        int sent = n == 0 ? 0 : sendmmsg(s->fd, messages, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        for (int k = 0; k < sent; k++) {
            slots[k]->state = SIGNER_WAITS;
            slots[k]->sent = s->clock();
            slots[k]->times++;
        }
        if (sent < (int)n)
            return;
    }
}

/* An answer; one whose number is not waited for is another's, or came twice. */
static void signer_take(struct signer *s, struct span packet)
{
    struct sign_reply reply;
    if (!sign_reply_read(&reply, packet))
        return;
    struct signer_slot *slot = &s->slots[reply.number % SIGNER_JOBS];
    if ((slot->state != SIGNER_WAITS && slot->state != SIGNER_UNSENT) ||
        slot->number != reply.number)
        return;
    switch (reply.answer) {
    case SIGN_DONE:
        memcpy(slot->signature, reply.signature.p, reply.signature.n);
        slot->signature_n = reply.signature.n;
        signer_decide(s, slot, SIGNER_SIGNED, NULL);
        break;
    case SIGN_NO_KEY: /* it may be about to hear of it: signer_tick asks again */
        break;
    case SIGN_REFUSED:
        signer_decide(s, slot, SIGNER_FAILED, "the key process refused to sign");
        break;
    case SIGN_FAILED:
        signer_decide(s, slot, SIGNER_FAILED, "the key process could not sign");
        break;
    }
}

void signer_receive(struct signer *s)
{
    static char bytes[SIGNER_BATCH][SIGN_REPLY_MAX];
    struct mmsghdr messages[SIGNER_BATCH];
    struct iovec parts[SIGNER_BATCH];
    memset(messages, 0, sizeof messages);
    for (size_t i = 0; i < SIGNER_BATCH; i++) {
        parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int n = recvmmsg(s->fd, messages, SIGNER_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
        signer_take(s, (struct span){bytes[i], messages[i].msg_len});
}

void signer_run(struct signer *s)
{
    /* Who goes on may ask, or set another free: that ends when all stand still or are done. */
    while (s->ready.first != NULL) {
        struct signer_party *party = s->ready.first;
        signer_list_remove(party);
        party->on_ready(party->context);
    }
    if (s->waiting > 0)
        signer_send(s);
}

void signer_tick(struct signer *s)
{
    uint64_t now = s->clock();
    for (size_t i = 0; i < SIGNER_JOBS; i++) {
        struct signer_slot *slot = &s->slots[i];
        if (slot->state != SIGNER_WAITS && slot->state != SIGNER_UNSENT)
            continue;
        if (now - slot->began >= SIGNER_PATIENCE)
            signer_decide(s, slot, SIGNER_FAILED, "the key process does not answer");
        else if (slot->state == SIGNER_WAITS && now - slot->sent >= (uint64_t)SIGNER_AGAIN
                                                                        << (slot->times - 1))
            slot->state = SIGNER_UNSENT;
    }
}

/* A slot with the request; NULL when all are taken. */
static struct signer_slot *signer_ask(struct signer *s, const struct fingerprint *id,
                                      const struct sign_scheme *scheme, struct span message)
{
    size_t i = 0;
    while (i < SIGNER_JOBS && s->slots[i].state != SIGNER_FREE)
        i++;
    if (i == SIGNER_JOBS || message.n > SIGN_MESSAGE_MAX)
        return NULL;
    struct signer_slot *slot = &s->slots[i];
    const struct sign_request request = {.number = s->serial++ << SIGNER_BITS | i,
                                         .id = *id,
                                         .scheme = scheme->code,
                                         .message = message};
    slot->state = SIGNER_UNSENT;
    slot->party = NULL;
    slot->number = request.number;
    slot->began = s->clock();
    slot->times = 0;
    slot->request_n = sign_request_write(&request, slot->request);
    s->waiting++;
    return slot;
}

/* Wait for the key process, and for nothing else. */
static void signer_block(struct signer *s)
{
    struct pollfd wait = {.fd = s->fd, .events = POLLIN};
    signer_send(s);
    if (poll(&wait, 1, SIGNER_TICK) > 0)
        signer_receive(s);
    signer_tick(s);
}

/* Stand still until the signature is there, or there will be none. */
static void signer_wait(struct signer *s, struct signer_slot *slot, struct signer_party *party)
{
    bool stands = party != NULL && ASYNC_get_current_job() != NULL;
    slot->party = stands ? party : NULL;
    while (slot->state == SIGNER_UNSENT || slot->state == SIGNER_WAITS) {
        uint64_t turn = s->turns;
        if (stands) {
            party->slot = slot;
            stands = ASYNC_pause_job() == 1 && s->turns != turn;
        } else {
            slot->party = NULL;
            signer_block(s);
        }
    }
    if (party != NULL)
        party->slot = NULL;
}

size_t signer_sign(struct signer *s, const struct fingerprint *id, const struct sign_scheme *scheme,
                   struct span message, unsigned char out[SIGN_SIGNATURE_MAX])
{
    struct signer_party *party = s->current;
    struct signer_slot *slot = signer_ask(s, id, scheme, message);
    size_t n = 0;
    if (slot != NULL) {
        signer_wait(s, slot, party);
        if (slot->state == SIGNER_SIGNED) {
            n = slot->signature_n;
            memcpy(out, slot->signature, n);
        }
        slot->state = SIGNER_FREE;
    }
    if (party != NULL && n == 0 && party->fault == NULL)
        party->fault = slot == NULL ? "too many signatures under way" : "no signature";
    if (party != NULL)
        party->done = n > 0;
    return n;
}
