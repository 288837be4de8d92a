// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Reads the market messages of Hyperliquid in one pass, numbers as integers with their count of decimals. Whatever is
// not exactly as expected is left to the general reader, which says what is wrong.

typedef struct {
    int64_t price;
    int64_t size;
    uint8_t price_decimals;
    uint8_t size_decimals;
    uint32_t orders;
} csimdjson_level;

typedef struct {
    const char *text;
    size_t length;
} csimdjson_text;

typedef struct {
    csimdjson_text coin;
    csimdjson_text hash;
    csimdjson_text buyer;
    csimdjson_text seller;
    csimdjson_level level;
    int64_t time;
    uint64_t id;
    uint8_t is_buy;
} csimdjson_trade;

enum {
    CSIMDJSON_OTHER = 0,
    CSIMDJSON_BOOK = 1,
    CSIMDJSON_TRADES = 2,
    CSIMDJSON_QUOTE = 3,
};

enum { CSIMDJSON_MAXIMUM_LEVELS = 256, CSIMDJSON_MAXIMUM_TRADES = 256 };

/// What was read; texts and lists live until the next message is read on the same thread.
typedef struct {
    int kind;
    csimdjson_text coin;
    int64_t time;
    /// Bids, then asks. A quote has at most one of each.
    const csimdjson_level *levels;
    size_t bids;
    size_t asks;
    const csimdjson_trade *trades;
    size_t trade_count;
} csimdjson_message;

/// Reads one WebSocket message; `CSIMDJSON_OTHER` for every other one.
int csimdjson_read_message(const char *text, size_t length, csimdjson_message *message);

#ifdef __cplusplus
}
#endif
