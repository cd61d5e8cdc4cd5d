/* key.c: keys and metadata that a server could not give back as they were. Refused by name, before anything is sent. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "metadata.h"

#include "text.h"

#define KEY_MOST 1024

static int
bad_key (const struct s3_server *server, const char *key, const char *why, const char *next, struct larder_error *error)
{
	larder_fail (error, LARDER_E_INVALID, "%s cannot hold the key '%s': %s", server->title, key, why);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return LARDER_E_INVALID;
}

/* Parts that a server made of folders takes for another key: PUT would overwrite that one, DELETE remove it. */
static int
check_parts (const struct s3_server *server, const char *key, struct larder_error *error)
{
	static const char next[] = "name the object without empty, '.' and '..' parts";
	if (*key == '/')
		return bad_key (server, key, "it would be stored without its leading '/'", next, error);
	for (const char *part = key;; part++) {
		size_t length = strcspn (part, "/");
		bool last = !part[length];
		if (length == 0 && !last)
			return bad_key (server, key, "'//' would be stored as '/'", next, error);
		if ((length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
			return bad_key (server, key, "a part '.' or '..' would make it another key", next, error);
		if (last)
			return 0;
		part += length;
	}
}

static int
check_lengths (const struct s3_server *server, const char *key, struct larder_error *error)
{
	if (!server->segment_most)
		return 0;
	for (const char *part = key; *part; part += *part == '/') {
		size_t length = strcspn (part, "/");
		if (length > server->segment_most) {
			larder_fail (error, LARDER_E_INVALID, "%s cannot hold the key '%s': a part between slashes has %zu bytes, the most is %u",
			             server->title, key, length, (unsigned) server->segment_most);
			larder_explain (error, LARDER_DETAIL_NEXT, "shorten that part, or divide it by '/'");
			return LARDER_E_INVALID;
		}
		part += length;
	}
	return 0;
}

static int
check_reserved (const struct s3_server *server, const char *key, struct larder_error *error)
{
	const char *suffix = server->reserved_suffix, *name = server->reserved_part;
	size_t suffix_length = suffix ? strlen (suffix) : 0, name_length = name ? strlen (name) : 0;
	for (const char *part = key; *part; part += *part == '/') {
		size_t length = strcspn (part, "/");
		if (name && length == name_length && strncmp (part, name, length) == 0)
			return bad_key (server, key, "what has a part of that name it never lists", "choose another name for that part", error);
		if (suffix && length >= suffix_length && strncmp (part + length - suffix_length, suffix, suffix_length) == 0)
			return bad_key (server, key, "it would be listed as another key", "choose another ending", error);
		part += length;
	}
	return 0;
}

int
s3_server_key_alone (const struct s3_server *server, const char *key, struct larder_error *error)
{
	return server->state[S3_RAW_KEYS] == S3_DESTRUCTIVE ? check_parts (server, key, error) : 0;
}

/* The first byte that XML cannot carry; NULL: none. */
static const unsigned char *
find_unfit (const char *key)
{
	for (const unsigned char *at = (const unsigned char *) key; *at; at++)
		if ((*at < 0x20 && *at != '\t' && *at != '\n' && *at != '\r') || (at[0] == 0xef && at[1] == 0xbf && (at[2] & 0xfe) == 0xbe))
			return at;
	return NULL;
}

bool
s3_key_fits_xml (const char *key)
{
	return !find_unfit (key);
}

static int
unfit_key (const struct s3_server *server, const char *key, const unsigned char *at, struct larder_error *error)
{
	char why[80];
	snprintf (why, sizeof why, "byte 0x%02x at %zu would come back as another", *at, (size_t) ((const char *) at - key));
	return bad_key (server, key, why, "name the object without it", error);
}

int
s3_server_key (const struct s3_server *server, const char *key, struct larder_error *error)
{
	size_t length = strlen (key);
	if (length == 0)
		return larder_fail (error, LARDER_E_INVALID, "a key is empty");
	if (length > KEY_MOST) {
		larder_fail (error, LARDER_E_INVALID, "the key '%.100s…' has %zu bytes, the most is %d", key, length, KEY_MOST);
		larder_explain (error, LARDER_DETAIL_NEXT, "shorten it");
		return LARDER_E_INVALID;
	}
	if (!text_is_utf8 (key, length))
		return bad_key (server, key, "it is not UTF-8", "rename it", error);
	if (server->keys_in_xml && !s3_key_fits_xml (key))
		return unfit_key (server, key, find_unfit (key), error);
	if (server->keys_in_a_line && strpbrk (key, "\r\n"))
		return bad_key (server, key, "it has a line break", "name the object without it", error);
	int code = s3_server_can (server, S3_RAW_KEYS) ? 0 : check_parts (server, key, error);
	if (code == 0)
		code = check_lengths (server, key, error);
	return code == 0 ? check_reserved (server, key, error) : code;
}

/* ---- metadata ---- */

static int
check_name (const char *name, struct larder_error *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
	if (*name && !name[strspn (name, allowed)])
		return 0;
	larder_fail (error, LARDER_E_INVALID, "metadata cannot have the name '%s'", name);
	larder_explain (error, LARDER_DETAIL_NEXT, "lower-case letters, digits, '-' and '_' make a name");
	return LARDER_E_INVALID;
}

static int
check_value (const struct larder_pair *pair, struct larder_error *error)
{
	size_t length = strlen (pair->value);
	if (!text_is_utf8 (pair->value, length))
		return larder_fail (error, LARDER_E_INVALID, "metadata '%s' is not UTF-8", pair->name);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char) pair->value[i] < 0x20 || pair->value[i] == 0x7f)
			return larder_fail (error, LARDER_E_INVALID, "metadata '%s' has a control character (byte %zu)", pair->name, i + 1);
	return 0;
}

/* Names are few: each is compared with those before it. */
static int
check_twice (const struct larder_pairs *metadata, size_t at, struct larder_error *error)
{
	const char *name = larder_pair_at (metadata, at)->name;
	for (size_t i = 0; i < at; i++)
		if (strcmp (larder_pair_at (metadata, i)->name, name) == 0)
			return larder_fail (error, LARDER_E_INVALID, "metadata '%s' is given twice", name);
	return 0;
}

int
s3_server_metadata (const struct s3_server *server, const struct larder_pairs *metadata, struct larder_error *error)
{
	size_t total = 0;
	for (size_t i = 0; i < metadata->count; i++) {
		const struct larder_pair *pair = larder_pair_at (metadata, i);
		int code = check_name (pair->name, error);
		if (code == 0)
			code = check_value (pair, error);
		if (code == 0)
			code = check_twice (metadata, i, error);
		if (code < 0)
			return code;
		total += strlen (pair->name) + s3_metadata_length (pair->value) + (server->metadata_prefix_counts ? sizeof S3_METADATA_PREFIX - 1 : 0);
		if (server->metadata_most && total > server->metadata_most) {
			larder_fail (error, LARDER_E_LIMIT, "metadata is over the %u bytes that %s holds, counted as sent%s", (unsigned) server->metadata_most,
			             server->title, server->metadata_prefix_counts ? ", 11 more for each name" : "");
			larder_explain (error, LARDER_DETAIL_NEXT, "shorten values or leave some out; what is not plain ASCII takes 4 bytes for 3");
			return LARDER_E_LIMIT;
		}
	}
	return 0;
}
