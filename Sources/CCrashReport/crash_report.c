// SPDX-License-Identifier: Apache-2.0
#include "CCrashReport.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { capacity = 256, name_length = 128 };

static char names[capacity][name_length];
static int32_t marker = -1;
static const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};

static void say(const char *text) {
    if (write(2, text, strlen(text)) < 0) { /* there is nobody else to tell */
    }
}

static void handle(int number) {
    int32_t running = marker;
    if (running >= 0 && running < capacity) {
        say("\napus: the strategy '");
        say(names[running]);
        say("' stopped the program: a trap of the runtime inside its code (an index out of range, an overflow, a nil "
            "that was unwrapped). Nothing was written. The lines above say where.\n");
    } else {
        say("\napus: the program stopped with an internal error, not inside a strategy. Please report it with the lines "
            "above.\n");
    }
    signal(number, SIG_DFL);
    raise(number);
}

int32_t apus_crash_capacity(void) { return capacity; }

void apus_crash_set_name(int32_t number, const char *name) {
    if (number < 0 || number >= capacity) return;
    strncpy(names[number], name, name_length - 1);
    names[number][name_length - 1] = 0;
}

int32_t *apus_crash_marker(void) { return &marker; }

void apus_crash_arm(void) {
    marker = -1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    action.sa_flags = SA_NODEFER;
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], &action, 0);
}

void apus_crash_disarm(void) {
    marker = -1;
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) signal(signals[i], SIG_DFL);
}
