/* sha256.c: SHA-256 (FIPS 180-4), plain and by the SHA instructions of x86. */
#include "checksum.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"

static const uint32_t round_constants[64] __attribute__ ((aligned (16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t turn (uint32_t word, unsigned by) { return word >> by | word << (32 - by); }

#define V(name) v[((name) - j) & 7]

static void
one_block (uint32_t state[8], const unsigned char *at)
{
	uint32_t w[64], v[8];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t) at[4 * i] << 24 | (uint32_t) at[4 * i + 1] << 16 | (uint32_t) at[4 * i + 2] << 8 | at[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = (turn (w[i - 2], 17) ^ turn (w[i - 2], 19) ^ w[i - 2] >> 10) + w[i - 7]
			+ (turn (w[i - 15], 7) ^ turn (w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 16];
	memcpy (v, state, sizeof v);
	/* the eight words stay where they are and change names: unrolled, they stay in registers */
	for (int i = 0; i < 64; i += 8)
#pragma GCC unroll 8
		for (int j = 0; j < 8; j++) {
			uint32_t a = V (0), b = V (1), c = V (2), e = V (4), f = V (5), g = V (6);
			uint32_t sum = V (7) + (turn (e, 6) ^ turn (e, 11) ^ turn (e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i + j] + w[i + j];
			V (3) += sum;
			V (7) = sum + (turn (a, 2) ^ turn (a, 13) ^ turn (a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

void
sha256_blocks_plain (uint32_t state[8], const unsigned char *at, size_t blocks)
{
	for (; blocks; blocks--, at += 64)
		one_block (state, at);
}

#if defined __x86_64__
#include <immintrin.h>

/* Four rounds from one vector of message words. */
#define FOUR_ROUNDS(words, constants)                                                                     \
	do {                                                                                                  \
		__m128i sum_ = _mm_add_epi32 (words, _mm_load_si128 ((const __m128i *) (const void *) (constants))); \
		cdgh = _mm_sha256rnds2_epu32 (cdgh, abef, sum_);                                                  \
		abef = _mm_sha256rnds2_epu32 (abef, cdgh, _mm_shuffle_epi32 (sum_, 0x0e));                        \
	} while (0)

__attribute__ ((target ("sha,ssse3,sse4.1"))) static void
blocks_fast (uint32_t state[8], const unsigned char *at, size_t blocks)
{
	const __m128i swap = _mm_set_epi64x (0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
	__m128i dcba = _mm_shuffle_epi32 (_mm_loadu_si128 ((const void *) state), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32 (_mm_loadu_si128 ((const void *) (state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8 (dcba, hgfe, 8), cdgh = _mm_blend_epi16 (hgfe, dcba, 0xf0);
	for (; blocks; blocks--, at += 64) {
		__m128i w[4], abef_before = abef, cdgh_before = cdgh;
		for (int i = 0; i < 4; i++) {
			w[i] = _mm_shuffle_epi8 (_mm_loadu_si128 ((const void *) (at + 16 * i)), swap);
			FOUR_ROUNDS (w[i], round_constants + 4 * i);
		}
		for (int i = 4; i < 16; i++) {
			__m128i next = _mm_add_epi32 (_mm_sha256msg1_epu32 (w[0], w[1]), _mm_alignr_epi8 (w[3], w[2], 4));
			next = _mm_sha256msg2_epu32 (next, w[3]);
			w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
			FOUR_ROUNDS (next, round_constants + 4 * i);
		}
		abef = _mm_add_epi32 (abef, abef_before);
		cdgh = _mm_add_epi32 (cdgh, cdgh_before);
	}
	__m128i feba = _mm_shuffle_epi32 (abef, 0x1b), dchg = _mm_shuffle_epi32 (cdgh, 0xb1);
	_mm_storeu_si128 ((void *) state, _mm_blend_epi16 (feba, dchg, 0xf0));
	_mm_storeu_si128 ((void *) (state + 4), _mm_alignr_epi8 (dchg, feba, 8));
}

/* What was read at start: a virtual machine traps the CPUID instruction, which then costs as much as 50 KB of hashing. */
static bool
has_sha (void)
{
	return __builtin_cpu_supports ("sse4.1") && __builtin_cpu_supports ("sha");
}
#else
#define blocks_fast sha256_blocks_plain
static bool has_sha (void) { return false; }
#endif

static void
blocks (struct sha256 *sha, const unsigned char *at, size_t count)
{
	if (count > 0 && has_sha ())
		blocks_fast (sha->state, at, count);
	else
		sha256_blocks_plain (sha->state, at, count);
}

void
sha256_begin (struct sha256 *sha)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	memcpy (sha->state, start, sizeof start);
	sha->length = 0;
}

void
sha256_add (struct sha256 *sha, const void *bytes, size_t count)
{
	if (count == 0)
		return;
	const unsigned char *at = bytes;
	size_t held = sha->length % 64;
	sha->length += count;
	if (held) {
		size_t take = count < 64 - held ? count : 64 - held;
		memcpy (sha->block + held, at, take);
		at += take;
		count -= take;
		if (held + take < 64)
			return;
		blocks (sha, sha->block, 1);
	}
	blocks (sha, at, count / 64);
	if (count % 64)
		memcpy (sha->block, at + count / 64 * 64, count % 64);
}

void
sha256_add_text (struct sha256 *sha, const char *text)
{
	sha256_add (sha, text ? text : "", text ? strlen (text) + 1 : 1);
}

void
sha256_end (struct sha256 *sha, unsigned char ret[32])
{
	static const unsigned char pad[64] = { 0x80 };
	uint64_t bits = sha->length * 8;
	unsigned char length[8];
	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char) (bits >> (56 - 8 * i));
	sha256_add (sha, pad, 1 + (119 - sha->length % 64) % 64);
	sha256_add (sha, length, sizeof length);
	for (int i = 0; i < 32; i++)
		ret[i] = (unsigned char) (sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void
sha256_end_hex (struct sha256 *sha, char ret[65])
{
	unsigned char digest[32];
	sha256_end (sha, digest);
	text_hex (digest, sizeof digest, ret);
}

void
sha256_hex (const void *bytes, size_t count, char ret[65])
{
	struct sha256 sha;
	sha256_begin (&sha);
	sha256_add (&sha, bytes, count);
	sha256_end_hex (&sha, ret);
}
