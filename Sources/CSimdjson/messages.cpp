// SPDX-License-Identifier: Apache-2.0

#include "CSimdjsonMessages.h"

#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

using namespace simdjson;

namespace {

struct Scratch {
    ondemand::parser parser;
    std::unique_ptr<char[]> text;
    size_t capacity = 0;
    csimdjson_level levels[2 * CSIMDJSON_MAXIMUM_LEVELS];
    csimdjson_trade trades[CSIMDJSON_MAXIMUM_TRADES];
};

/// The text between the quotes; fails where it has escapes.
bool plain(ondemand::value value, std::string_view &text) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw)) { return false; }
    const char *const start = raw.raw();
    const char *end = start;
    while (*end != '"') {
        if (*end == '\\') { return false; }
        end++;
    }
    text = {start, size_t(end - start)};
    return true;
}

bool plain(ondemand::value value, csimdjson_text &text) {
    std::string_view view;
    if (!plain(value, view)) { return false; }
    text = {view.data(), view.size()};
    return true;
}

/// Digits with at most one point, in quotes; nothing that needs more than 18 digits.
bool decimal(ondemand::value value, int64_t &mantissa, uint8_t &decimals) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw)) { return false; }
    const char *p = raw.raw();
    uint64_t number = 0;
    unsigned digits = 0;
    const char *point = nullptr;
    for (;; p++) {
        const unsigned digit = unsigned(*p) - '0';
        if (digit < 10) {
            number = number * 10 + digit;
            if (++digits > 18) { return false; }
        } else if (*p == '.' && point == nullptr) {
            point = p;
        } else {
            break;
        }
    }
    if (*p != '"' || digits == 0) { return false; }
    mantissa = int64_t(number);
    decimals = point == nullptr ? 0 : uint8_t(p - point - 1);
    return true;
}

bool time_of(ondemand::value value, int64_t &time) {
    uint64_t number;
    if (value.get_uint64().get(number) || number > 9000000000000) { return false; }
    time = int64_t(number);
    return true;
}

bool level_of(ondemand::value value, csimdjson_level &level) {
    ondemand::object object;
    if (value.get_object().get(object)) { return false; }
    level.orders = 0;
    unsigned found = 0;
    for (auto member : object) {
        ondemand::field field;
        if (std::move(member).get(field)) { return false; }
        const ondemand::raw_json_string key = field.key();
        if (key == "px") {
            if (!decimal(field.value(), level.price, level.price_decimals)) { return false; }
            found |= 1;
        } else if (key == "sz") {
            if (!decimal(field.value(), level.size, level.size_decimals)) { return false; }
            found |= 2;
        } else if (key == "n") {
            uint64_t count;
            if (field.value().get_uint64().get(count) || count > UINT32_MAX) { return false; }
            level.orders = uint32_t(count);
        }
    }
    return found == 3;
}

bool levels_of(ondemand::value value, csimdjson_level *levels, size_t &count) {
    ondemand::array list;
    if (value.get_array().get(list)) { return false; }
    count = 0;
    for (auto element : list) {
        ondemand::value entry;
        if (element.get(entry) || count == CSIMDJSON_MAXIMUM_LEVELS || !level_of(entry, levels[count])) {
            return false;
        }
        count++;
    }
    return true;
}

/// `{coin, time, levels: [[…], […]]}`, or `{coin, time, bbo: [… or null, … or null]}`.
bool book_of(ondemand::value data, Scratch &scratch, csimdjson_message &message, bool isQuote) {
    ondemand::object object;
    if (data.get_object().get(object)) { return false; }
    unsigned found = 0;
    for (auto member : object) {
        ondemand::field field;
        if (std::move(member).get(field)) { return false; }
        const ondemand::raw_json_string key = field.key();
        if (key == "coin") {
            if (!plain(field.value(), message.coin)) { return false; }
            found |= 1;
        } else if (key == "time") {
            if (!time_of(field.value(), message.time)) { return false; }
            found |= 2;
        } else if (key == (isQuote ? "bbo" : "levels")) {
            ondemand::array sides;
            if (field.value().get_array().get(sides)) { return false; }
            size_t side = 0;
            size_t counts[2] = {0, 0};
            for (auto element : sides) {
                ondemand::value entry;
                if (side == 2 || element.get(entry)) { return false; }
                csimdjson_level *const place = scratch.levels + (side == 0 ? 0 : counts[0]);
                if (!isQuote) {
                    if (!levels_of(entry, place, counts[side])) { return false; }
                } else {
                    bool is_null = false;
                    if (entry.is_null().get(is_null) == SUCCESS && is_null) {
                        side++;
                        continue;
                    }
                    if (!level_of(entry, *place)) { return false; }
                    counts[side] = 1;
                }
                side++;
            }
            if (side != 2) { return false; }
            message.bids = counts[0];
            message.asks = counts[1];
            found |= 4;
        }
    }
    message.levels = scratch.levels;
    return found == 7;
}

bool trade_of(ondemand::value value, csimdjson_trade &trade) {
    ondemand::object object;
    if (value.get_object().get(object)) { return false; }
    trade.hash = trade.buyer = trade.seller = {nullptr, 0};
    unsigned found = 0;
    for (auto member : object) {
        ondemand::field field;
        if (std::move(member).get(field)) { return false; }
        const ondemand::raw_json_string key = field.key();
        if (key == "coin") {
            if (!plain(field.value(), trade.coin)) { return false; }
            found |= 1;
        } else if (key == "side") {
            std::string_view side;
            if (!plain(field.value(), side) || (side != "B" && side != "A")) { return false; }
            trade.is_buy = side == "B";
            found |= 2;
        } else if (key == "px") {
            if (!decimal(field.value(), trade.level.price, trade.level.price_decimals)) { return false; }
            found |= 4;
        } else if (key == "sz") {
            if (!decimal(field.value(), trade.level.size, trade.level.size_decimals)) { return false; }
            found |= 8;
        } else if (key == "time") {
            if (!time_of(field.value(), trade.time)) { return false; }
            found |= 16;
        } else if (key == "tid") {
            if (field.value().get_uint64().get(trade.id)) { return false; }
            found |= 32;
        } else if (key == "hash") {
            if (!plain(field.value(), trade.hash)) { return false; }
        } else if (key == "users") {
            ondemand::array users;
            if (field.value().get_array().get(users)) { return false; }
            size_t place = 0;
            for (auto element : users) {
                ondemand::value user;
                if (place == 2 || element.get(user)) { return false; }
                if (!plain(user, place == 0 ? trade.buyer : trade.seller)) { return false; }
                place++;
            }
        }
    }
    return found == 63;
}

bool trades_of(ondemand::value data, Scratch &scratch, csimdjson_message &message) {
    ondemand::array list;
    if (data.get_array().get(list)) { return false; }
    size_t count = 0;
    for (auto element : list) {
        ondemand::value entry;
        if (element.get(entry) || count == CSIMDJSON_MAXIMUM_TRADES || !trade_of(entry, scratch.trades[count])) {
            return false;
        }
        count++;
    }
    message.trades = scratch.trades;
    message.trade_count = count;
    return true;
}

bool read(const char *text, size_t length, Scratch &scratch, csimdjson_message &message) {
    if (scratch.capacity < length + SIMDJSON_PADDING) {
        scratch.capacity = 2 * length + SIMDJSON_PADDING;
        scratch.text.reset(new char[scratch.capacity]);
    }
    char *const copy = scratch.text.get();
    std::memcpy(copy, text, length);
    std::memset(copy + length, ' ', SIMDJSON_PADDING);
    ondemand::document document;
    ondemand::object object;
    if (scratch.parser.iterate(copy, length, length + SIMDJSON_PADDING).get(document)
        || document.get_object().get(object)) {
        return false;
    }
    ondemand::value channel;
    std::string_view name;
    if (object.find_field_unordered("channel").get(channel) || !plain(channel, name)) { return false; }
    const int kind = name == "l2Book"   ? CSIMDJSON_BOOK
                     : name == "trades" ? CSIMDJSON_TRADES
                     : name == "bbo"    ? CSIMDJSON_QUOTE
                                        : CSIMDJSON_OTHER;
    if (kind == CSIMDJSON_OTHER) { return false; }
    ondemand::value data;
    if (object.find_field_unordered("data").get(data)) { return false; }
    message.kind = kind;
    const bool isRead = kind == CSIMDJSON_TRADES ? trades_of(data, scratch, message)
                                                 : book_of(data, scratch, message, kind == CSIMDJSON_QUOTE);
    if (!isRead) { return false; }
    // Nothing but the end of the object may follow; a message with more to it goes the general way.
    const char *rest;
    if (document.current_location().get(rest) != SUCCESS || *rest != '}') { return false; }
    do { rest++; } while (rest < copy + length && (*rest == ' ' || *rest == '\n' || *rest == '\r' || *rest == '\t'));
    return rest == copy + length;
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
