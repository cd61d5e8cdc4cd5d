/* tar.c: one block a file, and before it a block of what does not fit: "LENGTH KEYWORD=VALUE" lines. */
#include "tar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The block as POSIX has it; numbers are octal digits and a NUL. */
struct head {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert (sizeof (struct head) == TAR_BLOCK, "a head is one block");

#define SIZE_MOST ((UINT64_C (1) << 33) - 1)             /* eleven octal digits */

size_t
tar_padding (uint64_t length)
{
	return (size_t) (-length % TAR_BLOCK);
}

static void
add_zeros (struct buffer *into, size_t count)
{
	static const char zeros[TAR_BLOCK];
	buffer_add (into, zeros, count);
}

static void
add_block (struct buffer *into, const char *name, char type, unsigned mode, uint64_t length, int64_t mtime)
{
	struct head head = { .uid = "0000000", .gid = "0000000", .type = type, .magic = "ustar", .version = { '0', '0' } };
	unsigned sum = 0;
	memcpy (head.name, name, strnlen (name, sizeof head.name));
	snprintf (head.mode, sizeof head.mode, "%07o", mode & 07777);
	snprintf (head.size, sizeof head.size, "%011llo", (unsigned long long) (length > SIZE_MOST ? 0 : length));
	snprintf (head.mtime, sizeof head.mtime, "%011llo", (unsigned long long) (mtime < 0 || (uint64_t) mtime > SIZE_MOST ? 0 : mtime));
	memset (head.sum, ' ', sizeof head.sum);
	for (size_t n = 0; n < sizeof head; n++)
		sum += ((const unsigned char *) &head)[n];
	snprintf (head.sum, sizeof head.sum, "%06o", sum);
	buffer_add (into, &head, sizeof head);
}

/* The length that such a line begins with counts its own digits. */
static void
add_record (struct buffer *into, const char *keyword, const char *value)
{
	size_t bare = strlen (keyword) + strlen (value) + 3, length = bare;
	char digits[24];
	while (length != bare + (size_t) snprintf (digits, sizeof digits, "%zu", length))
		length = bare + strlen (digits);
	buffer_printf (into, "%s %s=%s\n", digits, keyword, value);
}

void
tar_add_head (struct buffer *into, const char *path, unsigned mode, uint64_t length, int64_t mtime)
{
	char digits[24];
	struct buffer records;
	buffer_init (&records, 16 << 10);
	snprintf (digits, sizeof digits, "%llu", (unsigned long long) length);
	if (strlen (path) > sizeof ((struct head *) 0)->name)
		add_record (&records, "path", path);
	if (length > SIZE_MOST)
		add_record (&records, "size", digits);
	if (records.length) {
		add_block (into, "larder.pax", 'x', 0644, records.length, mtime);
		buffer_add (into, records.at, records.length);
		add_zeros (into, tar_padding (records.length));
	}
	into->failed |= records.failed;
	buffer_free (&records);
	add_block (into, path, '0', mode, length, mtime);
}
