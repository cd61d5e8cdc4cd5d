/* test-aws-head.c: a refusal of HEAD has no words: the same is asked as GET, at once or in the end. */
#include "aws-script.h"

START_TEST (asks_again_as_get)
{
	PLAY (play, { .reply = "HTTP/1.1 403 Forbidden\r\n\r\n" }, { .reply = REFUSED ("403 Forbidden", "InvalidAccessKeyId") },
	      { .reply = "HTTP/1.1 403 Forbidden\r\n\r\n" }, { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 40000000\r\n\r\nthe object itself, which nobody waits for" },
	      { .reply = "HTTP/1.1 404 Not Found\r\n\r\n" },
	      { .reply = "HTTP/1.1 404 Not Found\r\nx-minio-error-code: NoSuchBucket\r\n\r\n" });
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), LARDER_E_DENIED);
	ck_assert_str_eq (play.error.provider, "InvalidAccessKeyId");
	ck_assert_int_eq (strncmp (play.script.heads[1], "GET /b/k ", 9), 0);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), LARDER_E_DENIED);
	ck_assert_str_eq (play.error.provider, "");
	ck_assert_uint_eq (play.script.asked, 4);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), LARDER_E_NOTFOUND);
	ck_assert_uint_eq (play.script.asked, 5);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), LARDER_E_NOTFOUND);
	ck_assert_str_eq (play.error.provider, "NoSuchBucket");
	play_end (&play);
}
END_TEST

/* versitygw answers a HEAD for the wrong region with 400 and nothing else. */
START_TEST (wrong_region)
{
	PLAY (play, { .reply = "HTTP/1.1 400 Bad Request\r\n\r\n" }, { .reply = ANOTHER_REGION ("eu-west-1") }, { .reply = OK });
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), 0);
	ck_assert_uint_eq (play.script.asked, 3);
	ck_assert (head_has (&play, 0, "/us-east-1/s3/aws4_request") && head_has (&play, 2, "/eu-west-1/s3/aws4_request"));
	ck_assert_int_eq (strncmp (play.script.heads[2], "HEAD ", 5), 0);
	play_end (&play);
}
END_TEST

/* A busy service says no word to a HEAD: asked why once, when the tries are used up, and as one more try. */
START_TEST (busy_service)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
	PLAY (play, { .reply = busy }, { .reply = busy }, { .reply = busy }, { .reply = REFUSED ("503 Slow Down", "SlowDown") }, { .reply = busy });
	play_host (&play);
	play.host.boot = jumping;
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), LARDER_E_UNAVAILABLE);
	ck_assert_str_eq (play.error.provider, "SlowDown");
	ck_assert_uint_eq (play.script.asked, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq (strncmp (play.script.heads[i], i < 3 ? "HEAD /b/k " : "GET /b/k ", 9), 0);
	for (unsigned i = 0, asked = 4; i < 12; i++) {   /* three times 14 tokens of the 458 that are left; 38 in the end */
		ck_assert_int_eq (play_send (&play, "HEAD", (struct aws_send) { .arena = NULL }), LARDER_E_UNAVAILABLE);
		asked += i < 10 ? 4 : i == 10 ? 3 : 1;
		ck_assert_uint_eq (play.script.asked, asked);
	}
	play_end (&play);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-head-as-get", asks_again_as_get, 0 }, { "test-aws-head-wrong-region", wrong_region, 0 },
		{ "test-aws-head-busy", busy_service, 0 },
	};
	return unit_run ("aws-head", cases, COUNT_OF (cases));
}
