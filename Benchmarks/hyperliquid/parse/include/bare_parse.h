// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// simdjson's own whole parse of a document, with a parser and a padded buffer that are kept. Returns 0 on failure.
int bare_parse_load(const char *text, size_t length);
int bare_parse(void);

#ifdef __cplusplus
}
#endif
