// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what the whole process takes from the heap: linked into an executable, its malloc, calloc, realloc and
// posix_memalign stand before the C library's.

// Called once a bar. The first bars are left out: buffers find their size in them.
void allocation_count_bar(void);
