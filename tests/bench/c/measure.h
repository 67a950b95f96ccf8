/* What every program here says at its end, in JSON: how many operations, and what they took. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double clock_seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double wall_at_start, cpu_at_start;

static inline void start(void) {
    wall_at_start = clock_seconds(CLOCK_MONOTONIC);
    cpu_at_start = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void finish(long operations, long dropped) {
    double wall = clock_seconds(CLOCK_MONOTONIC) - wall_at_start;
    double cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_at_start;
    printf("{\"operations\": %ld, \"wall\": %.9f, \"cpu\": %.9f, \"dropped\": %ld}\n", operations, wall, cpu, dropped);
}

/* What ends a benchmark: a wrong count, a wrong byte. */
static inline void wrong(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static inline long check(const char *call, long result) {
    if (result == -1)
        wrong("%s: %s", call, strerror(errno));
    return result;
}
