/* test-aws-small.c: requests, credentials, and the arithmetic of retries with the dice fed in. */
#include "inner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "unit.h"

/* ---- requests ----------------------------------------------------------------------------------- */

START_TEST (request_paths)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_request request;
	aws_request_begin (&request, arena, "GET", "b", "a b/../\xc3\xbc+~");
	ck_assert_str_eq (request.path, "/a%20b/../%C3%BC%2B~");
	ck_assert_str_eq (request.bucket, "b");
	aws_request_begin (&request, arena, "GET", NULL, NULL);
	ck_assert_str_eq (request.path, "/");
	ck_assert_ptr_null (request.bucket);
	aws_request_begin (&request, arena, "GET", "b", "/x");
	ck_assert_str_eq (request.path, "//x");
}
END_TEST

START_TEST (request_pairs)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_request request;
	const char *text;
	aws_request_begin (&request, arena, "GET", "b", "k");
	for (int i = 0; i < 100; i++)
		aws_request_header (&request, "x-amz-meta-a", "v");
	aws_request_header (&request, "if-match", NULL);
	aws_request_query (&request, "uploads", "");
	aws_request_query (&request, "prefix", "a/b c");
	aws_request_query (&request, "left-out", NULL);
	aws_request_query_uint (&request, "partNumber", 10000);
	ck_assert_uint_eq (request.header_count, 100);
	ck_assert_int_eq (aws_request_check (&request, NULL), 0);
	ck_assert_int_eq (aws_query_text (&request, &text, NULL), 0);
	ck_assert_str_eq (text, "uploads=&prefix=a%2Fb%20c&partNumber=10000");
}
END_TEST

/* A value that ends a line would be a header of its own. */
START_TEST (request_header_injection)
{
	static const char *const values[] = { "a\r\nx-evil: 1", "a\nb", "\x01", "a\x7f", "a\rb" };
	static const char *const names[] = { "", "a b", "a:b", "x\r\ny", "Upper", "\xc3\xbc" };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t i = 0; i < COUNT_OF (values) + COUNT_OF (names); i++) {
		struct aws_request request;
		struct larder_error error = LARDER_ERROR_INIT;
		aws_request_begin (&request, arena, "GET", "b", "k");
		aws_request_header (&request, i < COUNT_OF (values) ? "x-amz-meta-a" : names[i - COUNT_OF (values)], i < COUNT_OF (values) ? values[i] : "v");
		ck_assert_int_eq (aws_request_check (&request, &error), LARDER_E_INVALID);
		ck_assert (error.next[0]);
	}
	struct aws_request request;
	aws_request_begin (&request, arena, "GET", "b", "k");
	aws_request_header (&request, "x-amz-meta-a", "tab\tand \xc3\xbc");
	ck_assert_int_eq (aws_request_check (&request, NULL), 0);
}
END_TEST

START_TEST (request_failure_sticks)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_request request;
	char *key = arena_alloc (arena, 20001);
	memset (key, 'k', 20000);
	aws_request_begin (&request, arena, "GET", "b", key);
	aws_request_header (&request, "a", "b");
	ck_assert_int_eq (aws_request_check (&request, NULL), LARDER_E_LIMIT);
}
END_TEST

START_TEST (presign_expiry)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct aws_credentials who = { "A", "S", NULL };
	const struct aws_signing signing = { .credentials = &who, .service = "s3", .region = "r", .payload_hash = AWS_UNSIGNED_PAYLOAD, .plain_path = true };
	static const int64_t times[] = { 0, -1, 604801, INT64_MAX };
	struct aws_request request;
	aws_request_begin (&request, arena, "GET", "b", "k");
	for (size_t i = 0; i < COUNT_OF (times); i++)
		ck_assert_int_eq (aws_presign (&request, "h", "/k", &signing, times[i], NULL, NULL), LARDER_E_INVALID);
	ck_assert_uint_eq (request.query_count, 0);
	ck_assert_int_eq (aws_presign (&request, "h", "/k", &signing, 604800, NULL, NULL), 0);
}
END_TEST

/* ---- credentials -------------------------------------------------------------------------------- */

static void
environment (const char *access, const char *secret, const char *token)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN" };
	const char *const values[] = { access, secret, token };
	for (size_t i = 0; i < 3; i++)
		if (values[i])
			setenv (names[i], values[i], 1);
		else
			unsetenv (names[i]);
}

static int
find (const char *access, const char *secret, const char *token, struct aws_credentials *ret, struct larder_error *error)
{
	const struct aws_settings settings = { .access_key = access, .secret_key = secret, .session_token = token };
	*error = (struct larder_error) LARDER_ERROR_INIT;
	return aws_credentials_find ("objects", &settings, ret, error);
}

START_TEST (credentials_order)
{
	struct aws_credentials found;
	struct larder_error error;
	environment ("EA", "ES", "ET");
	ck_assert_int_eq (find ("A", "S", NULL, &found, &error), 0);
	ck_assert_str_eq (found.access_key, "A");
	ck_assert_str_eq (found.secret_key, "S");
	ck_assert_ptr_null (found.session_token);        /* never one account's token with another's key */
	ck_assert_int_eq (find (NULL, NULL, NULL, &found, &error), 0);
	ck_assert_str_eq (found.access_key, "EA");
	ck_assert_str_eq (found.session_token, "ET");
	environment ("EA", "ES", "");
	ck_assert_int_eq (find ("", "", "", &found, &error), 0);
	ck_assert_ptr_null (found.session_token);
}
END_TEST

START_TEST (credentials_half)
{
	static const struct { const char *access, *secret, *token, *env_access, *env_secret, *env_token; int code; const char *names; } cases[] = {
		{ "A", NULL, NULL, "EA", "ES", NULL, LARDER_E_INVALID, "secret-key is missing" },
		{ NULL, "S", NULL, "EA", "ES", NULL, LARDER_E_INVALID, "access-key is missing" },
		{ NULL, NULL, "T", "EA", "ES", NULL, LARDER_E_INVALID, "access-key is missing" },
		{ NULL, NULL, NULL, "EA", NULL, NULL, LARDER_E_DENIED, "AWS_SECRET_ACCESS_KEY is missing" },
		{ NULL, NULL, NULL, NULL, "ES", NULL, LARDER_E_DENIED, "AWS_ACCESS_KEY_ID is missing" },
		{ NULL, NULL, NULL, NULL, NULL, NULL, LARDER_E_DENIED, "no credentials" },
		{ NULL, NULL, NULL, NULL, NULL, "ET", LARDER_E_DENIED, "no credentials" },
		{ "A\n", "S", NULL, NULL, NULL, NULL, LARDER_E_INVALID, "access-key" },
		{ "A", "S ecret", NULL, NULL, NULL, NULL, LARDER_E_INVALID, "secret-key" },
		{ NULL, NULL, NULL, "EA", "ES", "T\r\nx: y", LARDER_E_INVALID, "AWS_SESSION_TOKEN" },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct aws_credentials found = { "untouched", NULL, NULL };
		struct larder_error error;
		environment (cases[i].env_access, cases[i].env_secret, cases[i].env_token);
		ck_assert_int_eq (find (cases[i].access, cases[i].secret, cases[i].token, &found, &error), cases[i].code);
		ck_assert_msg (strstr (error.message, cases[i].names) != NULL, "'%s'", error.message);
		ck_assert (error.next[0]);
		ck_assert_ptr_nonnull (strstr (error.message, "objects"));
		ck_assert_ptr_null (strstr (error.message, "ecret "));      /* never the secret itself */
		ck_assert_str_eq (found.access_key, "untouched");
	}
}
END_TEST

/* ---- retries ------------------------------------------------------------------------------------ */

START_TEST (retry_waits)
{
	const struct aws_retry_after none = { NULL, NULL };
	const int64_t ms = NS_PER_S / 1000;
	static const struct { enum aws_retry kind; unsigned next; int64_t most; } cases[] = {
		{ AWS_RETRY_TRANSIENT, 2, 50 }, { AWS_RETRY_TRANSIENT, 3, 100 }, { AWS_RETRY_TRANSIENT, 4, 200 }, { AWS_RETRY_TRANSIENT, 10, 12800 },
		{ AWS_RETRY_TRANSIENT, 11, 20000 }, { AWS_RETRY_TRANSIENT, 4000000000u, 20000 },
		{ AWS_RETRY_THROTTLED, 2, 1000 }, { AWS_RETRY_THROTTLED, 3, 2000 }, { AWS_RETRY_THROTTLED, 6, 16000 }, { AWS_RETRY_THROTTLED, 7, 20000 },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		ck_assert_int_eq (aws_retry_wait (cases[i].kind, cases[i].next, 0, &none), 0);
		ck_assert_int_eq (aws_retry_wait (cases[i].kind, cases[i].next, UINT32_MAX, &none), cases[i].most * ms);
		int64_t half = aws_retry_wait (cases[i].kind, cases[i].next, UINT32_MAX / 2, &none);
		ck_assert_int_le (half, cases[i].most * ms / 2);
		ck_assert_int_ge (half, cases[i].most * ms / 2 - 10);
	}
}
END_TEST

/* x-amz-retry-after raises our own wait, by five seconds at the most; Retry-After, up to the longest wait of all; nonsense is
 * passed over. */
START_TEST (retry_after)
{
	const int64_t ms = NS_PER_S / 1000;
	static const struct { struct aws_retry_after after; int64_t wait; } cases[] = {
		{ { "300", NULL }, 300 }, { { "0", NULL }, 50 }, { { "20", NULL }, 50 }, { { "5000", NULL }, 5000 }, { { "5050", NULL }, 5050 },
		{ { "5051", NULL }, 5050 }, { { "3600000", NULL }, 5050 }, { { "9223372036854775807", NULL }, 5050 },
		{ { "99999999999999999999", NULL }, 50 }, { { "-1", NULL }, 50 }, { { "soon", NULL }, 50 }, { { "", NULL }, 50 }, { { "1.5", NULL }, 50 },
		{ { NULL, "0" }, 50 }, { { NULL, "1" }, 1000 }, { { NULL, "20" }, 20000 }, { { NULL, "21" }, 20000 }, { { NULL, "9223372036854775807" }, 20000 },
		{ { NULL, "-1" }, 50 }, { { NULL, "Fri, 27 Nov 2026 10:00:00 GMT" }, 50 }, { { NULL, "" }, 50 },
		{ { "300", "2" }, 2000 }, { { "3000", "2" }, 3000 }, { { "soon", "2" }, 2000 }, { { "300", "soon" }, 300 },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++)
		ck_assert_msg (aws_retry_wait (AWS_RETRY_TRANSIENT, 2, UINT32_MAX, &cases[i].after) == cases[i].wait * ms, "case %zu", i);
}
END_TEST

START_TEST (bucket_counts)
{
	struct aws_bucket bucket;
	unsigned retries = 0;
	aws_bucket_fill (&bucket);
	while (aws_bucket_take (&bucket, AWS_RETRY_THROTTLED))
		retries++;
	ck_assert_uint_eq (retries, 100);                /* 500 / 5 */
	aws_bucket_give (&bucket, 0);
	ck_assert_int_eq (aws_bucket_take (&bucket, AWS_RETRY_THROTTLED), 0);
	aws_bucket_fill (&bucket);
	for (retries = 0; aws_bucket_take (&bucket, AWS_RETRY_TRANSIENT); )
		retries++;
	ck_assert_uint_eq (retries, 35);                 /* 500 / 14 */
	ck_assert_int_eq (bucket.tokens, 500 - 35 * 14);
	aws_bucket_give (&bucket, 14);
	ck_assert_int_eq (bucket.tokens, 24);
	for (int i = 0; i < 1000; i++)
		aws_bucket_give (&bucket, 0);
	ck_assert_int_eq (bucket.tokens, AWS_BUCKET_FULL);
	ck_assert_int_eq (aws_bucket_take (&bucket, AWS_RETRY_THROTTLED), 5);
	aws_bucket_give (&bucket, 14);
	ck_assert_int_eq (bucket.tokens, AWS_BUCKET_FULL);
}
END_TEST

static void *
take_and_give (void *context)
{
	struct aws_bucket *bucket = context;
	for (int i = 0; i < 20000; i++) {
		int taken = aws_bucket_take (bucket, i % 2 ? AWS_RETRY_THROTTLED : AWS_RETRY_TRANSIENT);
		if (taken)
			aws_bucket_give (bucket, taken);
	}
	return NULL;
}

START_TEST (bucket_from_many_threads)
{
	struct aws_bucket bucket;
	pthread_t threads[4];
	aws_bucket_fill (&bucket);
	for (size_t i = 0; i < COUNT_OF (threads); i++)
		ck_assert_int_eq (pthread_create (&threads[i], NULL, take_and_give, &bucket), 0);
	for (size_t i = 0; i < COUNT_OF (threads); i++)
		pthread_join (threads[i], NULL);
	ck_assert_int_eq (bucket.tokens, AWS_BUCKET_FULL);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-request-paths", request_paths, 0 }, { "test-aws-request-pairs", request_pairs, 0 },
		{ "test-aws-request-header-injection", request_header_injection, 0 }, { "test-aws-request-failure-sticks", request_failure_sticks, 0 },
		{ "test-aws-sign-presign-expiry", presign_expiry, 0 }, { "test-aws-credentials-order", credentials_order, 0 },
		{ "test-aws-credentials-half", credentials_half, 0 }, { "test-aws-retry-waits", retry_waits, 0 }, { "test-aws-retry-after", retry_after, 0 },
		{ "test-aws-retry-bucket-counts", bucket_counts, 0 }, { "test-aws-retry-bucket-threads", bucket_from_many_threads, 0 },
	};
	return unit_run ("aws-small", cases, COUNT_OF (cases));
}
