// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>

// Four functions of Botan 2's stable C interface (botan/ffi.h), declared here because its headers lie in a folder of
// their own, and its pkg-config file has flags that the package manager refuses with a warning.
typedef struct botan_hash_struct *botan_hash_t;
int botan_hash_init(botan_hash_t *hash, const char *hash_name, uint32_t flags);
int botan_hash_update(botan_hash_t hash, const uint8_t *in, size_t in_len);
int botan_hash_final(botan_hash_t hash, uint8_t out[]);
int botan_hash_destroy(botan_hash_t hash);
