/*
 * The recorder as a library to preload: it passes each call of malloc and its relatives on, and writes it to the trace
 * that MEMSCOPE_BENCH_TRACE names. format.rs describes the trace, and recorder.rs is the same in Rust: its comments
 * explain the states, tickets and locks.
 *
 * It records from its constructor to its destructor, and up to _exit and quick_exit. Calls of abort and daemon and a
 * failed assertion write the buffers. Where the C library itself aborts, as after damage to the heap, it cannot be
 * intercepted. The child of a fork records nothing, and neither does a program that it starts.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FRAME 32
#define PAYLOAD (16 << 10)
#define MAX_LENGTH 61
#define READINGS 2000
#define LONG_NS 5000
#define MAX_TURNS 1000
#define MAX_PAUSES 100000
#define PAUSE_NS 100000
#define VARIABLE "MEMSCOPE_BENCH_TRACE"
#define RENAMED "MEMSCOPE_BENCH_00000"

enum kind { ALLOCATE, ZEROED, REALLOCATE, FREE, REST };
enum state { NEW, OPEN, CLOSED };

/* The alignment of malloc's blocks. */
#define USUAL (_Alignof(max_align_t))

struct event {
    enum kind kind;
    unsigned align;
    uint64_t ticket, after, block, new_block, size;
};

struct buffer {
    struct buffer *next;
    atomic_bool is_owned, is_locked;
    uint32_t thread, operations;
    uint64_t ticket, last_ticket, last_block;
    size_t used;
    unsigned char bytes[FRAME + PAYLOAD];
};

static atomic_int state = NEW;
static pid_t process;

/* The open trace: its descriptor, path and file, and its length up to the last whole frame. */
static int trace = -1;
static char path[PATH_MAX];
static dev_t device;
static ino_t file_number;
static uint64_t whole;

static _Atomic uint64_t tickets;
static _Atomic uint32_t threads;
static uint64_t secret;
static _Atomic(struct buffer *) buffers;
static atomic_bool is_writing;
/* True if an operation could not be kept. */
static atomic_bool has_lost;
static pthread_key_t key;
static bool has_key;

#define OWN static __thread __attribute__((tls_model("initial-exec")))
OWN bool is_inside;
OWN uint32_t number;
OWN struct buffer *own;
OWN uint64_t last;
OWN uint64_t began;
OWN uint64_t anchor_cpu;
OWN uint64_t anchor_count;
OWN uint64_t gap;

/* The functions that calls are passed on to. */
static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);
static int (*next_posix_memalign)(void **, size_t, size_t);
static void *(*next_aligned_alloc)(size_t, size_t);
static void *(*next_memalign)(size_t, size_t);
static void *(*next_valloc)(size_t);
static void *(*next_pvalloc)(size_t);
static int (*next_daemon)(int, int);
static void (*next_abort)(void);
static void (*next_assert_fail)(const char *, const char *, unsigned, const char *);
static void (*next_assert_perror_fail)(int, const char *, unsigned, const char *);

/* Memory for the search for those functions, which allocates itself. It is never freed. */
static _Alignas(64) unsigned char early[64 << 10];
static atomic_size_t early_used;

static bool is_early(const void *block) {
    return (const unsigned char *)block >= early && (const unsigned char *)block < early + sizeof early;
}

static void *early_block(size_t size) {
    /* The size stands before the block. */
    size_t whole = (size + 16 + 15) / 16 * 16;
    size_t place = atomic_fetch_add(&early_used, whole);
    if (size > sizeof early || place + whole > sizeof early) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(early + place, &size, sizeof size);
    return early + place + 16;
}

static size_t early_size(const void *block) {
    size_t size;
    memcpy(&size, (const unsigned char *)block - 16, sizeof size);
    return size;
}

/* Finds the functions. False while it does. */
static bool is_ready(void) {
    static bool is_searching;
    if (next_free != NULL) {
        return true;
    }
    if (is_searching) {
        return false;
    }
    is_searching = true;
    next_malloc = dlsym(RTLD_NEXT, "malloc");
    next_calloc = dlsym(RTLD_NEXT, "calloc");
    next_realloc = dlsym(RTLD_NEXT, "realloc");
    next_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    next_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    next_memalign = dlsym(RTLD_NEXT, "memalign");
    next_valloc = dlsym(RTLD_NEXT, "valloc");
    next_pvalloc = dlsym(RTLD_NEXT, "pvalloc");
    next_daemon = dlsym(RTLD_NEXT, "daemon");
    /* A signal handler may abort, and must not search. */
    next_abort = dlsym(RTLD_NEXT, "abort");
    next_assert_fail = dlsym(RTLD_NEXT, "__assert_fail");
    next_assert_perror_fail = dlsym(RTLD_NEXT, "__assert_perror_fail");
    next_free = dlsym(RTLD_NEXT, "free");
    is_searching = false;
    return next_free != NULL;
}

static uint64_t cpu_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The clock: clock.rs explains it. Without a counter, all of it is the system's. */
#if defined(__x86_64__)
#define HAS_COUNTER 1
static inline uint64_t count(void) {
    return __builtin_ia32_rdtsc();
}
#elif defined(__aarch64__)
#define HAS_COUNTER 1
static inline uint64_t count(void) {
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#else
#define HAS_COUNTER 0
static inline uint64_t count(void) {
    return cpu_time();
}
#endif

#if HAS_COUNTER
/* Nanoseconds of a tick of the counter, times 2^32. */
static uint64_t rate = (uint64_t)1 << 32;
#endif

static inline uint64_t between(uint64_t from, uint64_t to) {
    uint64_t ticks = to > from ? to - from : 0;
#if HAS_COUNTER
    return (uint64_t)((unsigned __int128)ticks * rate >> 32);
#else
    /* They are nanoseconds. Compilers for 32 bits have no wider numbers. */
    return ticks;
#endif
}

static uint64_t anchor(void) {
    anchor_cpu = cpu_time();
    anchor_count = count();
    return anchor_count;
}

static uint64_t long_gap(uint64_t elapsed) {
    uint64_t cpu_then = anchor_cpu, then = anchor_count;
    anchor();
    if (last == 0) {
        return anchor_cpu;
    }
    uint64_t known = between(then, last);
    /* Some systems' CPU clocks go back a little. */
    uint64_t whole = anchor_cpu > cpu_then ? anchor_cpu - cpu_then : 0;
    uint64_t passed = whole > known ? whole - known : 0;
    return passed < elapsed ? passed : elapsed;
}

/* Measures the counter's rate for two milliseconds, and returns the cost of a reading in picoseconds. */
static uint64_t start_clock(void) {
#if HAS_COUNTER
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    uint64_t began_at = count(), ns;
    do {
        clock_gettime(CLOCK_MONOTONIC, &to);
        ns = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)to.tv_nsec - (uint64_t)from.tv_nsec;
    } while (ns < 2000000);
    rate = (uint64_t)(((unsigned __int128)ns << 32) / (count() - began_at));
#endif
    uint64_t first = count(), now = first;
    for (int reading = 0; reading < READINGS; reading++) {
        now = count();
    }
    return between(first, now) * 1000 / READINGS;
}

/* Forbids the end of this thread by pthread_cancel, and returns what was allowed: no malloc is a place for it. */
static int forbid_cancel(void) {
    int before = PTHREAD_CANCEL_ENABLE;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static void allow_cancel(int before) {
    pthread_setcancelstate(before, NULL);
}

/* Waits for ten seconds at most: the lock's holder may be writing to a slow disk, or be gone by a longjmp. */
static bool lock(atomic_bool *lock) {
    for (int turn = 0; turn < MAX_TURNS + MAX_PAUSES; turn++) {
        if (!atomic_exchange_explicit(lock, true, memory_order_acquire)) {
            return true;
        }
        if (turn >= MAX_TURNS) {
            if (atomic_load(&state) == CLOSED) {
                return false;
            }
            int before = forbid_cancel();
            struct timespec pause = {0, PAUSE_NS};
            nanosleep(&pause, NULL);
            allow_cancel(before);
        }
    }
    return false;
}

static void unlock(atomic_bool *lock) {
    atomic_store_explicit(lock, false, memory_order_release);
}

static uint64_t checksum(uint64_t sum, const unsigned char *bytes, size_t length) {
    for (size_t place = 0; place < length; place++) {
        sum = (sum ^ bytes[place]) * 0x100000001b3u;
    }
    return sum;
}

static void put(unsigned char *bytes, uint64_t value, size_t length) {
    for (size_t place = 0; place < length; place++) {
        bytes[place] = (unsigned char)(value >> (8 * place));
    }
}

static bool write_all(const unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(trace, bytes, length);
        if (written <= 0) {
            if (written < 0 && errno == EINTR) {
                continue;
            }
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/*
 * Returns whether a descriptor is the trace's: the program may close it, and open its own file in its place. If nobody
 * is writing, the length tells it from a file that got the number of a removed trace.
 */
static bool is_trace(int file, bool is_idle) {
    struct stat about;
    return file >= 0 && fstat(file, &about) == 0 && about.st_dev == device && about.st_ino == file_number &&
           (!is_idle || (uint64_t)about.st_size == whole);
}

/* Moves a file above the descriptors that programs choose, such as 3 in a shell. */
static int moved_up(int file) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return file;
    }
    int moved = fcntl(file, F_DUPFD_CLOEXEC, (int)(limit.rlim_cur < 1024 ? limit.rlim_cur : 1024) / 2);
    if (moved < 0) {
        return file;
    }
    close(file);
    return moved;
}

/* Returns whether the trace is open, and opens it again if the program has closed it, as daemons do. */
static bool is_still_open(void) {
    if (is_trace(trace, true)) {
        return true;
    }
    int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
    if (!is_trace(file, true) || flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (file >= 0) {
            close(file);
        }
        return false;
    }
    trace = moved_up(file);
    return true;
}

/* Returns whether the trace may grow: beyond a limit on the size of files, a signal would end the program. */
static bool may_grow(size_t length) {
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || whole + length <= limit.rlim_cur;
}

/* Appends bytes completely or not at all: nothing could be read after half a frame. */
static bool append(const unsigned char *bytes, size_t length) {
    if (!is_still_open() || !may_grow(length)) {
        return false;
    }
    bool is_written = write_all(bytes, length);
    if (is_written) {
        whole += length;
    } else if (ftruncate(trace, (off_t)whole) != 0) {
        /* The half frame is the end, because nothing is written after it. */
    }
    return is_written;
}

/* Writes a frame, and then changes the state. After a failure, recording stops, without an end mark. */
static void to_file(const unsigned char *bytes, size_t length, enum state then) {
    int before = forbid_cancel();
    if (!lock(&is_writing)) {
        atomic_store(&state, CLOSED);
    } else {
        if (atomic_load(&state) == OPEN) {
            atomic_store(&state, append(bytes, length) ? then : CLOSED);
        }
        unlock(&is_writing);
    }
    allow_cancel(before);
}

static void frame(unsigned char *bytes, const char *mark, uint32_t thread, size_t length, uint32_t operations,
                  uint64_t ticket) {
    memcpy(bytes, mark, 4);
    put(bytes + 4, thread, 4);
    put(bytes + 8, length, 4);
    put(bytes + 12, operations, 4);
    put(bytes + 16, ticket, 8);
    put(bytes + 24, checksum(checksum(0xcbf29ce484222325u, bytes, 24), bytes + FRAME, length), 8);
}

/* Writes a buffer to the trace, and empties it. The child of a vfork leaves it to the parent, whose memory it is. */
static void flush(struct buffer *buffer) {
    if (buffer->operations == 0 || getpid() != process) {
        return;
    }
    frame(buffer->bytes, "MSBF", buffer->thread, buffer->used, buffer->operations, buffer->ticket);
    to_file(buffer->bytes, FRAME + buffer->used, OPEN);
    buffer->used = 0;
    buffer->operations = 0;
}

static struct buffer *own_buffer(void) {
    if (own != NULL) {
        return own;
    }
    if (number == 0) {
        number = atomic_fetch_add(&threads, 1) + 1;
    }
    struct buffer *buffer = atomic_load(&buffers);
    while (buffer != NULL && atomic_exchange(&buffer->is_owned, true)) {
        buffer = buffer->next;
    }
    if (buffer == NULL) {
        buffer = mmap(NULL, sizeof *buffer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (buffer == MAP_FAILED) {
            return NULL;
        }
        atomic_store(&buffer->is_owned, true);
        buffer->next = atomic_load(&buffers);
        while (!atomic_compare_exchange_weak(&buffers, &buffer->next, buffer)) {
        }
    }
    own = buffer;
    if (has_key) {
        pthread_setspecific(key, buffer);
    }
    return buffer;
}

static void put_number(struct buffer *buffer, uint64_t value) {
    while (value >= 0x80) {
        buffer->bytes[FRAME + buffer->used++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    buffer->bytes[FRAME + buffer->used++] = (unsigned char)value;
}

static void put_difference(struct buffer *buffer, uint64_t from, uint64_t to) {
    uint64_t difference = to - from;
    put_number(buffer, (difference << 1) ^ (0 - (difference >> 63)));
}

static void record(const struct event *event) {
    struct buffer *buffer = own_buffer();
    if (buffer == NULL || !lock(&buffer->is_locked)) {
        atomic_store(&has_lost, true);
        return;
    }
    if (buffer->used + MAX_LENGTH > PAYLOAD) {
        flush(buffer);
        if (buffer->used > 0) {
            atomic_store(&has_lost, true);
            unlock(&buffer->is_locked);
            return;
        }
    }
    if (buffer->operations == 0) {
        buffer->thread = number - 1;
        buffer->ticket = buffer->last_ticket = event->ticket;
        buffer->last_block = 0;
    }
    buffer->bytes[FRAME + buffer->used++] = (unsigned char)(event->kind | event->align << 3);
    put_number(buffer, event->ticket - buffer->last_ticket);
    buffer->last_ticket = event->ticket;
    if (event->kind != REST) {
        put_difference(buffer, buffer->last_block, event->block);
        buffer->last_block = event->block;
    }
    if (event->kind == REALLOCATE) {
        put_number(buffer, event->after - event->ticket);
        put_difference(buffer, event->block, event->new_block);
        buffer->last_ticket = event->after;
        buffer->last_block = event->new_block;
    }
    if (event->kind != FREE && event->kind != REST) {
        put_number(buffer, event->size);
    }
    put_number(buffer, gap);
    buffer->operations++;
    unlock(&buffer->is_locked);
}

/* Begins a call. False if it is not recorded. */
static bool begin(void) {
    if (atomic_load_explicit(&state, memory_order_acquire) != OPEN || is_inside) {
        return false;
    }
    is_inside = true;
    began = count();
    gap = between(last, began);
    if (last == 0 || (HAS_COUNTER && gap >= LONG_NS)) {
        gap = long_gap(gap);
    }
    return true;
}

static void end(void) {
    uint64_t now = count();
    last = HAS_COUNTER && between(began, now) >= LONG_NS ? anchor() : now;
    is_inside = false;
}

static uint64_t ticket(void) {
    return atomic_fetch_add(&tickets, 1);
}

static uint64_t number_of(const void *block) {
    return (uint64_t)(uintptr_t)block + secret;
}

static unsigned logarithm(size_t align) {
    unsigned power = 0;
    while (align >> power > 1) {
        power++;
    }
    return power;
}

static void allocated(enum kind kind, const void *block, size_t size, size_t align) {
    if (block != NULL) {
        int error = errno;
        uint64_t now = ticket();
        uint64_t its = number_of(block);
        struct event event = {kind, logarithm(align), now, now, its, its, size};
        record(&event);
        errno = error;
    }
    end();
}

static void rest(void) {
    uint64_t drawn = atomic_load(&tickets);
    struct event event = {REST, 0, drawn == 0 ? 0 : drawn - 1, 0, 0, 0, 0};
    record(&event);
}

static void flush_all(void) {
    for (struct buffer *buffer = atomic_load(&buffers); buffer != NULL; buffer = buffer->next) {
        if (lock(&buffer->is_locked)) {
            flush(buffer);
            unlock(&buffer->is_locked);
        } else {
            atomic_store(&has_lost, true);
        }
    }
}

/* Writes what all threads have recorded, and ends the recording if that is all. The child of a vfork does neither. */
static void save(bool is_all) {
    if (getpid() != process || !begin()) {
        return;
    }
    int error = errno;
    rest();
    flush_all();
    if (is_all && !atomic_load(&has_lost)) {
        unsigned char mark[FRAME];
        frame(mark, "MSBE", 0, 0, 0, atomic_load(&tickets));
        to_file(mark, FRAME, CLOSED);
    }
    if (is_all) {
        atomic_store(&state, CLOSED);
    }
    errno = error;
    end();
}

static void after_fork(void) {
    int error = errno, before = forbid_cancel();
    atomic_store(&state, CLOSED);
    if (is_trace(trace, false)) {
        close(trace);
    }
    trace = -1;
    allow_cancel(before);
    errno = error;
}

static void at_end_of_thread(void *value) {
    (void)value;
    if (!begin()) {
        return;
    }
    rest();
    struct buffer *buffer = own;
    own = NULL;
    if (buffer != NULL && lock(&buffer->is_locked)) {
        flush(buffer);
        unlock(&buffer->is_locked);
        atomic_store(&buffer->is_owned, false);
    }
    end();
}

/*
 * Returns the path of the trace; NULL if this process has none. The variable is renamed after the process, in its
 * place: a process that this one starts does not find it, and a program that takes this one's place does.
 */
static const char *named(void) {
    char renamed[] = RENAMED;
    uint32_t number_left = (uint32_t)getpid();
    for (size_t digit = sizeof renamed - 2; number_left > 0; digit--, number_left /= 32) {
        renamed[digit] = "0123456789ABCDEFGHIJKLMNOPQRSTUV"[number_left % 32];
    }
    char *name = getenv(VARIABLE);
    if (name == NULL || *name == '\0') {
        return getenv(renamed);
    }
    memcpy(name - sizeof VARIABLE, renamed, sizeof renamed - 1);
    return name;
}
_Static_assert(sizeof RENAMED == sizeof VARIABLE, "one takes the place of the other");

/* Opens the trace, which is empty then. */
static bool open_file(const char *name) {
    int file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    struct stat about;
    if (file < 0) {
        return false;
    }
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || flock(file, LOCK_EX | LOCK_NB) != 0 ||
        ftruncate(file, 0) != 0) {
        close(file);
        return false;
    }
    device = about.st_dev;
    file_number = about.st_ino;
    if (strlen(name) < sizeof path) {
        strcpy(path, name);
    }
    trace = moved_up(file);
    return true;
}

static bool write_header(uint64_t cost_ps) {
    unsigned char header[32 + 1024] = "MSBTRACE";
    ssize_t length = readlink("/proc/self/exe", (char *)header + 32, sizeof header - 32);
    length = length < 0 ? 0 : length;
    put(header + 8, 1, 4);
    put(header + 12, 1, 4);
    put(header + 16, cost_ps, 4);
    put(header + 20, (uint64_t)process, 4);
    put(header + 24, (uint64_t)length, 4);
    put(header + 28, checksum(checksum(0xcbf29ce484222325u, header, 28), header + 32, (size_t)length), 4);
    return append(header, 32 + (size_t)length);
}

static void close_trace(void);

__attribute__((constructor(101))) static void open_trace(void) {
    const char *name = is_ready() ? named() : NULL;
    if (name == NULL || *name == '\0' || !open_file(name)) {
        return;
    }
    process = getpid();
    if (!write_header(start_clock())) {
        /* An empty file tells that it could not be written. */
        close(trace);
        trace = -1;
        return;
    }
    if (syscall(SYS_getrandom, &secret, sizeof secret, 1) != (long)sizeof secret) {
        secret = cpu_time() * 0x9e3779b97f4a7c15u;
    }
    pthread_atfork(NULL, NULL, after_fork);
    at_quick_exit(close_trace);
    has_key = pthread_key_create(&key, at_end_of_thread) == 0;
    last = anchor();
    atomic_store(&state, OPEN);
}

__attribute__((destructor(101))) static void close_trace(void) {
    save(true);
}

void *malloc(size_t size) {
    if (!is_ready()) {
        return early_block(size);
    }
    bool is_recorded = begin();
    void *block = next_malloc(size);
    if (is_recorded) {
        allocated(ALLOCATE, block, size, USUAL);
    }
    return block;
}

void *calloc(size_t count, size_t size) {
    if (!is_ready()) {
        return count != 0 && size > SIZE_MAX / count ? NULL : early_block(count * size);
    }
    bool is_recorded = begin();
    void *block = next_calloc(count, size);
    if (is_recorded) {
        allocated(ZEROED, block, count * size, USUAL);
    }
    return block;
}

void free(void *block) {
    if (block == NULL || is_early(block) || !is_ready()) {
        return;
    }
    if (!begin()) {
        next_free(block);
        return;
    }
    uint64_t its = number_of(block);
    uint64_t now = ticket();
    next_free(block);
    int error = errno;
    struct event event = {FREE, logarithm(USUAL), now, now, its, its, 0};
    record(&event);
    errno = error;
    end();
}

void *realloc(void *block, size_t size) {
    if (block == NULL) {
        return malloc(size);
    }
    if (is_early(block)) {
        void *moved = malloc(size);
        if (moved != NULL) {
            size_t old = early_size(block);
            memcpy(moved, block, old < size ? old : size);
        }
        return moved;
    }
    if (!is_ready()) {
        return NULL;
    }
    if (!begin()) {
        return next_realloc(block, size);
    }
    uint64_t its = number_of(block);
    uint64_t before = ticket();
    void *moved = next_realloc(block, size);
    int error = errno;
    if (moved != NULL) {
        struct event event = {REALLOCATE, logarithm(USUAL), before, ticket(), its, number_of(moved), size};
        record(&event);
    } else if (size == 0) {
        /* glibc frees the block. */
        struct event event = {FREE, logarithm(USUAL), before, before, its, its, 0};
        record(&event);
    }
    errno = error;
    end();
    return moved;
}

void *reallocarray(void *block, size_t count, size_t size) {
    if (count != 0 && size > SIZE_MAX / count) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, count * size);
}

int posix_memalign(void **result, size_t align, size_t size) {
    if (!is_ready() || next_posix_memalign == NULL) {
        return ENOMEM;
    }
    bool is_recorded = begin();
    int error = next_posix_memalign(result, align, size);
    if (is_recorded) {
        allocated(ALLOCATE, error == 0 ? *result : NULL, size, align);
    }
    return error;
}

void *aligned_alloc(size_t align, size_t size) {
    if (!is_ready() || next_aligned_alloc == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    bool is_recorded = begin();
    void *block = next_aligned_alloc(align, size);
    if (is_recorded) {
        allocated(ALLOCATE, block, size, align);
    }
    return block;
}

void *memalign(size_t align, size_t size) {
    if (!is_ready() || next_memalign == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    bool is_recorded = begin();
    void *block = next_memalign(align, size);
    if (is_recorded) {
        allocated(ALLOCATE, block, size, align);
    }
    return block;
}

void *valloc(size_t size) {
    if (!is_ready() || next_valloc == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    bool is_recorded = begin();
    void *block = next_valloc(size);
    if (is_recorded) {
        allocated(ALLOCATE, block, size, (size_t)sysconf(_SC_PAGESIZE));
    }
    return block;
}

void *pvalloc(size_t size) {
    if (!is_ready() || next_pvalloc == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    bool is_recorded = begin();
    void *block = next_pvalloc(size);
    if (is_recorded) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        allocated(ALLOCATE, block, (size + page - 1) / page * page, page);
    }
    return block;
}

void _exit(int code) {
    save(true);
    syscall(SYS_exit_group, code);
    __builtin_unreachable();
}

void _Exit(int code) {
    _exit(code);
}

/* The recording goes on after these: daemon may fail, and a handler of abort's signal may go on with the program. */
int daemon(int is_here, int has_streams) {
    save(false);
    if (!is_ready() || next_daemon == NULL) {
        errno = ENOSYS;
        return -1;
    }
    return next_daemon(is_here, has_streams);
}

void abort(void) {
    save(false);
    if (is_ready() && next_abort != NULL) {
        next_abort();
    }
    __builtin_trap();
}

__attribute__((noreturn)) void __assert_fail(const char *what, const char *file, unsigned line, const char *function) {
    save(false);
    if (is_ready() && next_assert_fail != NULL) {
        next_assert_fail(what, file, line, function);
    }
    abort();
}

__attribute__((noreturn)) void __assert_perror_fail(int error, const char *file, unsigned line, const char *function) {
    save(false);
    if (is_ready() && next_assert_perror_fail != NULL) {
        next_assert_perror_fail(error, file, line, function);
    }
    abort();
}
