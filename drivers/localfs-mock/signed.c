/* signed.c: addresses and cookies that let a viewer in for a while, and who looks at them: a viewer of a bucket that a cdn with a key-group serves has one of them,
 * or is refused. There are no pairs of keys, so that nothing needs to be installed: what is signed is held by a secret of the root's own, made at its first use. */
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "give.h"
#include "lines-file.h"
#include "random.h"
#include "text.h"

#define SECRET ".larder-signing"
#define SEALED "&Signature="
enum { SECRET_LENGTH = 64, POLICY_MOST = 64 << 10 };

/* ---- what holds it ---- */

/* 1: it is there, 0: not; or a code. */
static int
read_secret (const struct mock *mock, int root, char ret[SECRET_LENGTH + 1], struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int code = file_slurp_if_there (root, SECRET, SECRET_LENGTH, &text, &length, error);
	if (code <= 0)
		return code;
	if (length != SECRET_LENGTH)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "remove it: what was signed by it is not let in any more", "the file '%s/" SECRET "' is damaged", mock->root);
	memcpy (ret, text, SECRET_LENGTH + 1);
	explicit_bzero (text, length);
	return 1;
}

/* Two who make it at once have that of the first. */
static int
make_secret (const struct mock *mock, char ret[SECRET_LENGTH + 1], struct larder_error *error)
{
	unsigned char bytes[SECRET_LENGTH / 2];
	CLEANUP_CLOSE int root = mock->read_only ? mock_root (mock) : mock_root_made (mock, error);
	int code = root < 0 ? (mock->read_only ? 0 : root) : read_secret (mock, root, ret, error);
	if (code)
		return code < 0 ? code : 0;
	if (mock->read_only)
		return mock_refuse_read_only (mock, error);
	random_bytes (bytes, sizeof bytes);
	text_hex (bytes, sizeof bytes, ret);
	explicit_bzero (bytes, sizeof bytes);
	code = file_publish (root, SECRET, ret, SECRET_LENGTH, 0600, FILE_CREATE, mock->fsync, error);
	if (code == LARDER_E_CONFLICT)
		code = read_secret (mock, root, ret, error);
	return code < 0 ? code : 0;
}

static void
seal (const char *secret, const char *policy, char ret[65])
{
	struct sha256 sha;
	sha256_begin (&sha);
	sha256_add (&sha, secret, SECRET_LENGTH);
	sha256_add (&sha, policy, strlen (policy));
	sha256_add (&sha, secret, SECRET_LENGTH);
	sha256_end_hex (&sha, ret);
}

/* ---- to sign ---- */

/* The address, all that begins so, and what it is held to: "file:///…/a.png?Expires=1793872800&Starts=…&Viewer=192.0.2.0/24". */
static void
add_policy (const struct mock *mock, const struct larder_url *asked, struct buffer *into)
{
	if (asked->below) {
		mock_address (mock, asked->object.bucket, into);
		buffer_add_char (into, '/');
		text_percent (into, asked->object.key);
		buffer_add_char (into, '*');
	} else {
		buffer_add_text (into, asked->base);
	}
	buffer_printf (into, "%cExpires=%lld", strchr (asked->base, '?') ? '&' : '?', (long long) ((asked->now + asked->expires_in) / NS_PER_S));
	if (asked->starts)
		buffer_printf (into, "&Starts=%lld", (long long) (asked->starts / NS_PER_S));
	if (asked->viewer)
		buffer_printf (into, "&Viewer=%s", asked->viewer);
}

int
mock_sign (const struct mock *mock, struct larder_call *call, const struct larder_url *asked, const char **ret, struct larder_error *error)
{
	char secret[SECRET_LENGTH + 1], sealed[65];
	CLEANUP_BUFFER struct buffer policy, text;
	bool cookies = asked->kind == LARDER_URL_COOKIES;
	buffer_init (&policy, POLICY_MOST);
	buffer_init (&text, 4 * POLICY_MOST);
	int code = make_secret (mock, secret, error);
	if (code < 0)
		return code;
	add_policy (mock, asked, &policy);
	seal (secret, buffer_text (&policy), sealed);
	explicit_bzero (secret, sizeof secret);
	if (cookies) {
		buffer_add_text (&text, "Larder-Policy=");
		text_percent (&text, buffer_text (&policy));
	} else {
		buffer_add_text (&text, buffer_text (&policy));
	}
	buffer_printf (&text, cookies ? "\nLarder-Signature=%s\n" : SEALED "%s", sealed);
	*ret = give_text (call, policy.failed || text.failed ? NULL : buffer_text (&text));
	return *ret ? 0 : larder_fail_memory (error);
}

/* ---- who is let in ---- */

/* By what the address says itself, which is what `cdn check` asks by: nobody comes here with cookies, or from a network. */
static bool
is_let_in (const char *secret, const char *url)
{
	char is[65];
	const char *sealed = strstr (url, SEALED), *expires = NULL;
	CLEANUP_FREE char *policy = sealed ? strndup (url, (size_t) (sealed - url)) : NULL;
	if (!policy)
		return false;
	seal (secret, policy, is);
	for (const char *at = strstr (policy, "Expires="); at; at = strstr (at + 1, "Expires="))
		expires = at;
	return expires && strcmp (is, sealed + strlen (SEALED)) == 0 && clock_wall () / NS_PER_S < strtoll (expires + strlen ("Expires="), NULL, 10);
}

bool
cdn_serves (const struct lines *lines, const char *bucket, size_t length)
{
	bool serves = false;
	for (size_t n = 0; n < lines->count; n++)
		serves = serves || (path_matches ("origin[*].bucket", lines->at[n].path) && strncmp (lines->at[n].value, bucket, length) == 0 && !lines->at[n].value[length]);
	return serves;
}

struct looking { const char *bucket; size_t length; bool asks; };

/* One that serves it to who has a signature alone ends the looking. */
static int
look_at_cdn (void *context, const char *name, const struct lines *cdn, struct larder_error *error)
{
	struct looking *looking = context;
	(void) name, (void) error;
	looking->asks = cdn_serves (cdn, looking->bucket, looking->length) && lines_value (cdn, "key-group");
	return looking->asks;
}

int
mock_lets_in (const struct mock *mock, int root, const char *path, const char *url, bool *ret, struct larder_error *error)
{
	char secret[SECRET_LENGTH + 1];
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct looking looking = { path, strcspn (path, "/"), false };
	int code = arena ? lines_file_each (root, MOCK_CDNS, arena, look_at_cdn, &looking, error) : larder_fail_memory (error);
	int made = code < 0 || !looking.asks ? 0 : read_secret (mock, root, secret, error);
	if (code < 0 || made < 0)
		return code < 0 ? code : made;
	*ret = !looking.asks || (made && is_let_in (secret, url));
	if (made)
		explicit_bzero (secret, sizeof secret);
	return 0;
}
