// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

// Says on standard error which strategy was running when the process is ended by a trap (SIGILL, SIGTRAP, SIGSEGV,
// SIGBUS, SIGFPE, SIGABRT). The handler uses write() only and then hands the signal to whoever had it before.

// How many names there is room for.
int32_t apus_crash_capacity(void);
// The name for a number. It is copied, cut to 127 bytes.
void apus_crash_set_name(int32_t number, const char *name);
// A file that the name of the strategy is added to as well, after the position; an empty path: none. It is copied.
void apus_crash_set_note(const char *path);
// The record of the journal that is being played back; 0: none, what happens is new.
void apus_crash_set_position(uint64_t record);
// Where the number of the strategy that is running on this thread is noted; -1: none.
int32_t *apus_crash_marker(void);
// Gives this thread a stack for the handler, because an endless recursion leaves none.
void apus_crash_prepare_thread(void *memory, size_t size);
// For this thread's stack; does nothing where it is armed already.
void apus_crash_arm(void);
// Puts back the handlers that were there before.
void apus_crash_disarm(void);
