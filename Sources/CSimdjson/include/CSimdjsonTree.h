// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Reads a whole JSON document into one flat array of nodes, in the order of the text: members keep their order and
// numbers their text.

enum {
    CSIMDJSON_NULL = 0,
    CSIMDJSON_FALSE = 1,
    CSIMDJSON_TRUE = 2,
    CSIMDJSON_NUMBER = 3,
    CSIMDJSON_STRING = 4,
    CSIMDJSON_ARRAY = 5,
    CSIMDJSON_OBJECT = 6,
};

/// The members of an object are pairs of nodes: a string and the value. A container is followed by its content.
typedef struct {
    /// Of a string: unescaped. Of a number: as written. It lives as long as the tree.
    const char *text;
    uint32_t length;
    /// How many elements or members a container has.
    uint32_t count;
    /// The index of the node after this one and its content.
    uint32_t next;
    uint32_t kind;
} csimdjson_node;

typedef struct csimdjson_tree csimdjson_tree;

/// Reads `length` bytes; they need not outlive the call. On failure NULL, and `error` points to a text that lives on.
csimdjson_tree *csimdjson_tree_read(
    const char *text, size_t length, size_t maximum_depth, const char **error);

const csimdjson_node *csimdjson_tree_nodes(const csimdjson_tree *tree, size_t *count);

void csimdjson_tree_free(csimdjson_tree *tree);

#ifdef __cplusplus
}
#endif
