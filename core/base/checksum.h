/* checksum.h: checksums of objects. Streaming: start with crc = 0, feed the result back. Carry-less
 * multiply (and the CRC32 instruction) chosen at run time, tables otherwise; both tested against each other. */
#ifndef LARDER_BASE_CHECKSUM_H
#define LARDER_BASE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <larder/types.h>

uint64_t crc64nvme (uint64_t crc, const void *bytes, size_t count);
uint32_t crc32c (uint32_t crc, const void *bytes, size_t count);
/* Checksum of A followed by B from theirs and B's length. */
uint64_t crc64nvme_combine (uint64_t a, uint64_t b, uint64_t length_b);
uint32_t crc32c_combine (uint32_t a, uint32_t b, uint64_t length_b);

/* The plain forms, raw (no inversion): what the fast ones are tested against. */
uint64_t crc64nvme_plain (uint64_t crc, const unsigned char *at, size_t count);
uint32_t crc32c_plain (uint32_t crc, const unsigned char *at, size_t count);

/* SHA-256 of the input of an ingest: identity, so a cryptographic one. SHA instructions where present. */
struct sha256 { uint32_t state[8]; uint64_t length; unsigned char block[64]; };
void sha256_begin (struct sha256 *sha);
void sha256_add (struct sha256 *sha, const void *bytes, size_t count);
void sha256_add_text (struct sha256 *sha, const char *text);           /* with its NUL, so that two are not one; NULL as "" */
void sha256_end (struct sha256 *sha, unsigned char ret[32]);
void sha256_end_hex (struct sha256 *sha, char ret[65]);
void sha256_hex (const void *bytes, size_t count, char ret[65]);       /* of all in one piece */

/* One block of 64 bytes, in plain C: what the instructions are tested against. */
void sha256_blocks_plain (uint32_t state[8], const unsigned char *at, size_t blocks);

/* Every byte of a source in order, in pieces; INTEGRITY if its length is not as announced. A code of `piece` ends it. */
typedef int (*source_piece_fn) (void *context, const void *bytes, size_t count, struct larder_error *error);
int source_each (const struct larder_source *source, source_piece_fn piece, void *context, struct larder_error *error);

/* The whole of a source (by pread, or read after rewind) in 64 KiB pieces; INTEGRITY if its length is not as announced. */
int checksum_source (const struct larder_source *source, uint64_t *ret_crc64, struct sha256 *sha, struct larder_error *error);

/* base64 as S3 writes them: of the value's bytes, big-endian (12 and 8 characters, and NUL). */
void crc64nvme_text (uint64_t crc, char ret[16]);
void crc32c_text (uint32_t crc, char ret[16]);
/* Both by kind: CRC32C, or else CRC64NVME. */
uint64_t checksum_add (uint32_t type, uint64_t sum, const void *bytes, size_t count);
void checksum_text (uint32_t type, uint64_t sum, char ret[16]);
/* The name of a kind, enum larder_checksum, "CRC64NVME"; NULL of none and of one that is not known. And back: none, where there is none of that name. */
const char *checksum_name (uint32_t type);
uint32_t checksum_named (const char *name);
/* Is it one of the two? */
bool checksum_is_ours (uint32_t type);
/* The value again; false when the text is none. */
bool crc64nvme_parse (const char *text, uint64_t *ret);

#endif
