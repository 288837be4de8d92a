// SPDX-License-Identifier: Apache-2.0
#include "allocation_count.h"

#include <stdio.h>
#include <stdlib.h>

#include "CAllocationCount.h"

// The bars between which is counted.
enum { first_bar = 20000, last_bar = 500000 };

static unsigned long bars, at_first;

// Writes the count to the file that the environment names.
static void write_count(unsigned long count) {
    const char *path = getenv("APUS_BENCH_ALLOCATIONS");
    if (path == NULL) return;
    FILE *file = fopen(path, "w");
    if (file == NULL) return;
    fprintf(file, "{\"bars\": %d, \"allocations\": %lu}\n", last_bar - first_bar, count);
    fclose(file);
}

void allocation_count_bar(void) {
    bars++;
    if (bars == first_bar) at_first = apus_thread_allocations();
    if (bars == last_bar) write_count(apus_thread_allocations() - at_first);
}
