// SPDX-License-Identifier: Apache-2.0
#include "CCrashReport.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { capacity = 1024, name_length = 128, stack_size = 64 * 1024 };

static char names[capacity][name_length];
// Each thread runs code of a strategy of its own, and a trap is served on the thread that it is of.
static _Thread_local volatile int32_t marker = -1;
static volatile uint64_t position;
static const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
enum { signal_count = sizeof signals / sizeof signals[0] };
static struct sigaction previous[signal_count];
static int is_armed;
// An endless recursion leaves no stack for the handler, so it has its own.
static char stack[stack_size];

static char note[PATH_MAX];

// A line: the position in decimal, a tab, the name. Earlier lines stay: what they say may not be in the journal yet.
static void leave_note(const char *name) {
    if (!note[0]) return;
    int file = open(note, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    char line[32 + name_length];
    size_t end = sizeof line;
    line[--end] = '\n';
    size_t length = strlen(name);
    end -= length;
    memcpy(line + end, name, length);
    line[--end] = '\t';
    uint64_t rest = position;
    do {
        line[--end] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (write(file, line + end, sizeof line - end) < 0) { /* the message has to do */
    }
    close(file);
}

static void say(const char *text) {
    if (write(2, text, strlen(text)) < 0) { /* there is nobody else to tell */
    }
}

static void handle(int number) {
    int32_t running = marker;
    if (running >= 0) {
        if (running < capacity) leave_note(names[running]);
        say("\napus: the strategy '");
        say(running < capacity && names[running][0] ? names[running] : "(beyond those that are named)");
        say("' stopped the program: a trap of the runtime inside its code (an index out of range, an overflow, a nil "
            "that was unwrapped, a recursion without end). Nothing was written. Lines above, if any, say where.\n");
        if (note[0]) {
            say("apus: stops and targets that rest at a venue stay there. Start again: the session goes on without this "
                "strategy, and says what protects its positions.\n");
        }
    } else {
        say("\napus: the program stopped with an internal error, not inside a strategy. Please report it with the lines "
            "above.\n");
    }
    // Whoever was there before, such as the runtime's own backtracer, has the last word.
    for (int i = 0; i < signal_count; i++) {
        if (signals[i] == number) sigaction(number, &previous[i], 0);
    }
    raise(number);
}

int32_t apus_crash_capacity(void) { return capacity; }

void apus_crash_set_name(int32_t number, const char *name) {
    if (number < 0 || number >= capacity) return;
    strncpy(names[number], name, name_length - 1);
    names[number][name_length - 1] = 0;
}

void apus_crash_set_note(const char *path) {
    strncpy(note, path, sizeof note - 1);
    note[sizeof note - 1] = 0;
}

void apus_crash_set_position(uint64_t record) { position = record; }

int32_t *apus_crash_marker(void) { return (int32_t *)&marker; }

void apus_crash_prepare_thread(void *memory, size_t size) {
    stack_t alternative;
    memset(&alternative, 0, sizeof alternative);
    alternative.ss_sp = memory;
    alternative.ss_size = size;
    sigaltstack(&alternative, 0);
}

void apus_crash_arm(void) {
    marker = -1;
    if (is_armed) return;
    is_armed = 1;
    stack_t alternative;
    memset(&alternative, 0, sizeof alternative);
    if (sigaltstack(0, &alternative) == 0 && (alternative.ss_flags & SS_DISABLE)) {
        alternative.ss_sp = stack;
        alternative.ss_size = stack_size;
        alternative.ss_flags = 0;
        sigaltstack(&alternative, 0);
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    action.sa_flags = SA_NODEFER | SA_ONSTACK;
    for (int i = 0; i < signal_count; i++) sigaction(signals[i], &action, &previous[i]);
}

void apus_crash_disarm(void) {
    marker = -1;
    if (!is_armed) return;
    is_armed = 0;
    for (int i = 0; i < signal_count; i++) sigaction(signals[i], &previous[i], 0);
}
