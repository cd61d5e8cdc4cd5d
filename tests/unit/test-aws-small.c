/* test-aws-small.c: requests, and the arithmetic of retries with the dice fed in. */
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
		{ "test-aws-sign-presign-expiry", presign_expiry, 0 }, { "test-aws-retry-waits", retry_waits, 0 }, { "test-aws-retry-after", retry_after, 0 },
		{ "test-aws-retry-bucket-counts", bucket_counts, 0 }, { "test-aws-retry-bucket-threads", bucket_from_many_threads, 0 },
	};
	return unit_run ("aws-small", cases, COUNT_OF (cases));
}
