/* test-base-checksum.c: published values; fast paths against plain ones; combining; sources. */
#include "checksum.h"

#include <stdio.h>

#include "error.h"
#include "file.h"
#include "text.h"
#include "unit.h"

enum { ROOM = 5000 };

static unsigned char bytes_of_test[ROOM];

static uint32_t
chance (uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (uint32_t) ((uint64_t) *seed * below >> 32);
}

static void
fill (uint32_t *seed)
{
	for (size_t i = 0; i < ROOM; i++)
		bytes_of_test[i] = (unsigned char) chance (seed, 256);
}

START_TEST (crc_published)
{
	unsigned char counted[32], zero[32] = { 0 };
	for (unsigned char i = 0; i < 32; i++)
		counted[i] = i;
	ck_assert (crc64nvme (0, zero, 32) == UINT64_C (0xCF3473434D4ECF3B));
	ck_assert (crc64nvme (0, counted, 32) == UINT64_C (0xB9D9D4A8492CBD7F));
	ck_assert (crc64nvme (0, "123456789", 9) == UINT64_C (0xAE8B14860A799888));
	ck_assert (crc32c (0, "123456789", 9) == 0xE3069283u);
	ck_assert (crc64nvme (0, NULL, 0) == 0);
	ck_assert (crc32c (0, NULL, 0) == 0);
	char text[16];
	crc64nvme_text (UINT64_C (0xAE8B14860A799888), text);
	ck_assert_str_eq (text, "rosUhgp5mIg=");
}
END_TEST

/* The definition itself, one bit at a time. */
static uint64_t
bitwise (const unsigned char *at, size_t count, uint64_t poly, uint64_t ones)
{
	uint64_t crc = ones;
	while (count--) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? poly : 0);
	}
	return crc ^ ones;
}

START_TEST (crc_all_ways)
{
	uint32_t seed = 7;
	fill (&seed);
	for (int round = 0; round < 3000; round++) {
		size_t at = chance (&seed, 70), count = chance (&seed, round % 10 ? 600 : ROOM - 70);
		const unsigned char *from = bytes_of_test + at;
		uint64_t a = crc64nvme (0, from, count);
		uint32_t b = crc32c (0, from, count);
		ck_assert (a == (uint64_t) ~crc64nvme_plain (UINT64_MAX, from, count));
		ck_assert (b == (uint32_t) ~crc32c_plain (UINT32_MAX, from, count));
		if (round < 300) {
			ck_assert (a == bitwise (from, count, UINT64_C (0x9a6c9329ac4bc9b5), UINT64_MAX));
			ck_assert (b == bitwise (from, count, 0x82f63b78u, UINT32_MAX));
		}
		size_t cut = count ? chance (&seed, (uint32_t) count + 1) : 0;
		ck_assert (crc64nvme (crc64nvme (0, from, cut), from + cut, count - cut) == a);
		ck_assert (crc32c (crc32c (0, from, cut), from + cut, count - cut) == b);
		ck_assert (crc64nvme_combine (crc64nvme (0, from, cut), crc64nvme (0, from + cut, count - cut), count - cut) == a);
		ck_assert (crc32c_combine (crc32c (0, from, cut), crc32c (0, from + cut, count - cut), count - cut) == b);
	}
}
END_TEST

/* Lengths no test can hold in memory: combining is associative, whatever the grouping. */
START_TEST (crc_combine_long)
{
	const uint64_t huge = UINT64_C (5) << 40;
	uint64_t a = 1, b = 2, c = 3;
	ck_assert (crc64nvme_combine (crc64nvme_combine (a, b, huge), c, huge + 1)
	           == crc64nvme_combine (a, crc64nvme_combine (b, c, huge + 1), 2 * huge + 1));
	ck_assert (crc32c_combine (crc32c_combine (1, 2, huge), 3, huge + 1)
	           == crc32c_combine (1, crc32c_combine (2, 3, huge + 1), 2 * huge + 1));
}
END_TEST

static const char *
sha_hex (const void *bytes, size_t count, size_t step, char ret[65])
{
	struct sha256 sha;
	unsigned char digest[32];
	sha256_begin (&sha);
	for (size_t at = 0; at < count; at += step)
		sha256_add (&sha, (const char *) bytes + at, count - at < step ? count - at : step);
	sha256_end (&sha, digest);
	text_hex (digest, sizeof digest, ret);
	return ret;
}

START_TEST (sha_published)
{
	static const struct { const char *text, *digest; } all[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	char hex[65];
	for (size_t i = 0; i < COUNT_OF (all); i++)
		for (size_t step = 1; step < 130; step++)
			ck_assert_str_eq (sha_hex (all[i].text, strlen (all[i].text), step, hex), all[i].digest);
	char *million = malloc (1000000);
	ck_assert_ptr_nonnull (million);
	memset (million, 'a', 1000000);
	ck_assert_str_eq (sha_hex (million, 1000000, 999, hex), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free (million);
	struct sha256 sha;
	sha256_begin (&sha);
	sha256_add (&sha, NULL, 0);
	unsigned char digest[32];
	sha256_end (&sha, digest);
	text_hex (digest, sizeof digest, hex);
	ck_assert_str_eq (hex, all[0].digest);
}
END_TEST

START_TEST (sha_plain)
{
	uint32_t seed = 11;
	fill (&seed);
	for (int round = 0; round < 500; round++) {
		size_t at = chance (&seed, 64), blocks = 1 + chance (&seed, 70);
		struct sha256 sha;
		uint32_t plain[8];
		sha256_begin (&sha);
		memcpy (plain, sha.state, sizeof plain);
		sha256_add (&sha, bytes_of_test + at, blocks * 64);
		sha256_blocks_plain (plain, bytes_of_test + at, blocks);
		ck_assert_mem_eq (plain, sha.state, sizeof plain);
	}
}
END_TEST

/* A source that reads only in order, in short pieces, from a true length that may differ from the told one. */
struct dribble { const unsigned char *at; uint64_t length, next, given; int rewinds; };

static int64_t
dribble_read (void *context, void *into, size_t count, struct larder_error *error)
{
	(void) error;
	struct dribble *dribble = context;
	uint64_t left = dribble->length - dribble->next, take = left < 777 ? left : 777;
	if (take > count)
		take = count;
	if (dribble->at)
		memcpy (into, dribble->at + dribble->next, (size_t) take);
	else
		memset (into, 0, (size_t) take);
	dribble->next += take;
	dribble->given += take;
	return (int64_t) take;
}

static int
dribble_rewind (void *context, struct larder_error *error)
{
	(void) error;
	struct dribble *dribble = context;
	dribble->next = 0;
	dribble->rewinds++;
	return 0;
}

static struct larder_source
dribble_source (struct dribble *dribble, uint64_t told)
{
	return (struct larder_source) { .size = sizeof (struct larder_source), .context = dribble, .length = told,
		.read = dribble_read, .rewind = dribble_rewind };
}

START_TEST (source_whole)
{
	uint32_t seed = 13;
	fill (&seed);
	struct dribble dribble = { .at = bytes_of_test, .length = ROOM, .next = 5 };
	struct larder_source source = dribble_source (&dribble, ROOM);
	uint64_t crc = 0;
	struct sha256 sha;
	unsigned char digest[32];
	char hex[65], expected[65];
	sha256_begin (&sha);
	ck_assert_int_eq (checksum_source (&source, &crc, &sha, NULL), 0);
	ck_assert_int_eq (dribble.rewinds, 1);
	ck_assert (crc == crc64nvme (0, bytes_of_test, ROOM));
	sha256_end (&sha, digest);
	text_hex (digest, sizeof digest, hex);
	ck_assert_str_eq (hex, sha_hex (bytes_of_test, ROOM, ROOM, expected));

	struct memory_source memory;
	memory_source_begin (&memory, bytes_of_test, ROOM, &source);
	crc = 0;
	ck_assert_int_eq (checksum_source (&source, &crc, NULL, NULL), 0);
	ck_assert (crc == crc64nvme (0, bytes_of_test, ROOM));
}
END_TEST

START_TEST (source_length)
{
	static const uint64_t told[] = { ROOM - 1, ROOM + 1, 0 };
	struct dribble dribble = { .at = bytes_of_test, .length = ROOM };
	struct larder_source source = dribble_source (&dribble, told[_i]);
	struct larder_error error = LARDER_ERROR_INIT;
	uint64_t crc = 42;
	ck_assert_int_eq (checksum_source (&source, &crc, NULL, &error), LARDER_E_INTEGRITY);
	ck_assert (crc == 42);
	ck_assert_int_ne (error.message[0], '\0');
}
END_TEST

/* A source without end is left soon after its announced length. */
START_TEST (source_endless)
{
	struct dribble dribble = { .length = UINT64_C (1) << 33 };
	struct larder_source source = dribble_source (&dribble, 1000);
	ck_assert_int_eq (checksum_source (&source, NULL, NULL, NULL), LARDER_E_INTEGRITY);
	ck_assert_uint_lt (dribble.given, 1 << 20);
}
END_TEST

static int64_t
failing_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	(void) context, (void) into, (void) count;
	return offset ? larder_fail (error, LARDER_E_UNAVAILABLE, "gone") : 10;
}

static int64_t
lying_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	(void) context, (void) into, (void) offset, (void) error;
	return (int64_t) count + 1;
}

START_TEST (source_bad)
{
	struct larder_source source = { .size = sizeof source, .length = 100, .pread = failing_pread };
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (checksum_source (&source, NULL, NULL, &error), LARDER_E_UNAVAILABLE);
	ck_assert_str_eq (error.message, "gone");
	source.pread = lying_pread;
	char text[8];
	ck_assert_int_eq (source_pread (&source, text, sizeof text, 0, &error), LARDER_E_INTEGRITY);
	ck_assert_int_eq (checksum_source (&source, NULL, NULL, &error), LARDER_E_INTEGRITY);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-checksum-crc-published", crc_published, 0 }, { "test-base-checksum-crc-all-ways", crc_all_ways, 0 },
		{ "test-base-checksum-crc-combine-long", crc_combine_long, 0 }, { "test-base-checksum-sha-published", sha_published, 0 },
		{ "test-base-checksum-sha-plain", sha_plain, 0 }, { "test-base-checksum-source-whole", source_whole, 0 },
		{ "test-base-checksum-source-length", source_length, 3 }, { "test-base-checksum-source-endless", source_endless, 0 },
		{ "test-base-checksum-source-bad", source_bad, 0 },
	};
	return unit_run ("base-checksum", cases, COUNT_OF (cases));
}
