// SPDX-License-Identifier: Apache-2.0

#include "CSimdjsonMessages.h"

#include <cstring>
#include <memory>
#include <new>

// Every byte is looked at once and must be what a compact message has in its place; anything else, white space and
// escapes too, ends the reading. The text is copied in front of a run of zeros, which match nothing, so that no step
// needs to look for the end.

namespace {

constexpr size_t padding = 32;

struct Scratch {
    std::unique_ptr<char[]> text;
    size_t capacity = 0;
    csimdjson_level levels[2 * CSIMDJSON_MAXIMUM_LEVELS];
    csimdjson_trade trades[CSIMDJSON_MAXIMUM_TRADES];
};

constexpr uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

using Characters = unsigned char __attribute__((ext_vector_type(16)));
using Flags = bool __attribute__((ext_vector_type(16)));

/// Which of the sixteen characters are no digits, the first in the lowest bit.
inline unsigned others(const char *text) {
    Characters characters;
    std::memcpy(&characters, text, 16);
    const Flags flags = __builtin_convertvector((characters - '0') > 9, Flags);
    uint16_t bits;
    std::memcpy(&bits, &flags, 2);
    return bits;
}

/// The number that 1 to 8 digits stand for.
inline uint64_t number(const char *text, unsigned count) {
    uint64_t chunk;
    std::memcpy(&chunk, text, 8);
    // The digits move to the end of the word, behind zeros; then pairs, fours and eights are added up.
    uint64_t value = (chunk - 0x3030303030303030) << (64 - 8 * count);
    value = value * 10 + (value >> 8);
    return (((value & 0x000000FF000000FF) * 0x000F424000000064)
            + (((value >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
}

struct Cursor {
    const char *at;

    template <size_t size> bool skip(const char (&text)[size]) {
        if (std::memcmp(at, text, size - 1) != 0) { return false; }
        at += size - 1;
        return true;
    }

    bool skip(char character) {
        if (*at != character) { return false; }
        at++;
        return true;
    }

    /// A text without escapes, of visible ASCII characters, in quotes.
    bool text(csimdjson_text &text) {
        if (!skip('"')) { return false; }
        const char *const start = at;
        while (*at >= ' ' && *at <= '~' && *at != '"' && *at != '\\') { at++; }
        text = {start, size_t(at - start)};
        return skip('"');
    }

    /// A whole number of at most 19 digits, without a sign or leading zeros.
    bool integer(uint64_t &result) {
        const char *const start = at;
        result = 0;
        while (*at >= '0' && *at <= '9') {
            if (at - start == 19) { return false; }
            result = result * 10 + uint64_t(*at - '0');
            at++;
        }
        return at > start && (*start != '0' || at == start + 1);
    }

    bool time(int64_t &time) {
        uint64_t number;
        if (!integer(number) || number > 9000000000000) { return false; }
        time = int64_t(number);
        return true;
    }

    /// `43123.5`: a decimal number with 1 to 8 digits before and at most 7 behind the point, up to its closing quote.
    bool decimal(int64_t &mantissa, uint8_t &decimals) {
        const unsigned marks = others(at);
        const unsigned rest = marks & (marks - 1);
        if (rest == 0) { return false; }
        const unsigned first = unsigned(__builtin_ctz(marks));
        if (first == 0 || first > 8) { return false; }
        const uint64_t whole = number(at, first);
        if (at[first] != '.') {
            mantissa = int64_t(whole);
            decimals = 0;
            at += first;
            return *at == '"';
        }
        const unsigned count = unsigned(__builtin_ctz(rest)) - first - 1;
        if (count == 0 || count > 7) { return false; }
        mantissa = int64_t(whole * powers[count] + number(at + first + 1, count));
        decimals = uint8_t(count);
        at += first + 1 + count;
        return *at == '"';
    }

    /// `{"px":"1.5","sz":"2","n":3}`.
    bool level(csimdjson_level &level) {
        uint64_t orders;
        if (!skip("{\"px\":\"") || !decimal(level.price, level.price_decimals) || !skip("\",\"sz\":\"")
            || !decimal(level.size, level.size_decimals) || !skip("\",\"n\":") || !integer(orders)
            || orders > UINT32_MAX) {
            return false;
        }
        level.orders = uint32_t(orders);
        return skip('}');
    }

    bool levels(csimdjson_level *levels, size_t &count) {
        count = 0;
        if (!skip('[')) { return false; }
        if (skip(']')) { return true; }
        do {
            if (count == CSIMDJSON_MAXIMUM_LEVELS || !level(levels[count])) { return false; }
            count++;
        } while (skip(','));
        return skip(']');
    }

    /// The members of an object in any order: `member` reads the value behind a key and says which one it was.
    template <typename Member> bool object(unsigned wanted, Member member) {
        unsigned found = 0;
        if (!skip('{')) { return false; }
        do {
            const unsigned which = member();
            if (which == 0 || (found & which) != 0) { return false; }
            found |= which;
        } while (skip(','));
        return (found & wanted) == wanted && skip('}');
    }

    bool book(Scratch &scratch, csimdjson_message &message) {
        message.levels = scratch.levels;
        return object(7, [&]() -> unsigned {
            if (skip("\"coin\":")) { return text(message.coin) ? 1 : 0; }
            if (skip("\"time\":")) { return time(message.time) ? 2 : 0; }
            if (!skip("\"levels\":[") || !levels(scratch.levels, message.bids) || !skip(',')
                || !levels(scratch.levels + message.bids, message.asks)) {
                return 0;
            }
            return skip(']') ? 4 : 0;
        });
    }

    bool side(csimdjson_level *place, size_t &count) {
        count = 0;
        if (skip("null")) { return true; }
        count = 1;
        return level(*place);
    }

    bool quote(Scratch &scratch, csimdjson_message &message) {
        message.levels = scratch.levels;
        return object(7, [&]() -> unsigned {
            if (skip("\"coin\":")) { return text(message.coin) ? 1 : 0; }
            if (skip("\"time\":")) { return time(message.time) ? 2 : 0; }
            if (!skip("\"bbo\":[") || !side(scratch.levels, message.bids) || !skip(',')
                || !side(scratch.levels + message.bids, message.asks)) {
                return 0;
            }
            return skip(']') ? 4 : 0;
        });
    }

    bool trade(csimdjson_trade &trade) {
        trade.hash = trade.buyer = trade.seller = {nullptr, 0};
        return object(63, [&]() -> unsigned {
            if (skip("\"coin\":")) { return text(trade.coin) ? 1 : 0; }
            if (skip("\"side\":\"")) {
                trade.is_buy = *at == 'B';
                return (skip('B') || skip('A')) && skip('"') ? 2 : 0;
            }
            if (skip("\"px\":\"")) {
                return decimal(trade.level.price, trade.level.price_decimals) && skip('"') ? 4 : 0;
            }
            if (skip("\"sz\":\"")) {
                return decimal(trade.level.size, trade.level.size_decimals) && skip('"') ? 8 : 0;
            }
            if (skip("\"time\":")) { return time(trade.time) ? 16 : 0; }
            if (skip("\"tid\":")) { return integer(trade.id) ? 32 : 0; }
            if (skip("\"hash\":")) { return text(trade.hash) ? 64 : 0; }
            if (!skip("\"users\":[") || !text(trade.buyer) || !skip(',') || !text(trade.seller)) { return 0; }
            return skip(']') ? 128 : 0;
        });
    }

    bool trades(Scratch &scratch, csimdjson_message &message) {
        message.trades = scratch.trades;
        if (!skip('[')) { return false; }
        if (skip(']')) { return true; }
        do {
            if (message.trade_count == CSIMDJSON_MAXIMUM_TRADES || !trade(scratch.trades[message.trade_count])) {
                return false;
            }
            message.trade_count++;
        } while (skip(','));
        return skip(']');
    }
};

bool read(const char *text, size_t length, Scratch &scratch, csimdjson_message &message) {
    if (scratch.capacity < length + padding) {
        scratch.capacity = 2 * length + padding;
        scratch.text.reset(new char[scratch.capacity]);
    }
    char *const copy = scratch.text.get();
    std::memcpy(copy, text, length);
    std::memset(copy + length, 0, padding);
    Cursor cursor{copy};
    bool isRead = false;
    if (cursor.skip("{\"channel\":\"l2Book\",\"data\":")) {
        message.kind = CSIMDJSON_BOOK;
        isRead = cursor.book(scratch, message);
    } else if (cursor.skip("{\"channel\":\"trades\",\"data\":")) {
        message.kind = CSIMDJSON_TRADES;
        isRead = cursor.trades(scratch, message);
    } else if (cursor.skip("{\"channel\":\"bbo\",\"data\":")) {
        message.kind = CSIMDJSON_QUOTE;
        isRead = cursor.quote(scratch, message);
    }
    return isRead && cursor.skip('}') && cursor.at == copy + length;
}

} // namespace

extern "C" int csimdjson_read_message(const char *text, size_t length, csimdjson_message *message) {
    static thread_local Scratch scratch;
    try {
        std::memset(message, 0, sizeof *message);
        return read(text, length, scratch, *message) ? message->kind : CSIMDJSON_OTHER;
    } catch (const std::bad_alloc &) {
        return CSIMDJSON_OTHER;
    }
}
