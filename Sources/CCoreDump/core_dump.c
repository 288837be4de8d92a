// SPDX-License-Identifier: Apache-2.0
#include "core_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

int apus_refuse_core_dumps(void) {
    // The limit alone does not reach dumps that the system pipes to a program.
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
