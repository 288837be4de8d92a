// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>

#include "CSimdjsonMessages.h"
#include "CSimdjsonTree.h"

#ifdef __cplusplus
extern "C" {
#endif

// Reads a JSON array of rows, each an array of numbers, and gives every number as the text it was written in:
// a price goes from decimal text to an exact integer and is never a double.

/// The text of one number; it lies in the buffer that the reader was opened with.
typedef struct {
    const char *text;
    size_t length;
} csimdjson_token;

enum {
    CSIMDJSON_ROW = 1,
    CSIMDJSON_END = 0,
    CSIMDJSON_BAD_JSON = -1,
    CSIMDJSON_WRONG_SHAPE = -2,
};

typedef struct csimdjson_rows csimdjson_rows;

/// How many bytes the buffer must have beyond its text.
size_t csimdjson_padding(void);

/// Opens a reader over `length` bytes of a buffer of `capacity` bytes, which must outlive it. NULL without memory.
csimdjson_rows *csimdjson_rows_open(const char *text, size_t length, size_t capacity);

/// Reads the next row into exactly `count` tokens and returns one of the codes above.
int csimdjson_rows_next(csimdjson_rows *reader, csimdjson_token *tokens, size_t count);

/// What was wrong, after CSIMDJSON_BAD_JSON.
const char *csimdjson_rows_error(const csimdjson_rows *reader);

void csimdjson_rows_close(csimdjson_rows *reader);

#ifdef __cplusplus
}
#endif
