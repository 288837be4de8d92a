// SPDX-License-Identifier: Apache-2.0

#include "CSimdjsonTree.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

// Errors are returned; a conversion that would throw does not compile.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

using namespace simdjson;

struct csimdjson_tree {
    std::vector<csimdjson_node> nodes;
    std::unique_ptr<char[]> text;
    /// Strings that had escapes; no longer than the text, so that it never moves.
    std::unique_ptr<char[]> unescaped;
    size_t unescaped_length = 0;
};

namespace {

const char *const tooDeep = "nested too deeply";
const char *const notANumber = "not a number, true, false, null or string where a value should be";
const char *const trailing = "something follows the document";
const char *const notOne = "the text must hold exactly one value";

/// The length of the JSON number at the start of the token; 0 where there is none, or more than white space follows.
size_t number_length(std::string_view token) {
    size_t i = 0;
    const size_t n = token.size();
    const auto digits = [&] {
        const size_t start = i;
        while (i < n && token[i] >= '0' && token[i] <= '9') { i++; }
        return i > start;
    };
    if (i < n && token[i] == '-') { i++; }
    if (i < n && token[i] == '0') {
        i++;
    } else if (!digits()) {
        return 0;
    }
    if (i < n && token[i] == '.') {
        i++;
        if (!digits()) { return 0; }
    }
    if (i < n && (token[i] == 'e' || token[i] == 'E')) {
        i++;
        if (i < n && (token[i] == '+' || token[i] == '-')) { i++; }
        if (!digits()) { return 0; }
    }
    const size_t length = i;
    while (i < n && (token[i] == ' ' || token[i] == '\t' || token[i] == '\n' || token[i] == '\r')) { i++; }
    return i == n ? length : 0;
}

struct Reader {
    csimdjson_tree &tree;
    const size_t source_length;
    const size_t maximum_depth;
    const char *error = nullptr;

    bool failed(error_code code) {
        if (code == SUCCESS) { return false; }
        if (error == nullptr) { error = error_message(code); }
        return true;
    }

    size_t add(uint32_t kind, std::string_view text = {}) {
        const size_t index = tree.nodes.size();
        tree.nodes.push_back({text.data(), uint32_t(text.size()), 0, uint32_t(index + 1), kind});
        return index;
    }

    std::string_view kept(std::string_view text) {
        if (!tree.unescaped) { tree.unescaped.reset(new char[source_length + 1]); }
        char *const place = tree.unescaped.get() + tree.unescaped_length;
        std::memcpy(place, text.data(), text.size());
        tree.unescaped_length += text.size();
        return {place, text.size()};
    }

    /// Whether the string that starts at `start` (behind its quote) has no escapes, and its end.
    static bool is_plain(const char *start, const char *&end) {
        end = start;
        while (*end != '"' && *end != '\\') { end++; }
        return *end == '"';
    }

    bool value(ondemand::value value, size_t depth) {
        ondemand::json_type type;
        if (failed(value.type().get(type))) { return false; }
        switch (type) {
        case ondemand::json_type::array: {
            if (depth == maximum_depth) { return error = tooDeep, false; }
            ondemand::array array;
            if (failed(value.get_array().get(array))) { return false; }
            return elements(array, depth);
        }
        case ondemand::json_type::object: {
            if (depth == maximum_depth) { return error = tooDeep, false; }
            ondemand::object object;
            if (failed(value.get_object().get(object))) { return false; }
            return members(object, depth);
        }
        case ondemand::json_type::number: {
            const std::string_view token = value.raw_json_token();
            const size_t length = number_length(token);
            if (length == 0) { return error = notANumber, false; }
            // The iteration around a value passes over it where nobody asks for its content.
            add(CSIMDJSON_NUMBER, token.substr(0, length));
            return true;
        }
        case ondemand::json_type::string: {
            const char *const start = value.raw_json_token().data() + 1;
            const char *end;
            if (is_plain(start, end)) {
                // A string that is not asked for would be passed over together with a colon behind it.
                ondemand::raw_json_string passed;
                if (failed(value.get_raw_json_string().get(passed))) { return false; }
                add(CSIMDJSON_STRING, {start, size_t(end - start)});
                return true;
            }
            std::string_view text;
            if (failed(value.get_string().get(text))) { return false; }
            add(CSIMDJSON_STRING, kept(text));
            return true;
        }
        case ondemand::json_type::boolean: {
            bool flag;
            if (failed(value.get_bool().get(flag))) { return false; }
            add(flag ? CSIMDJSON_TRUE : CSIMDJSON_FALSE);
            return true;
        }
        case ondemand::json_type::null: {
            bool flag;
            if (failed(value.is_null().get(flag))) { return false; }
            if (!flag) { return error = notANumber, false; }
            add(CSIMDJSON_NULL);
            return true;
        }
        }
        return error = notANumber, false;
    }

    bool elements(ondemand::array &array, size_t depth) {
        const size_t index = add(CSIMDJSON_ARRAY);
        uint32_t count = 0;
        for (auto element : array) {
            ondemand::value item;
            if (failed(element.get(item)) || !value(item, depth + 1)) { return false; }
            count++;
        }
        return close(index, count);
    }

    bool members(ondemand::object &object, size_t depth) {
        const size_t index = add(CSIMDJSON_OBJECT);
        uint32_t count = 0;
        for (auto member : object) {
            ondemand::field field;
            if (failed(std::move(member).get(field))) { return false; }
            const char *const start = field.key().raw();
            const char *end;
            if (is_plain(start, end)) {
                add(CSIMDJSON_STRING, {start, size_t(end - start)});
            } else {
                std::string_view key;
                if (failed(field.unescaped_key().get(key))) { return false; }
                add(CSIMDJSON_STRING, kept(key));
            }
            if (!value(field.value(), depth + 1)) { return false; }
            count++;
        }
        return close(index, count);
    }

    bool close(size_t index, uint32_t count) {
        tree.nodes[index].count = count;
        tree.nodes[index].next = uint32_t(tree.nodes.size());
        return true;
    }
};

} // namespace

extern "C" csimdjson_tree *csimdjson_tree_read(
    const char *text, size_t length, size_t maximum_depth, const char **error) {
    static thread_local ondemand::parser parser;
    try {
        auto tree = std::make_unique<csimdjson_tree>();
        // In brackets, so that a document of one bare value takes the same way as any other.
        tree->text.reset(new char[length + 2 + SIMDJSON_PADDING]);
        tree->text[0] = '[';
        std::memcpy(tree->text.get() + 1, text, length);
        tree->text[length + 1] = ']';
        std::memset(tree->text.get() + length + 2, ' ', SIMDJSON_PADDING);
        tree->nodes.reserve(16 + length / 8);

        Reader reader{*tree, length, maximum_depth};
        ondemand::document document;
        ondemand::array whole;
        const size_t capacity = length + 2 + SIMDJSON_PADDING;
        if (reader.failed(parser.iterate(tree->text.get(), length + 2, capacity).get(document))
            || reader.failed(document.get_array().get(whole)) || !reader.elements(whole, 0)) {
            *error = reader.error;
            return nullptr;
        }
        const char *rest;
        if (document.current_location().get(rest) == SUCCESS) { return *error = trailing, nullptr; }
        if (tree->nodes[0].count != 1) { return *error = notOne, nullptr; }
        return tree.release();
    } catch (const std::bad_alloc &) {
        return *error = "not enough memory", nullptr;
    }
}

extern "C" const csimdjson_node *csimdjson_tree_nodes(const csimdjson_tree *tree, size_t *count) {
    *count = tree->nodes.size();
    return tree->nodes.data();
}

extern "C" void csimdjson_tree_free(csimdjson_tree *tree) { delete tree; }
