// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

// Says on standard error which strategy was running when the process is ended by a trap (SIGILL, SIGTRAP, SIGSEGV,
// SIGBUS, SIGFPE, SIGABRT). The handler uses write() only and then lets the signal do what it does.

// How many names there is room for.
int32_t apus_crash_capacity(void);
// The name for a number. It is copied, cut to 127 bytes.
void apus_crash_set_name(int32_t number, const char *name);
// Where the engine notes the number of the strategy that is running; -1: none.
int32_t *apus_crash_marker(void);
void apus_crash_arm(void);
void apus_crash_disarm(void);
