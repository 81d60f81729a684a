/*
 * Preloaded into a probe whose instructions are counted: randomness that is the same each time. The standard library
 * seeds its hash maps with it, and whether a map of memscope's grows once more or not moved a count by up to 2.4 %.
 * If MEMSCOPE_BENCH_HEAP_PAGES is set, the heap begins so many pages later: where blocks lie decides too in which of
 * several maps they are noted, and when those grow.
 */
#define _DEFAULT_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

__attribute__((constructor)) static void shift_heap(void) {
    const char *pages = getenv("MEMSCOPE_BENCH_HEAP_PAGES");
    if (pages != NULL) {
        (void)sbrk(atol(pages) * 4096);
    }
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
    unsigned char *bytes = buffer;
    (void)flags;
    for (size_t n = 0; n < length; n++) {
        bytes[n] = (unsigned char)(n * 37 + 11);
    }
    return (ssize_t)length;
}
