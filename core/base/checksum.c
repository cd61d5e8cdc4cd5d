/* checksum.c: CRC64NVME and CRC32C, by tables, carry-less multiply or the CRC32 instruction.
 * Both are reflected CRCs with all ones in and out, so that crc (crc (0, A), B) = crc (0, AB). */
#include "checksum.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "checksum-tables.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

#define CRC64_POLY UINT64_C (0x9a6c9329ac4bc9b5)
#define CRC32C_POLY 0x82f63b78u

static uint64_t
load64 (const unsigned char *at)
{
	uint64_t value;
	memcpy (&value, at, sizeof value);
	return le64toh (value);
}

static uint64_t
crc64_bytes (uint64_t crc, const unsigned char *at, size_t count)
{
	while (count--)
		crc = crc64nvme_table[(crc ^ *at++) & 255] ^ crc >> 8;
	return crc;
}

/* Eight bytes a step, each through its own table. Raw: no inversion. */
uint64_t
crc64nvme_plain (uint64_t crc, const unsigned char *at, size_t count)
{
	for (; count >= 8; at += 8, count -= 8) {
		uint64_t word = crc ^ load64 (at);
		crc = 0;
		for (unsigned i = 0; i < 8; i++)
			crc ^= crc64nvme_table[(7 - i) * 256 + (word >> 8 * i & 255)];
	}
	return crc64_bytes (crc, at, count);
}

uint32_t
crc32c_plain (uint32_t crc, const unsigned char *at, size_t count)
{
	for (; count >= 8; at += 8, count -= 8) {
		uint64_t word = crc ^ load64 (at);
		crc = 0;
		for (unsigned i = 0; i < 8; i++)
			crc ^= crc32c_table[(7 - i) * 256 + (word >> 8 * i & 255)];
	}
	while (count--)
		crc = crc32c_table[(crc ^ *at++) & 255] ^ crc >> 8;
	return crc;
}

#if defined __x86_64__
#include <immintrin.h>

__attribute__ ((target ("pclmul,sse4.1"))) static inline __m128i
fold (__m128i value, __m128i constants, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128 (value, constants, 0x00), high = _mm_clmulepi64_si128 (value, constants, 0x11);
	return _mm_xor_si128 (_mm_xor_si128 (low, high), next);
}

/* Four lanes of 128 bits folded over 512, then into one; the last 16 bytes go through the table. */
__attribute__ ((target ("pclmul,sse4.1"))) static uint64_t
crc64nvme_fast (uint64_t crc, const unsigned char *at, size_t count)
{
	if (count < 128)
		return crc64nvme_plain (crc, at, count);
	const __m128i far = _mm_loadu_si128 ((const void *) crc64nvme_fold_512), near = _mm_loadu_si128 ((const void *) crc64nvme_fold_128);
	__m128i lane[4];
	for (int i = 0; i < 4; i++)
		lane[i] = _mm_loadu_si128 ((const void *) (at + 16 * i));
	lane[0] = _mm_xor_si128 (lane[0], _mm_cvtsi64_si128 ((long long) crc));
	for (at += 64, count -= 64; count >= 64; at += 64, count -= 64)
		for (int i = 0; i < 4; i++)
			lane[i] = fold (lane[i], far, _mm_loadu_si128 ((const void *) (at + 16 * i)));
	__m128i value = fold (lane[0], near, lane[1]);
	value = fold (value, near, lane[2]);
	value = fold (value, near, lane[3]);
	unsigned char rest[16];
	_mm_storeu_si128 ((void *) rest, value);
	return crc64nvme_plain (crc64nvme_plain (0, rest, sizeof rest), at, count);
}

__attribute__ ((target ("sse4.2"))) static uint32_t
crc32c_fast (uint32_t crc, const unsigned char *at, size_t count)
{
	uint64_t wide = crc;
	for (; count >= 8; at += 8, count -= 8)
		wide = _mm_crc32_u64 (wide, load64 (at));
	crc = (uint32_t) wide;
	while (count--)
		crc = _mm_crc32_u8 (crc, *at++);
	return crc;
}

static bool has_clmul (void) { return __builtin_cpu_supports ("pclmul") && __builtin_cpu_supports ("sse4.1"); }
static bool has_crc32 (void) { return __builtin_cpu_supports ("sse4.2"); }
#else
#define crc64nvme_fast crc64nvme_plain
#define crc32c_fast crc32c_plain
static bool has_clmul (void) { return false; }
static bool has_crc32 (void) { return false; }
#endif

uint64_t
crc64nvme (uint64_t crc, const void *bytes, size_t count)
{
	return ~(has_clmul () ? crc64nvme_fast (~crc, bytes, count) : crc64nvme_plain (~crc, bytes, count));
}

uint32_t
crc32c (uint32_t crc, const void *bytes, size_t count)
{
	return ~(has_crc32 () ? crc32c_fast (~crc, bytes, count) : crc32c_plain (~crc, bytes, count));
}

/* a × b modulo the polynomial, both reflected: the highest bit is x^0. */
static uint64_t
multiply (uint64_t a, uint64_t b, uint64_t poly, unsigned bits)
{
	uint64_t product = 0;
	for (unsigned i = bits; i-- > 0;) {
		if (a >> i & 1)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? poly : 0);
	}
	return product;
}

/* x^(8 × bytes) modulo the polynomial, by squaring. */
static uint64_t
shift_by (uint64_t bytes, uint64_t poly, unsigned bits)
{
	uint64_t result = UINT64_C (1) << (bits - 1), square = UINT64_C (1) << (bits - 9);
	for (; bytes; bytes >>= 1) {
		if (bytes & 1)
			result = multiply (result, square, poly, bits);
		square = multiply (square, square, poly, bits);
	}
	return result;
}

uint64_t
crc64nvme_combine (uint64_t a, uint64_t b, uint64_t length_b)
{
	return multiply (a, shift_by (length_b, CRC64_POLY, 64), CRC64_POLY, 64) ^ b;
}

uint32_t
crc32c_combine (uint32_t a, uint32_t b, uint64_t length_b)
{
	return (uint32_t) multiply (a, shift_by (length_b, CRC32C_POLY, 32), CRC32C_POLY, 32) ^ b;
}

void
crc64nvme_text (uint64_t crc, char ret[16])
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char) (crc >> (56 - 8 * i));
	text_base64 (bytes, sizeof bytes, ret);
}

void
crc32c_text (uint32_t crc, char ret[16])
{
	const unsigned char bytes[4] = { (unsigned char) (crc >> 24), (unsigned char) (crc >> 16), (unsigned char) (crc >> 8), (unsigned char) crc };
	text_base64 (bytes, sizeof bytes, ret);
}

bool
crc64nvme_parse (const char *text, uint64_t *ret)
{
	unsigned char bytes[8];
	size_t count;
	if (text_from_base64 (text, bytes, sizeof bytes, &count) < 0 || count != sizeof bytes)
		return false;
	*ret = 0;
	for (size_t i = 0; i < sizeof bytes; i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

uint64_t
checksum_add (uint32_t type, uint64_t sum, const void *bytes, size_t count)
{
	return type == LARDER_CHECKSUM_CRC32C ? crc32c ((uint32_t) sum, bytes, count) : crc64nvme (sum, bytes, count);
}

void
checksum_text (uint32_t type, uint64_t sum, char ret[16])
{
	if (type == LARDER_CHECKSUM_CRC32C)
		crc32c_text ((uint32_t) sum, ret);
	else
		crc64nvme_text (sum, ret);
}

static const char *const names[] = { NULL, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256" };
enum { NAMES = sizeof names / sizeof *names };

const char *
checksum_name (uint32_t type)
{
	return type < NAMES ? names[type] : NULL;
}

uint32_t
checksum_named (const char *name)
{
	for (uint32_t type = 1; name && type < NAMES; type++)
		if (strcmp (names[type], name) == 0)
			return type;
	return LARDER_CHECKSUM_NONE;
}

bool
checksum_is_ours (uint32_t type)
{
	return type == LARDER_CHECKSUM_CRC32C || type == LARDER_CHECKSUM_CRC64NVME;
}

#define LARGE_FROM (8 << 20)

int
source_each (const struct larder_source *source, source_piece_fn piece, void *context, struct larder_error *error)
{
	/* Of large ones a few are read at a time, of others there may be many. */
	const size_t most = source->length < LARGE_FROM ? 16 << 10 : 64 << 10;
	CLEANUP_FREE unsigned char *bytes = malloc (most);
	if (!bytes)
		return larder_fail_memory (error);
	uint64_t offset = 0;
	int code = source->pread || !source->rewind ? 0 : source->rewind (source->context, error);
	while (code == 0 && offset <= source->length) {
		uint64_t left = source->length - offset;
		int64_t got = source_pread (source, bytes, left == 0 ? 1 : left < most ? (size_t) left : most, offset, error);
		if (got < 0)
			return (int) got;
		if (got == 0)
			break;
		code = piece (context, bytes, (size_t) got, error);
		offset += (uint64_t) got;
	}
	if (code == 0 && offset != source->length)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again once nobody writes to the source",
			"source gave %s%llu bytes where %llu were announced",
		                    offset > source->length ? "at least " : "", (unsigned long long) offset, (unsigned long long) source->length);
	return code;
}

struct sums { uint64_t crc64; struct sha256 *sha; };

static int
sums_add (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct sums *sums = context;
	(void) error;
	sums->crc64 = crc64nvme (sums->crc64, bytes, count);
	if (sums->sha)
		sha256_add (sums->sha, bytes, count);
	return 0;
}

int
checksum_source (const struct larder_source *source, uint64_t *ret_crc64, struct sha256 *sha, struct larder_error *error)
{
	struct sums sums = { .sha = sha };
	int code = source_each (source, sums_add, &sums, error);
	if (code == 0 && ret_crc64)
		*ret_crc64 = sums.crc64;
	return code;
}
