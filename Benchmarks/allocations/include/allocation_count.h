// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what the thread that runs the engine takes from the heap.

// Called once a bar. What was taken between bar 20,000, when buffers have found their size, and bar 500,000 is written
// to the file that the environment variable APUS_BENCH_ALLOCATIONS names.
void allocation_count_bar(void);
