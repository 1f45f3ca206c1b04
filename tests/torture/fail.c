/*
 * fail: lets the n-th allocation of a program fail.  Preloaded (LD_PRELOAD), so that what the
 * libraries allocate counts too; AddressSanitizer's allocator is used where the program has it.
 *
 * The orders come from a file that the driver maps as well, named by TORTURE_BOARD: they can change
 * while the program runs, and the driver sees at any time what has become of them.  With
 * TORTURE_TRACE in the environment standard error gets the calls that led to each failure.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <regex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* No connection of a test has a descriptor as high as this. */
#define FAIL_HIGH 200
/* From this version of OpenSSL on. */
#define FAIL_OPENSSL 0x30200000UL
#define FAIL_DEPTH   24

/* tests/torture/board.py knows it, too. */
struct fail_board {
    _Atomic uint64_t count;  /* allocations so far */
    _Atomic uint64_t nth;    /* which of them fails; 0: none */
    _Atomic uint64_t rest;   /* 1: all that come after it fail as well */
    _Atomic uint64_t failed; /* how many have failed */
};

/* glibc's own, which need not be looked up, and AddressSanitizer's. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
int __vasprintf_chk(char **out, int flag, const char *format, va_list args);
__attribute__((weak)) void *__interceptor_malloc(size_t n);
__attribute__((weak)) void *__interceptor_calloc(size_t count, size_t n);
__attribute__((weak)) void *__interceptor_realloc(void *p, size_t n);
__attribute__((weak)) void *__interceptor_memalign(size_t alignment, size_t n);

static struct fail_board none;
static struct fail_board *board = &none;
static bool traces;
static bool spared; /* what is allocated now neither counts nor fails */
static int (*real_seccomp_load)(const void *filter);
static int (*real_cfg_parse_buf)(void *cfg, const char *text);
static int (*real_vasprintf)(char **out, int flag, const char *format, va_list args);
static int (*real_magic_load)(void *magic, const char *path);
static const char *(*real_magic_descriptor)(void *magic, int fd);
static const char *(*real_magic_buffer)(void *magic, const void *bytes, size_t n);
static int (*real_regcomp)(regex_t *compiled, const char *pattern, int flags);
static int (*real_secure_malloc_init)(size_t size, size_t least);
static int (*real_uv_loop_init)(void *loop);
static int (*real_uv_poll_start)(void *handle, int events, void *callback);

/*
 * OpenSSL 3.5 waits for itself, for ever, where it has no memory to begin with: that of a new
 * process, which its supervisor then ends.  So it has begun here.  3.0 bears it.
 */
static void fail_begin_openssl(void)
{
    unsigned long (*version)(void);
    void *(*begin)(void);
    *(void **)&version = dlsym(RTLD_NEXT, "OpenSSL_version_num");
    *(void **)&begin = dlsym(RTLD_NEXT, "OSSL_LIB_CTX_get0_global_default");
    if (version == NULL || begin == NULL || version() < FAIL_OPENSSL)
        return;
    spared = true;
    (void)begin();
    spared = false;
}

__attribute__((constructor)) static void fail_begin(void)
{
    const char *path = getenv("TORTURE_BOARD");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *calls[1];
    *(void **)&real_seccomp_load = dlsym(RTLD_NEXT, "seccomp_load");
    *(void **)&real_cfg_parse_buf = dlsym(RTLD_NEXT, "cfg_parse_buf");
    *(void **)&real_vasprintf = dlsym(RTLD_NEXT, "__vasprintf_chk");
    *(void **)&real_magic_load = dlsym(RTLD_NEXT, "magic_load");
    *(void **)&real_magic_descriptor = dlsym(RTLD_NEXT, "magic_descriptor");
    *(void **)&real_magic_buffer = dlsym(RTLD_NEXT, "magic_buffer");
    *(void **)&real_regcomp = dlsym(RTLD_NEXT, "regcomp");
    *(void **)&real_secure_malloc_init = dlsym(RTLD_NEXT, "CRYPTO_secure_malloc_init");
    *(void **)&real_uv_loop_init = dlsym(RTLD_NEXT, "uv_loop_init");
    *(void **)&real_uv_poll_start = dlsym(RTLD_NEXT, "uv_poll_start");
    fail_begin_openssl();
    traces = getenv("TORTURE_TRACE") != NULL;
    if (traces)
        (void)backtrace(calls, 1); /* the first call allocates */
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        board = map;
}

static void fail_trace(void)
{
    static const char line[] = "torture: no memory for\n";
    void *calls[FAIL_DEPTH];
    spared = true; /* what is allocated here is not the program's */
    int n = backtrace(calls, FAIL_DEPTH);
    if (write(STDERR_FILENO, line, sizeof line - 1) > 0)
        backtrace_symbols_fd(calls, n, STDERR_FILENO);
    spared = false;
}

/* Count this one; does it fail? */
static bool fail_now(void)
{
    if (spared)
        return false;
    uint64_t n = atomic_fetch_add(&board->count, 1) + 1;
    uint64_t nth = atomic_load(&board->nth);
    if (nth == 0 || n < nth || (n > nth && atomic_load(&board->rest) == 0))
        return false;
    atomic_fetch_add(&board->failed, 1);
    if (traces)
        fail_trace();
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    if (fail_now())
        return NULL;
    return __interceptor_malloc != NULL ? __interceptor_malloc(n) : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    if (fail_now())
        return NULL;
    return __interceptor_calloc != NULL ? __interceptor_calloc(count, n) : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    if (fail_now())
        return NULL;
    return __interceptor_realloc != NULL ? __interceptor_realloc(p, n) : __libc_realloc(p, n);
}

void *reallocarray(void *p, size_t count, size_t n)
{
    size_t size;
    if (__builtin_mul_overflow(count, n, &size)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, size);
}

void *memalign(size_t alignment, size_t n)
{
    if (fail_now())
        return NULL;
    return __interceptor_memalign != NULL ? __interceptor_memalign(alignment, n)
                                          : __libc_memalign(alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return memalign(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    void *p = memalign(alignment, n);
    if (p == NULL)
        return ENOMEM;
    *out = p;
    return 0;
}

/* Their headers are not included: they say more than stands here. */
int seccomp_load(const void *filter);
int cfg_parse_buf(void *cfg, const char *text);
int magic_load(void *magic, const char *path);
const char *magic_descriptor(void *magic, int fd);
const char *magic_buffer(void *magic, const void *bytes, size_t n);
int CRYPTO_secure_malloc_init(size_t size, size_t least);
int uv_loop_init(void *loop);
int uv_poll_start(void *handle, int events, void *callback);
int uv_fileno(const void *handle, int *fd);

/*
 * Calls that do not bear it, of libraries: what they allocate is spared.  No way of using them
 * helps.  Only processes that the supervisor starts again make them.
 *
 * seccomp_load   libseccomp 2.5 writes through pointers that it did not get, or walks a list
 *                without an end, when it makes the kernel's filter of its own; once, at the start
 * cfg_parse_buf  the scanner in libconfuse 3.3 ends the process, by exit(2) or an assertion, and
 *                the parser writes through pointers that it did not get
 * vasprintf      libmagic 5.44 tells that it has failed with the function that fails, endlessly
 * magic_load     so it frees what it did not get,
 * magic_*        and so it does when more than one allocation fails
 * regcomp        glibc 2.36 frees a set of states twice; only libmagic calls it
 * CRYPTO_secure_malloc_init
 *                OpenSSL 3.0 asserts that it has got the maps of its locked memory; once, at the
 *                start of the key process
 * uv_loop_init   libuv 1.44 aborts where it cannot let its table of descriptors grow; once, at the
 * uv_poll_start  start, where the worker has it grow for a descriptor above all others
 */
int seccomp_load(const void *filter)
{
    spared = true;
    int result = real_seccomp_load(filter);
    spared = false;
    return result;
}

int cfg_parse_buf(void *cfg, const char *text)
{
    spared = true;
    int result = real_cfg_parse_buf(cfg, text);
    spared = false;
    return result;
}

int __vasprintf_chk(char **out, int flag, const char *format, va_list args)
{
    bool before = spared;
    spared = true;
    int result = real_vasprintf(out, flag, format, args);
    spared = before;
    return result;
}

int magic_load(void *magic, const char *path)
{
    spared = true;
    int result = real_magic_load(magic, path);
    spared = false;
    return result;
}

const char *magic_descriptor(void *magic, int fd)
{
    spared = atomic_load(&board->rest) != 0;
    const char *said = real_magic_descriptor(magic, fd);
    spared = false;
    return said;
}

const char *magic_buffer(void *magic, const void *bytes, size_t n)
{
    spared = atomic_load(&board->rest) != 0;
    const char *said = real_magic_buffer(magic, bytes, n);
    spared = false;
    return said;
}

int regcomp(regex_t *compiled, const char *pattern, int flags)
{
    bool before = spared;
    spared = true;
    int result = real_regcomp(compiled, pattern, flags);
    spared = before;
    return result;
}

int CRYPTO_secure_malloc_init(size_t size, size_t least)
{
    spared = true;
    int result = real_secure_malloc_init(size, least);
    spared = false;
    return result;
}

int uv_loop_init(void *loop)
{
    spared = true;
    int result = real_uv_loop_init(loop);
    spared = false;
    return result;
}

int uv_poll_start(void *handle, int events, void *callback)
{
    int fd = -1;
    spared = uv_fileno(handle, &fd) == 0 && fd >= FAIL_HIGH;
    int result = real_uv_poll_start(handle, events, callback);
    spared = false;
    return result;
}
