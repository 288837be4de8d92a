// SPDX-License-Identifier: Apache-2.0

#include "bare_parse.h"

#include <simdjson.h>

static simdjson::dom::parser parser;
static simdjson::padded_string text;

extern "C" int bare_parse_load(const char *bytes, size_t length) {
    text = simdjson::padded_string(bytes, length);
    return 1;
}

extern "C" int bare_parse(void) {
    simdjson::dom::element document;
    return parser.parse(text).get(document) == simdjson::SUCCESS;
}
