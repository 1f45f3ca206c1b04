/*
 * memory: how often this process was refused memory.  What works on a great many small things goes
 * on without some of them when it must, and cannot tell each time why; it asks here at the end
 * whether the result may be trusted.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

/* Note a refusal.  buf, arena and book do it themselves, and error_set() with ST_NOMEM. */
void memory_note(void);

/*
 * Some libraries go on without a word when they are refused memory; what stays is errno.  Call
 * memory_watch() before such a piece of work, then memory_refusals(), and memory_settle() after it.
 */
void memory_watch(void);
void memory_settle(void);

/* Refusals noted since the process began; only a change of it means anything. */
unsigned long memory_refusals(void);

#endif
