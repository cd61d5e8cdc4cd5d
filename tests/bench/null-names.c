/* null-names.c: what a name tells of counts and sizes, and which keys of the bucket "empty" were written.
 * A part of a key like 100000x4KiB names a set: that many objects of that size, a thousand a folder. */
#include "null.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

#define SEEN_BITS (1u << 24)

static atomic_uchar seen[SEEN_BITS / 8];

/* "1000x64KiB" up to '/' or the end; its length, or 0. */
static size_t
set_here (const char *at, uint64_t *ret_count, uint64_t *ret_size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	char *end;
	*ret_count = strtoull (at, &end, 10);
	if (end == at || *end != 'x')
		return 0;
	const char *size = end + 1;
	*ret_size = strtoull (size, &end, 10);
	size_t unit = strcspn (end, "/");
	for (unsigned i = 0; i < sizeof units / sizeof *units; i++)
		if (end != size && strlen (units[i]) == unit && strncmp (end, units[i], unit) == 0) {
			*ret_size <<= 10 * i;
			return (size_t) (end - at) + unit;
		}
	return 0;
}

bool
names_set (const char *path, struct key_set *ret)
{
	for (const char *at = path; at; at = strchr (at, '/') ? strchr (at, '/') + 1 : NULL) {
		size_t length = set_here (at, &ret->count, &ret->size);
		if (!length)
			continue;
		snprintf (ret->head, sizeof ret->head, "%.*s/", (int) ((size_t) (at - path) + length), path);
		return true;
	}
	return false;
}

/* Is it a key of a set, not a folder of it? */
bool
names_object (const char *key, struct key_set *ret)
{
	return names_set (key, ret) && strlen (key) > strlen (ret->head) && key[strlen (key) - 1] != '/';
}

void
names_key (const struct key_set *set, uint64_t i, char ret[1200])
{
	snprintf (ret, 1200, "%s%05llu/%08llu", set->head, (unsigned long long) i / 1000, (unsigned long long) i);
}

/* The first key that is `text` or comes after it, in `length` bytes; with `past`, after all that begin with it. */
uint64_t
names_first (const struct key_set *set, const char *text, size_t length, bool past)
{
	uint64_t low = 0, high = set->count;
	while (low < high) {
		char key[1200];
		uint64_t middle = low + (high - low) / 2;
		names_key (set, middle, key);
		int order = strncmp (key, text, length);
		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t
hash_of (const char *bucket, const char *key)
{
	return (uint32_t) (crc64nvme (crc64nvme (0, bucket, strlen (bucket) + 1), key, strlen (key)) % SEEN_BITS);
}

void
names_note (const char *bucket, const char *key)
{
	uint32_t hash = hash_of (bucket, key);
	atomic_fetch_or (&seen[hash / 8], (unsigned char) (1u << hash % 8));
}

bool
names_is_there (const char *bucket, const char *key)
{
	uint32_t hash = hash_of (bucket, key);
	return strcmp (bucket, "empty") != 0 || (atomic_load (&seen[hash / 8]) >> hash % 8 & 1);
}
