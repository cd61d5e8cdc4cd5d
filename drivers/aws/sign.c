/* sign.c: Signature Version 4, in headers and in the query. Pure: the time comes in. */
#include "inner.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "text.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define CANONICAL_MOST (1 << 20)
#define EXPIRES_MOST 604800      /* a week: what services accept */

struct stamp { char time[20], day[12]; };

/* One name and its place, so that sorting keeps the order of equal names. */
struct sorted { const char *name, *value; size_t place; };

static void
stamp_of (int64_t time, struct stamp *ret)
{
	char text[32];
	text_from_time (time, text);
	size_t length = 0;
	for (const char *at = text; *at && length < sizeof ret->time - 1; at++)
		if (*at != '-' && *at != ':')
			ret->time[length++] = *at;
	ret->time[length] = '\0';
	snprintf (ret->day, sizeof ret->day, "%.8s", ret->time);
}

static int
by_name (const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	int order = strcmp (a->name, b->name);
	return order ? order : a->place < b->place ? -1 : 1;
}

static int
by_name_and_value (const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	int order = strcmp (a->name, b->name);
	return order ? order : strcmp (a->value, b->value);
}

/* What proxies and clients change on the way. */
static bool
is_signed (const char *name)
{
	static const char *const left_out[] = { "authorization", "connection", "expect", "host", "transfer-encoding", "user-agent",
	                                        "x-amzn-trace-id" };
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
		if (strcmp (name, left_out[i]) == 0)
			return false;
	return true;
}

static struct sorted *
sorted_headers (const struct aws_request *request, const char *host, size_t *ret_count)
{
	struct sorted *list = arena_alloc (request->arena, (request->header_count + 1) * sizeof *list);
	if (!list)
		return NULL;
	size_t count = 0;
	list[count++] = (struct sorted) { "host", host, 0 };
	for (size_t i = 0; i < request->header_count; i++)
		if (is_signed (request->headers[i].name))
			list[count++] = (struct sorted) { request->headers[i].name, request->headers[i].value, i + 1 };
	qsort (list, count, sizeof *list, by_name);
	*ret_count = count;
	return list;
}

/* Blanks at both ends go, runs of them become one. */
static void
add_trimmed (struct buffer *into, const char *value)
{
	static const char blanks[] = " \t\r\n\f\v";
	for (bool first = true; ; first = false) {
		value += strspn (value, blanks);
		size_t word = strcspn (value, blanks);
		if (!word)
			return;
		if (!first)
			buffer_add_char (into, ' ');
		buffer_add (into, value, word);
		value += word;
	}
}

static void
add_headers (struct buffer *into, const struct sorted *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool again = i > 0 && strcmp (list[i].name, list[i - 1].name) == 0;
		if (again)
			buffer_add_char (into, ',');
		else if (i > 0)
			buffer_add_char (into, '\n');
		if (!again)
			buffer_printf (into, "%s:", list[i].name);
		add_trimmed (into, list[i].value);
	}
	buffer_add_char (into, '\n');
}

static const char *
signed_names (const struct aws_request *request, const struct sorted *list, size_t count)
{
	CLEANUP_BUFFER struct buffer names;
	buffer_init (&names, CANONICAL_MOST);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp (list[i].name, list[i - 1].name) != 0) {
			if (i)
				buffer_add_char (&names, ';');
			buffer_add_text (&names, list[i].name);
		}
	return names.failed ? NULL : arena_copy (request->arena, names.at);
}

/* Pairs sorted by their encoded names, then values. */
static int
add_query (struct buffer *into, const struct aws_request *request)
{
	struct sorted *list = arena_alloc (request->arena, (request->query_count + 1) * sizeof *list);
	if (!list)
		return -1;
	for (size_t i = 0; i < request->query_count; i++) {
		CLEANUP_BUFFER struct buffer text;
		buffer_init (&text, CANONICAL_MOST);
		aws_percent (&text, request->query[i].name, false);
		size_t value = text.length + 1;
		buffer_add_char (&text, '\0');
		aws_percent (&text, request->query[i].value, false);
		const char *both = text.failed ? NULL : arena_copy_bytes (request->arena, text.at, text.length);
		if (!both)
			return -1;
		list[i] = (struct sorted) { both, both + value, i };
	}
	qsort (list, request->query_count, sizeof *list, by_name_and_value);
	for (size_t i = 0; i < request->query_count; i++)
		buffer_printf (into, "%s%s=%s", i ? "&" : "", list[i].name, list[i].value);
	return 0;
}

/* The last segment of `path` above `from`, with its slash, goes. */
static void
drop_segment (struct buffer *path, size_t from)
{
	while (path->length > from && path->at[path->length - 1] != '/')
		path->length--;
	if (path->length > from)
		path->length--;
}

/* RFC 3986 5.2.4, and runs of slashes as one; then encoded once more, as all services but S3 do. */
static void
add_normal_path (struct buffer *into, const char *path)
{
	CLEANUP_BUFFER struct buffer plain;
	buffer_init (&plain, CANONICAL_MOST);
	bool open = false;       /* ends in a slash */
	for (const char *at = path; *at; ) {
		at += strspn (at, "/");
		size_t length = strcspn (at, "/");
		open = at[length] == '/' || length == 0;
		if (length == 2 && memcmp (at, "..", 2) == 0) {
			drop_segment (&plain, 0);
		} else if (length > 0 && !(length == 1 && *at == '.')) {
			buffer_add_char (&plain, '/');
			buffer_add (&plain, at, length);
		}
		at += length;
	}
	if (open || plain.length == 0)
		buffer_add_char (&plain, '/');
	if (plain.failed)
		into->failed = true;
	else {
		plain.at[plain.length] = '\0';
		aws_percent (into, plain.at, true);
	}
}

/* NULL when it does not fit. */
static const char *
canonical_of (const struct aws_request *request, const char *path, const struct aws_signing *signing, const char *names,
              const struct sorted *headers, size_t count)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, CANONICAL_MOST);
	buffer_printf (&text, "%s\n", request->method);
	if (signing->plain_path)
		buffer_add_text (&text, *path ? path : "/");
	else
		add_normal_path (&text, path);
	buffer_add_char (&text, '\n');
	if (add_query (&text, request) < 0)
		return NULL;
	buffer_add_char (&text, '\n');
	add_headers (&text, headers, count);
	buffer_printf (&text, "\n%s\n%s", names, signing->payload_hash);
	return text.failed ? NULL : arena_copy (request->arena, text.at);
}

/* OpenSSL's looks up its algorithm anew at each call, which costs more than the five of a signature do. */
static void
hmac (const void *key, size_t key_length, const char *text, unsigned char ret[32])
{
	struct sha256 sha;
	unsigned char block[64] = { 0 };
	if (key_length > sizeof block) {
		sha256_begin (&sha);
		sha256_add (&sha, key, key_length);
		sha256_end (&sha, block);
	} else
		memcpy (block, key, key_length);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36;
	sha256_begin (&sha);
	sha256_add (&sha, block, sizeof block);
	sha256_add (&sha, text, strlen (text));
	sha256_end (&sha, ret);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36 ^ 0x5c;
	sha256_begin (&sha);
	sha256_add (&sha, block, sizeof block);
	sha256_add (&sha, ret, 32);
	sha256_end (&sha, ret);
	OPENSSL_cleanse (block, sizeof block);
	OPENSSL_cleanse (&sha, sizeof sha);
}

/* The key of a day, region and service, then the signature with it, in hex. */
static int
signature_of (const struct aws_signing *signing, const struct stamp *stamp, const char *to_sign, char ret[65])
{
	CLEANUP_BUFFER struct buffer secret;
	unsigned char key[32];
	buffer_init (&secret, 4096);
	buffer_add_text (&secret, "AWS4");
	buffer_add_text (&secret, signing->credentials->secret_key);
	if (!secret.failed) {
		hmac (secret.at, secret.length, stamp->day, key);
		hmac (key, sizeof key, signing->region, key);
		hmac (key, sizeof key, signing->service, key);
		hmac (key, sizeof key, "aws4_request", key);
		hmac (key, sizeof key, to_sign, key);
		text_hex (key, sizeof key, ret);
	}
	if (secret.at)
		OPENSSL_cleanse (secret.at, secret.length);
	OPENSSL_cleanse (key, sizeof key);
	return secret.failed ? -1 : 0;
}

static const char *
scope_of (const struct aws_request *request, const struct aws_signing *signing, const struct stamp *stamp)
{
	return arena_printf (request->arena, "%s/%s/%s/aws4_request", stamp->day, signing->region, signing->service);
}

static int
does_not_fit (struct larder_error *error)
{
	return larder_fail (error, LARDER_E_LIMIT, "a request is too long to be signed, or out of memory");
}

/* All of it, once the request holds what will be signed. */
static int
compute (const struct aws_request *request, const char *host, const char *path, const struct aws_signing *signing,
         const struct stamp *stamp, const char *names, struct aws_signature *ret, struct larder_error *error)
{
	size_t count = 0;
	const struct sorted *headers = sorted_headers (request, host, &count);
	const char *scope = scope_of (request, signing, stamp);
	const char *canonical = headers ? canonical_of (request, path, signing, names, headers, count) : NULL;
	char hash[65], signature[65];
	if (!canonical || !scope)
		return does_not_fit (error);
	sha256_hex (canonical, strlen (canonical), hash);
	const char *to_sign = arena_printf (request->arena, "%s\n%s\n%s\n%s", ALGORITHM, stamp->time, scope, hash);
	if (!to_sign || signature_of (signing, stamp, to_sign, signature) < 0)
		return does_not_fit (error);
	*ret = (struct aws_signature) { canonical, to_sign, arena_copy (request->arena, signature) };
	return ret->signature ? 0 : does_not_fit (error);
}

static const char *
names_now (const struct aws_request *request, const char *host)
{
	size_t count = 0;
	const struct sorted *headers = sorted_headers (request, host, &count);
	return headers ? signed_names (request, headers, count) : NULL;
}

int
aws_sign (struct aws_request *request, const char *host, const char *path, const struct aws_signing *signing,
          struct aws_signature *ret, struct larder_error *error)
{
	const struct aws_credentials *who = signing->credentials;
	struct stamp stamp;
	struct aws_signature made;
	stamp_of (signing->time, &stamp);
	aws_request_header (request, "x-amz-date", stamp.time);
	if (signing->content_sha256)
		aws_request_header (request, "x-amz-content-sha256", signing->payload_hash);
	aws_request_header (request, "x-amz-security-token", who->session_token);
	const char *names = names_now (request, host);
	if (!names)
		return does_not_fit (error);
	int code = compute (request, host, path, signing, &stamp, names, &made, error);
	if (code)
		return code;
	const char *value = arena_printf (request->arena, "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", ALGORITHM, who->access_key,
	                                  scope_of (request, signing, &stamp), names, made.signature);
	aws_request_header (request, "host", host);
	aws_request_header (request, "authorization", value);
	if (!value || request->failed)
		return does_not_fit (error);
	if (ret)
		*ret = made;
	return 0;
}

int
aws_presign (struct aws_request *request, const char *host, const char *path, const struct aws_signing *signing,
             int64_t expires, struct aws_signature *ret, struct larder_error *error)
{
	const struct aws_credentials *who = signing->credentials;
	struct stamp stamp;
	struct aws_signature made;
	if (expires < 1 || expires > EXPIRES_MOST) {
		larder_fail (error, LARDER_E_INVALID, "a signed address cannot be valid for %lld s", (long long) expires);
		larder_explain (error, LARDER_DETAIL_NEXT, "give a time from 1s to 7d");
		return LARDER_E_INVALID;
	}
	stamp_of (signing->time, &stamp);
	const char *names = names_now (request, host);
	const char *credential = arena_printf (request->arena, "%s/%s", who->access_key, scope_of (request, signing, &stamp));
	if (!names || !credential)
		return does_not_fit (error);
	aws_request_query (request, "X-Amz-Algorithm", ALGORITHM);
	aws_request_query (request, "X-Amz-Credential", credential);
	aws_request_query (request, "X-Amz-Date", stamp.time);
	aws_request_query_uint (request, "X-Amz-Expires", (uint64_t) expires);
	aws_request_query (request, "X-Amz-SignedHeaders", names);
	aws_request_query (request, "X-Amz-Security-Token", who->session_token);
	int code = request->failed ? does_not_fit (error) : compute (request, host, path, signing, &stamp, names, &made, error);
	if (code)
		return code;
	aws_request_query (request, "X-Amz-Signature", made.signature);
	if (request->failed)
		return does_not_fit (error);
	if (ret)
		*ret = made;
	return 0;
}
