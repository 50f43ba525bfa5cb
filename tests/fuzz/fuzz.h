/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a fuzz target and the driver know of each other.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_INPUT_MAX 4096u

/* The target: must survive any input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * The target: may turn n bytes of noise into a likelier input, in place, at
 * most FUZZ_INPUT_MAX bytes. Returns the new length.
 */
size_t fuzz_shape(uint8_t *noise, size_t n);

uint64_t fuzz_random(void);

#endif
