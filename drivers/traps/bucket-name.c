/* bucket-name.c: what a bucket may be called. Source: S3's user guide. Pure. */
#include "bucket-name.h"

#include <stddef.h>
#include <string.h>

#include "error.h"
#include "text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

enum { LEAST = 3, MOST = 63 };

static bool
is_plain (const char *name, size_t length)
{
	static const char ends[] = LETTERS DIGITS;
	return length >= LEAST && length <= MOST && strspn (name, LETTERS DIGITS ".-") == length && strchr (ends, *name) && strchr (ends, name[length - 1]) && !strstr (name, "..");
}

/* Four numbers with dots between them are taken for an address. */
static bool
is_address (const char *name)
{
	unsigned numbers = 0;
	for (size_t digits; (digits = strspn (name, DIGITS)) && digits <= 3; name += digits + (name[digits] == '.'), numbers++)
		if (!name[digits])
			return numbers == 3;
	return false;
}

/* The beginning or the end that is not to be had; NULL: none. */
static const char *
reserved_of (const char *name)
{
	static const char *const heads[] = { "xn--", "sthree-", "amzn-s3-demo-" }, *const tails[] = { "-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3" };
	for (size_t n = 0; n < sizeof heads / sizeof *heads; n++)
		if (strncmp (name, heads[n], strlen (heads[n])) == 0)
			return heads[n];
	for (size_t n = 0; n < sizeof tails / sizeof *tails; n++)
		if (text_ends (name, tails[n]))
			return tails[n];
	return NULL;
}

int
bucket_name_check (const char *name, bool reserved, struct larder_error *error)
{
	size_t length = name ? strlen (name) : 0;
	if (!is_plain (name, length) || is_address (name))
		return larder_fail_next (error, LARDER_E_INVALID, "3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends, no two dots together, and no address",
			"'%.64s' cannot be a bucket", name ? name : "");
	const char *kept = reserved ? reserved_of (name) : NULL;
	return kept ? larder_fail_next (error, LARDER_E_INVALID, "a name without it", "'%s' cannot be a bucket: '%s' is kept for S3's own", name, kept) : 0;
}
