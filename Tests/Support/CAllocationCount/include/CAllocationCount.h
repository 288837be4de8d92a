// SPDX-License-Identifier: Apache-2.0
#ifndef APUS_ALLOCATION_COUNT_H
#define APUS_ALLOCATION_COUNT_H

#include <stdbool.h>

/// Whether allocations can be counted: not under a sanitizer, which has an allocator of its own.
bool apus_allocations_are_counted(void);

/// Allocations that the calling thread has made since it started.
unsigned long apus_thread_allocations(void);

#endif
