/* fault.c: what a refused request says, in any of AWS's forms, and what it means to us. Pure. */
#include "inner.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "clock.h"
#include "error.h"
#include "text.h"

const char *
aws_pair_find (const struct larder_pairs *pairs, const char *name)
{
	for (size_t i = 0; pairs && i < pairs->count; i++) {
		const struct larder_pair *pair = larder_pair_at (pairs, i);
		if (strcmp (pair->name, name) == 0)
			return pair->value;
	}
	return NULL;
}

/* Fills an empty field: without control bytes, runs of blanks as one, cut at the end of a character. */
static void
put (char *into, size_t room, const char *text)
{
	size_t length = 0;
	if (*into || !text)
		return;
	for (size_t step; *text; text += step) {
		unsigned char c = (unsigned char) *text;
		size_t whole = text_utf8_length (text, strnlen (text, 4));
		step = whole ? whole : 1;
		if (c <= ' ' || c == 0x7f || !whole) {
			if (length && into[length - 1] != ' ' && length + 1 < room)
				into[length++] = ' ';
		} else if (length + step < room) {
			memcpy (into + length, text, step);
			length += step;
		} else {
			break;
		}
	}
	while (length && into[length - 1] == ' ')
		length--;
	into[length] = '\0';
}

#define PUT(field, text) put (field, sizeof (field), text)

/* ---- XML ---------------------------------------------------------------------------------------- */

struct reading { struct aws_fault *fault; bool is_error; unsigned depth; };

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct reading *reading = context;
	(void) error;
	if (strcmp (path, "Error") == 0 || strcmp (path, "ErrorResponse") == 0 || strcmp (path, "Response/Errors") == 0)
		reading->is_error = true;
	return 0;
}

/* S3 has Error at the root, the query protocol ErrorResponse/Error, EC2 Response/Errors/Error. */
static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct reading *reading = context;
	struct aws_fault *fault = reading->fault;
	(void) error;
	if (!reading->is_error)
		return 0;
	const char *last = strrchr (path, '/');
	if (!last)
		return 0;
	bool inside = last - path >= 5 && memcmp (last - 5, "Error", 5) == 0;
	last++;
	if (strcmp (last, "RequestId") == 0 || strcmp (last, "RequestID") == 0)
		PUT (fault->request_id, text);
	else if (!inside)
		return 0;
	else if (strcmp (last, "Code") == 0)
		PUT (fault->code, text);
	else if (strcmp (last, "Message") == 0)
		PUT (fault->message, text);
	else if (strcmp (last, "Region") == 0)
		PUT (fault->region, text);
	else if (strcmp (last, "Resource") == 0 || strcmp (last, "Key") == 0 || strcmp (last, "BucketName") == 0)
		PUT (fault->resource, text);
	return 0;
}

/* 0: a whole document. What was read before a fault in it stays. */
static int
read_xml (const void *body, size_t length, struct reading *reading)
{
	return aws_xml_read (body, length, on_begin, on_end, reading, NULL);
}

/* ---- JSON --------------------------------------------------------------------------------------- */

/* "com.amazonaws.backup#Name:http://…" is Name. */
static void
put_code (struct aws_fault *fault, const char *text)
{
	char word[sizeof fault->code];
	if (!text)
		return;
	const char *hash = strchr (text, '#');
	const char *from = hash ? hash + 1 : text;
	snprintf (word, sizeof word, "%.*s", (int) strcspn (from, ":"), from);
	PUT (fault->code, word);
}

static void
read_json (const void *body, size_t length, struct aws_fault *fault)
{
	static const char *const codes[] = { "__type", "code", "Code", "Error" }, *const messages[] = { "message", "Message", "errorMessage" };
	json_t *root = json_loadb (body, length, 0, NULL);
	if (!root)
		return;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		put_code (fault, json_string_value (json_object_get (root, codes[i])));
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		PUT (fault->message, json_string_value (json_object_get (root, messages[i])));
	json_decref (root);
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* MinIO quotes its sentence. */
static void
put_minio_words (const char *text, struct aws_fault *fault)
{
	char word[sizeof fault->message];
	size_t length = text ? strlen (text) : 0;
	bool quoted = length > 1 && text[0] == '"' && text[length - 1] == '"';
	if (quoted)
		snprintf (word, sizeof word, "%.*s", (int) (length - 2 < sizeof word ? length - 2 : sizeof word - 1), text + 1);
	PUT (fault->message, quoted ? word : text);
}

static void
read_headers (const struct larder_pairs *headers, struct aws_fault *fault)
{
	static const char *const ids[] = { "x-amz-request-id", "x-amzn-requestid", "x-amz-cf-id" };
	put_code (fault, aws_pair_find (headers, "x-amzn-errortype"));
	PUT (fault->code, aws_pair_find (headers, "x-minio-error-code"));
	put_minio_words (aws_pair_find (headers, "x-minio-error-desc"), fault);
	PUT (fault->region, aws_pair_find (headers, "x-amz-bucket-region"));
	PUT (fault->server, aws_pair_find (headers, "server"));
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		PUT (fault->request_id, aws_pair_find (headers, ids[i]));
}

static bool
is_page (const char *at, size_t length)
{
	return (length > 14 && strncasecmp (at, "<!doctype html", 14) == 0) || (length > 5 && strncasecmp (at, "<html", 5) == 0);
}

void
aws_fault_read (int status, const struct larder_pairs *headers, const void *body, size_t length, struct aws_fault *ret)
{
	*ret = (struct aws_fault) { .status = status };
	const char *at = body;
	while (length > 0 && strchr (" \t\r\n", *at) && *at)
		at++, length--;
	struct reading reading = { .fault = ret };
	if (is_page (at, length))
		PUT (ret->message, "a web page, not the answer of such a service: is the endpoint right?");
	else if (length > 0 && *at == '<')
		(void) read_xml (at, length, &reading);
	else if (length > 0 && *at == '{')
		read_json (at, length, ret);
	read_headers (headers, ret);
}

bool
aws_fault_in_success (const struct larder_pairs *headers, const void *body, size_t length, struct aws_fault *ret)
{
	struct aws_fault found = { .status = 500 };
	struct reading reading = { .fault = &found };
	int code = read_xml (body, length, &reading);
	if (code == 0 && !reading.is_error)
		return false;
	if (!reading.is_error)
		PUT (found.message, "the reply to a request that may fail late is not a whole XML document");
	read_headers (headers, &found);
	bool known;
	const struct aws_fault_row *row = aws_fault_row (&found, &known);
	if (known)
		found.status = row->status;
	*ret = found;
	return true;
}

/* ---- meaning ------------------------------------------------------------------------------------ */

/* MinIO says MalformedXML for what it does not know: unknown rules, sub-resources that land elsewhere. */
static bool
is_minio_malformed (const struct aws_fault *fault)
{
	return strcmp (fault->code, "MalformedXML") == 0 && strncmp (fault->server, "MinIO", 5) == 0;
}

enum aws_retry
aws_fault_retry (const struct aws_fault *fault)
{
	bool known;
	const struct aws_fault_row *row = aws_fault_row (fault, &known);
	if (row->retry != AWS_RETRY_NEVER)
		return row->retry;
	if (!known && strstr (fault->code, "Throttl"))
		return AWS_RETRY_THROTTLED;
	bool passing = fault->status == 500 || (fault->status >= 502 && fault->status <= 504);
	return passing && row->larder == LARDER_E_UNAVAILABLE ? AWS_RETRY_TRANSIENT : AWS_RETRY_NEVER;
}

const char *
aws_fault_region (const struct aws_fault *fault, const char *signed_for)
{
	bool about = fault->status == 301 || fault->status == 302 || fault->status == 307 || fault->status == 308 || fault->status == 400;
	bool is_name = fault->region[0] && !fault->region[strspn (fault->region, "abcdefghijklmnopqrstuvwxyz0123456789-")];
	return about && is_name && strcmp (fault->region, signed_for) != 0 ? fault->region : NULL;
}

static const char *
phrase (int status)
{
	switch (status) {
	case 301: case 302: case 307: case 308: return "moved elsewhere";
	case 400: return "bad request";
	case 401: return "not authorised";
	case 403: return "forbidden";
	case 404: return "not found";
	case 405: return "method not allowed";
	case 409: return "conflict";
	case 412: return "condition not met";
	case 416: return "range not satisfiable";
	case 429: return "too many requests";
	case 500: return "internal error";
	case 501: return "not offered by this server";
	case 502: return "bad gateway";
	case 503: return "service unavailable";
	case 504: return "gateway timed out";
	case 507: return "out of space";
	default: return "unexpected";
	}
}

/* The clock, and by how much, rather than the service's sentence. */
static int
skewed (const struct aws_fault *fault, const char *what, struct larder_error *error)
{
	char gap[32];
	if (!fault->skew)
		return larder_fail (error, LARDER_E_DENIED, "%s: the service's clock and this machine's differ by more than 15 minutes", what);
	text_from_duration (fault->skew < 0 ? -fault->skew : fault->skew, gap);
	return larder_fail (error, LARDER_E_DENIED, "%s: this machine's clock is %s %s the service's", what, gap,
	                    fault->skew > 0 ? "behind" : "ahead of");
}

int
aws_fault_error (const struct aws_fault *fault, const char *what, struct larder_error *error)
{
	bool known;
	const struct aws_fault_row *row = aws_fault_row (fault, &known);
	bool passing = row->retry == AWS_RETRY_NEVER && aws_fault_retry (fault) != AWS_RETRY_NEVER;
	int code = is_minio_malformed (fault) ? LARDER_E_UNSUPPORTED : passing ? LARDER_E_UNAVAILABLE : row->larder;
	size_t said = strlen (fault->message);
	while (said && fault->message[said - 1] == '.')
		said--;
	if (strcmp (fault->code, "RequestTimeTooSkewed") == 0)
		code = skewed (fault, what, error);
	else if (fault->wandering)
		code = larder_fail (error, LARDER_E_UNAVAILABLE, "%s: the service names one region after the other, '%s' now", what, fault->region);
	else if (said)
		larder_fail (error, code, "%s: %.*s", what, (int) said, fault->message);
	else if (fault->code[0])
		larder_fail (error, code, "%s: the service says %s", what, fault->code);
	else
		larder_fail (error, code, "%s: the service answers %d, %s", what, fault->status, phrase (fault->status));
	if (error && offsetof (struct larder_error, status) + sizeof error->status <= error->size)
		error->status = fault->status;
	char next[160];
	if (fault->wandering)
		snprintf (next, sizeof next, "set region in the [backend] section to the bucket's, and look at what answers there");
	else
		snprintf (next, sizeof next, "write region = %s in the [backend] section", fault->region);
	larder_explain (error, LARDER_DETAIL_NEXT, fault->elsewhere ? next : row->next);
	larder_explain (error, LARDER_DETAIL_PROVIDER, fault->code);
	larder_explain (error, LARDER_DETAIL_REQUEST, fault->request_id);
	return code;
}
