/* test-aws-sign.c: signatures, case by case: our own (tests/wire/sign, with botocore as the oracle) and, where LARDER_VECTORS
 * names them, the published suite. In each, the canonical request, the string to sign and the signature, in both forms. */
#include "aws.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "file.h"
#include "text.h"

/* One case, read whole. */
struct one {
	struct larder_arena *arena;
	int folder;
	struct aws_request request;
	struct aws_credentials credentials;
	struct aws_signing header, query;
	const char *host, *path;
	int64_t expires;
	bool own;
};

static unsigned count, failures;

static void
tell (const char *suite, const char *name, const char *problem)
{
	count++;
	failures += problem != NULL;
	if (problem)
		printf ("# %s\n", problem);
	printf ("%s %u - test-aws-sign-%s-%s\n", problem ? "not ok" : "ok", count, suite, name);
}

static char *
slurp (struct one *one, const char *name)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	struct larder_error error = LARDER_ERROR_INIT;
	if (file_slurp (one->folder, name, 1 << 20, &text, &length, &error) < 0)
		return NULL;
	return arena_copy_bytes (one->arena, text, length);
}

static const char *
member (struct one *one, const json_t *root, const char *name)
{
	return arena_copy (one->arena, json_string_value (json_object_get (root, name)));
}

/* ---- our own form ------------------------------------------------------------------------------- */

static void
add_pairs (struct one *one, const json_t *list, void (*add) (struct aws_request *, const char *, const char *))
{
	for (size_t i = 0; i < json_array_size (list); i++) {
		const json_t *pair = json_array_get (list, i);
		add (&one->request, json_string_value (json_array_get (pair, 0)), json_string_value (json_array_get (pair, 1)));
	}
}

static const char *
load_own (struct one *one)
{
	const char *text = slurp (one, "request.json");
	json_t *root = text ? json_loads (text, 0, NULL) : NULL;
	if (!root)
		return "request.json is missing or no JSON";
	const char *base = member (one, root, "base"), *key = json_string_value (json_object_get (root, "key"));
	aws_request_begin (&one->request, one->arena, member (one, root, "method"), NULL, key);
	add_pairs (one, json_object_get (root, "query"), aws_request_query);
	add_pairs (one, json_object_get (root, "headers"), aws_request_header);
	one->host = member (one, root, "host");
	one->path = !key && *base ? base : arena_printf (one->arena, "%s%s", base, one->request.path);
	one->credentials = (struct aws_credentials) { member (one, root, "access"), member (one, root, "secret"), member (one, root, "token") };
	one->expires = json_integer_value (json_object_get (root, "expires"));
	one->header = (struct aws_signing) {
		.service = member (one, root, "service"), .region = member (one, root, "region"), .payload_hash = member (one, root, "payload"),
	};
	one->header.plain_path = one->header.content_sha256 = strcmp (one->header.service, "s3") == 0;
	bool timed = text_time (member (one, root, "time"), &one->header.time) == 0;
	one->query = one->header;
	one->query.payload_hash = one->header.plain_path ? AWS_UNSIGNED_PAYLOAD : AWS_EMPTY_SHA256;
	one->own = true;
	json_decref (root);
	return timed ? NULL : "no time";
}

/* ---- the published form ------------------------------------------------------------------------- */

/* The query comes encoded where it has to be, and raw elsewhere. */
static char *
decoded (struct one *one, const char *text, size_t length)
{
	char *raw = arena_copy_bytes (one->arena, text, length), *into = raw;
	for (const char *at = raw; *at; at++) {
		unsigned char byte;
		char hex[3] = { at[0] == '%' ? at[1] : '\0', at[0] == '%' && at[1] ? at[2] : '\0', '\0' };
		if (hex[0] && text_from_hex (hex, &byte, 1) == 0) {
			*into++ = (char) byte;
			at += 2;
		} else {
			*into++ = *at;
		}
	}
	*into = '\0';
	return raw;
}

static void
add_query (struct one *one, const char *query)
{
	while (*query) {
		size_t length = strcspn (query, "&"), name = strcspn (query, "=&");
		const char *value = name < length ? query + name + 1 : "";
		aws_request_query (&one->request, decoded (one, query, name), decoded (one, value, name < length ? length - name - 1 : 0));
		query += length + (query[length] == '&');
	}
}

/* Header lines up to the empty one; a line that begins with a blank goes on with the value above. Returns the body. */
static const char *
add_headers (struct one *one, char *at)
{
	while (*at && *at != '\n') {
		char *end = at + strcspn (at, "\n");
		while (end[0] == '\n' && (end[1] == ' ' || end[1] == '\t'))
			end += 1 + strcspn (end + 1, "\n");
		char *next = *end ? end + 1 : end, *colon = strchr (at, ':');
		*end = '\0';
		*colon = '\0';
		for (char *c = at; *c; c++)
			*c = (char) (*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
		if (strcmp (at, "host") == 0)
			one->host = colon + 1;
		else
			aws_request_header (&one->request, at, colon + 1);
		at = next;
	}
	return *at ? at + 1 : at;
}

static const char *
hash_of (struct one *one, const char *body)
{
	struct sha256 sha;
	unsigned char digest[32];
	char *hex = arena_alloc (one->arena, 65);
	sha256_begin (&sha);
	sha256_add (&sha, body, strlen (body));
	sha256_end (&sha, digest);
	text_hex (digest, sizeof digest, hex);
	return hex;
}

/* The suite takes paths raw: what is normalised is encoded by the signer, the rest is sent encoded. */
static const char *
load_published (struct one *one)
{
	char *text = slurp (one, "request.txt");
	const char *context = slurp (one, "context.json");
	json_t *root = context ? json_loads (context, 0, NULL) : NULL;
	char *version = text ? strstr (text, " HTTP/1.1") : NULL, *target = text ? strchr (text, ' ') : NULL;
	if (!root || !version || !target)
		return "request.txt or context.json is missing or malformed";
	const json_t *credentials = json_object_get (root, "credentials");
	bool normal = json_is_true (json_object_get (root, "normalize"));
	*version = *target++ = '\0';
	char *query = strchr (target, '?');
	if (query)
		*query++ = '\0';
	aws_request_begin (&one->request, one->arena, text, NULL, target + 1);
	add_query (one, query ? query : "");
	const char *body = add_headers (one, strchr (version + 1, '\n') + 1);
	one->path = normal ? target : one->request.path;
	const char *token = json_is_true (json_object_get (root, "omit_session_token")) ? NULL : member (one, credentials, "token");
	one->credentials = (struct aws_credentials) { member (one, credentials, "access_key_id"), member (one, credentials, "secret_access_key"), token };
	one->expires = json_integer_value (json_object_get (root, "expiration_in_seconds"));
	one->header = (struct aws_signing) {
		.service = member (one, root, "service"), .region = member (one, root, "region"), .payload_hash = hash_of (one, body),
		.plain_path = !normal, .content_sha256 = json_is_true (json_object_get (root, "sign_body")),
	};
	bool timed = text_time (member (one, root, "timestamp"), &one->header.time) == 0;
	one->query = one->header;
	json_decref (root);
	return timed ? NULL : "no time";
}

/* ---- comparing ---------------------------------------------------------------------------------- */

static const char *
differs (struct one *one, const char *form, const char *what, const char *ours)
{
	const char *theirs = slurp (one, arena_printf (one->arena, "%s-%s.txt", form, what));
	if (!theirs)
		return arena_printf (one->arena, "%s-%s.txt is missing", form, what);
	if (strcmp (theirs, ours) == 0)
		return NULL;
	fprintf (stderr, "--- theirs, %s %s\n%s\n--- ours\n%s\n", form, what, theirs, ours);
	return arena_printf (one->arena, "the %s differs in the %s form", what, form);
}

static const char *
compare (struct one *one, const char *form, const struct aws_signature *made)
{
	const char *problem = differs (one, form, "canonical-request", made->canonical);
	if (!problem)
		problem = differs (one, form, "string-to-sign", made->to_sign);
	return problem ? problem : differs (one, form, "signature", made->signature);
}

static const char *
value_of (const struct aws_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp (request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return "";
}

static const char *
check_forms (struct one *one)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct aws_signature made;
	struct aws_request request = one->request;
	one->header.credentials = one->query.credentials = &one->credentials;
	if (aws_sign (&request, one->host, one->path, &one->header, &made, &error) < 0)
		return arena_copy (one->arena, error.message);
	const char *problem = compare (one, "header", &made), *query;
	if (!problem && one->own)
		problem = differs (one, "header", "authorization", value_of (&request, "authorization"));
	if (!problem && strcmp (value_of (&request, "host"), one->host) != 0)
		problem = "no host was added";
	if (problem)
		return problem;
	request = one->request;
	if (aws_presign (&request, one->host, one->path, &one->query, one->expires, &made, &error) < 0)
		return arena_copy (one->arena, error.message);
	problem = compare (one, "query", &made);
	if (problem || !one->own)
		return problem;
	if (aws_query_text (&request, &query, &error) < 0)
		return arena_copy (one->arena, error.message);
	return differs (one, "query", "url", arena_printf (one->arena, "https://%s%s?%s", one->host, one->path, query));
}

static void
run_case (const char *suite, int root, const char *name, const char *(*load) (struct one *))
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct one one = { .arena = arena, .folder = openat (root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	const char *problem = one.folder < 0 ? "cannot be opened" : load (&one);
	tell (suite, name, problem ? problem : check_forms (&one));
	if (one.folder >= 0)
		close (one.folder);
}

static int
is_folder (const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

/* At least `least` cases, so that an empty folder is no success. */
static void
run_suite (const char *suite, const char *base, const char *below, int least, const char *(*load) (struct one *))
{
	char path[4096];
	struct dirent **names = NULL;
	snprintf (path, sizeof path, "%s/%s", base, below);
	CLEANUP_CLOSE int root = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int found = root < 0 ? 0 : scandir (path, &names, is_folder, alphasort);
	for (int i = 0; i < found; i++) {
		run_case (suite, root, names[i]->d_name, load);
		free (names[i]);
	}
	free (names);
	tell (suite, "complete", found >= least ? NULL : "cases are missing");
}

int
main (void)
{
	const char *vectors = getenv ("LARDER_VECTORS");
	run_suite ("golden", getenv ("TOP_SRCDIR"), "tests/wire/sign", 35, load_own);
	if (vectors && *vectors)
		run_suite ("published", vectors, "sigv4", 38, load_published);
	else
		puts ("# LARDER_VECTORS is not set: the published signatures are not looked at");
	printf ("1..%u\n", count);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
