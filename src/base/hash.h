/* Hashes of bytes that are the same everywhere: for names and checks, not against anybody. */
#ifndef ELIGO_BASE_HASH_H
#define ELIGO_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, started from HASH_START; goes on from an earlier hash. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);
#define HASH_START 0xCBF29CE484222325U

#endif
