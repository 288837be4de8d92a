// SPDX-License-Identifier: Apache-2.0
//
// Calls of the Linux kernel that Swift's Glibc module does not know.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

// An enumeration in C, which Swift finds only where no other C module has included it first.
enum { apus_stream_socket = SOCK_STREAM, apus_close_on_exec = SOCK_CLOEXEC, apus_non_blocking = SOCK_NONBLOCK };

enum { apus_signals_close_on_exec = SFD_CLOEXEC, apus_signals_non_blocking = SFD_NONBLOCK };

// Declared by the C library only with its extensions switched on.
int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
