/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives one fuzz target with random inputs, which the target may shape into
 * something less hopeless than noise (fuzz_shape). Prints
 * the seed of each run, so that a finding can be had again.
 * Usage: fuzz_<name> SECONDS [SEED [INPUTS]]; with INPUTS that many, however
 * long it takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tests/fuzz/fuzz.h>

#define CHUNK 2000

/* Inputs free all they take: what was freed long ago need not be kept. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=4:thread_local_quarantine_size_kb=64:"
           "malloc_context_size=1";
}

static uint64_t state;

uint64_t fuzz_random(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Exactly as large as the input, so that the sanitizer sees every overrun. */
static void one_input(void)
{
    uint8_t noise[FUZZ_INPUT_MAX];
    size_t n = fuzz_random() % (FUZZ_INPUT_MAX + 1);

    for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
        const uint64_t word = fuzz_random();

        memcpy(noise + i, &word, sizeof(word));
    }
    n = fuzz_shape(noise, n);

    uint8_t *const input = malloc(n + !n);

    memcpy(input, noise, n);
    LLVMFuzzerTestOneInput(input, n);
    free(input);
}

int main(int argc, char **argv)
{
    const time_t seconds = argc > 1 ? atol(argv[1]) : 10;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    const unsigned long inputs = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
    const time_t start = time(NULL);
    unsigned long runs = 0;

    state = seed;
    printf("%s: seed %llu\n", argv[0], (unsigned long long)seed);
    fflush(stdout);
    while (inputs ? runs < inputs : time(NULL) - start < seconds) {
        for (int i = 0; i < CHUNK; i++) {
            one_input();
        }
        runs += CHUNK;
    }
    printf("%s: %lu inputs in %ld s, nothing found\n", argv[0], runs,
           (long)(time(NULL) - start));
    return 0;
}
