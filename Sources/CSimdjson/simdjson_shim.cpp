// SPDX-License-Identifier: Apache-2.0

#include "CSimdjson.h"

#include <new>
#include <simdjson.h>

using namespace simdjson;

struct csimdjson_rows {
    ondemand::parser parser;
    ondemand::document document;
    ondemand::array_iterator next;
    ondemand::array_iterator end;
    error_code error = SUCCESS;
    bool isWrongShape = false;
    bool isFirst = true;
    bool isDone = false;
};

extern "C" size_t csimdjson_padding(void) { return SIMDJSON_PADDING; }

extern "C" csimdjson_rows *csimdjson_rows_open(const char *text, size_t length, size_t capacity) {
    csimdjson_rows *reader = new (std::nothrow) csimdjson_rows;
    if (reader == nullptr) { return nullptr; }
    reader->error = reader->parser.iterate(text, length, capacity).get(reader->document);
    if (reader->error) { return reader; }
    ondemand::array rows;
    reader->error = reader->document.get_array().get(rows);
    if (reader->error == INCORRECT_TYPE) {
        reader->isWrongShape = true;
        return reader;
    }
    if (reader->error) { return reader; }
    reader->error = rows.begin().get(reader->next);
    if (reader->error) { return reader; }
    reader->error = rows.end().get(reader->end);
    return reader;
}

static int read_row(csimdjson_rows *reader, csimdjson_token *tokens, size_t count) {
    ondemand::array row;
    if ((reader->error = (*reader->next).get_array().get(row))) {
        return reader->error == INCORRECT_TYPE ? CSIMDJSON_WRONG_SHAPE : CSIMDJSON_BAD_JSON;
    }
    size_t index = 0;
    for (auto element : row) {
        ondemand::value value;
        if ((reader->error = element.get(value))) { return CSIMDJSON_BAD_JSON; }
        ondemand::json_type type;
        if ((reader->error = value.type().get(type))) { return CSIMDJSON_BAD_JSON; }
        if (type != ondemand::json_type::number || index == count) { return CSIMDJSON_WRONG_SHAPE; }
        std::string_view text = value.raw_json_token();
        tokens[index++] = {text.data(), text.size()};
    }
    return index == count ? CSIMDJSON_ROW : CSIMDJSON_WRONG_SHAPE;
}

extern "C" int csimdjson_rows_next(csimdjson_rows *reader, csimdjson_token *tokens, size_t count) {
    if (reader->isWrongShape) { return CSIMDJSON_WRONG_SHAPE; }
    if (reader->error) { return CSIMDJSON_BAD_JSON; }
    if (reader->isDone) { return CSIMDJSON_END; }
    if (!reader->isFirst) { ++reader->next; }
    reader->isFirst = false;
    if (reader->next == reader->end) {
        reader->isDone = true;
        const char *rest;
        // Past the last token there is no location; anywhere else something follows the array.
        if (reader->document.current_location().get(rest) == SUCCESS) {
            reader->error = TRAILING_CONTENT;
            return CSIMDJSON_BAD_JSON;
        }
        return CSIMDJSON_END;
    }
    return read_row(reader, tokens, count);
}

extern "C" const char *csimdjson_rows_error(const csimdjson_rows *reader) { return error_message(reader->error); }

extern "C" void csimdjson_rows_close(csimdjson_rows *reader) { delete reader; }
