/*
 * Preloaded into a probe whose instructions are counted: randomness that is the same each time. The standard library
 * seeds its hash maps with it, and whether a map of memscope's grows once more or not moved a count by up to 2.4 %.
 */
#include <stddef.h>
#include <sys/types.h>

ssize_t getrandom(void *buffer, size_t length, unsigned int flags) {
    unsigned char *bytes = buffer;
    (void)flags;
    for (size_t n = 0; n < length; n++) {
        bytes[n] = (unsigned char)(n * 37 + 11);
    }
    return (ssize_t)length;
}
