// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tells the system to write no core dump of this process, and to let no process of the same user read its memory.
/// In C because prctl takes a variable number of arguments. Returns 0, or -1 with errno.
int apus_refuse_core_dumps(void);
