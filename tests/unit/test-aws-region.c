/* test-aws-region.c: buckets of other regions, at AWS's own endpoints. Those are never reached from here: http is
 * replaced by a script in this file, which sees each URL and answers. */
#include "inner.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "call.h"
#include "unit.h"

struct http { int unused; };

struct answer { int status; const char *region, *body; };

static struct {
	struct http http;
	const struct answer *answers;
	unsigned asked;
	char urls[16][300], scopes[16][100];
} script;

int
http_open (const struct larder_host *host, const struct http_options *options, struct http **ret, struct larder_error *error)
{
	(void) host, (void) options, (void) error;
	*ret = &script.http;
	return 0;
}

void
http_close (struct http *http)
{
	(void) http;
}

const char *
http_header (const struct http_reply *reply, const char *name)
{
	return aws_pair_find (&reply->headers, name);
}

int
http_perform (struct http *http, struct larder_call *call, struct larder_arena *arena, const struct http_request *request,
              const struct http_receiver *receiver, struct http_reply *ret_reply, struct larder_error *error)
{
	(void) http, (void) call;
	const struct answer *answer = &script.answers[script.asked];
	struct larder_pair *pair = arena_alloc (arena, sizeof *pair);
	ck_assert_uint_lt (script.asked, COUNT_OF (script.urls));
	snprintf (script.urls[script.asked], sizeof script.urls[0], "%s", request->url);
	snprintf (script.scopes[script.asked++], sizeof script.scopes[0], "%.90s", strchr (aws_pair_find (&request->headers, "authorization"), '/'));
	*pair = (struct larder_pair) { "x-amz-bucket-region", answer->region };
	*ret_reply = (struct http_reply) { .status = answer->status, .phase = HTTP_ANSWERED };
	if (answer->region)
		ret_reply->headers = (struct larder_pairs) { pair, 1, sizeof *pair };
	int code = receiver->head (receiver->context, ret_reply, error);
	return code || !answer->body ? code : receiver->body (receiver->context, answer->body, strlen (answer->body), error);
}

struct talk { struct aws_client *client; struct larder_arena *arena; struct larder_error error; struct aws_reply reply; };

static void
talk_begin (struct talk *talk, const struct answer *answers)
{
	const struct aws_settings settings = { .region = "us-east-1", .access_key = "A", .secret_key = "S", .attempts = 1 };
	unsetenv ("AWS_ENDPOINT_URL");
	unsetenv ("AWS_ENDPOINT_URL_S3");
	script.answers = answers;
	talk->arena = arena_new ();
	ck_assert_int_eq (aws_client_open (&module_host, "objects", "s3", &settings, &talk->client, NULL), 0);
}

static void
talk_end (struct talk *talk)
{
	aws_client_close (talk->client);
	arena_free (talk->arena);
}

static int
ask (struct talk *talk, const char *method, const char *bucket)
{
	struct larder_call call = { .arena = talk->arena, .cancel_fd = -1 };
	struct aws_request request;
	aws_request_begin (&request, talk->arena, method, bucket, "k");
	const struct aws_send send = { .arena = talk->arena, .request = &request, .what = "cannot read 'k'" };
	talk->error = (struct larder_error) LARDER_ERROR_INIT;
	return aws_send (talk->client, &call, &send, &talk->reply, &talk->error);
}

START_TEST (followed_and_remembered)
{
	static const struct answer answers[] = {
		{ 301, "eu-west-1", "<Error><Code>PermanentRedirect</Code><Endpoint>evil.example</Endpoint></Error>" }, { 200, NULL, "" },
		{ 200, NULL, "" }, { 200, NULL, "" },
	};
	struct talk talk;
	talk_begin (&talk, answers);
	ck_assert_int_eq (ask (&talk, "GET", "photos"), 0);
	ck_assert_str_eq (script.urls[0], "https://photos.s3.us-east-1.amazonaws.com/k");
	ck_assert_str_eq (script.urls[1], "https://photos.s3.eu-west-1.amazonaws.com/k");    /* derived by us; the body chooses no host */
	ck_assert_ptr_nonnull (strstr (script.scopes[0], "/us-east-1/s3/"));
	ck_assert_ptr_nonnull (strstr (script.scopes[1], "/eu-west-1/s3/"));
	ck_assert_int_eq (ask (&talk, "PUT", "photos"), 0);
	ck_assert_str_eq (script.urls[2], "https://photos.s3.eu-west-1.amazonaws.com/k");
	ck_assert_int_eq (ask (&talk, "GET", "others"), 0);
	ck_assert_str_eq (script.urls[3], "https://others.s3.us-east-1.amazonaws.com/k");
	talk_end (&talk);
}
END_TEST

START_TEST (malformed_authorization)
{
	static const struct answer answers[] = {
		{ 400, NULL, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>ap-northeast-2</Region></Error>" }, { 200, NULL, "" },
	};
	struct talk talk;
	talk_begin (&talk, answers);
	ck_assert_int_eq (ask (&talk, "GET", "photos"), 0);
	ck_assert_str_eq (script.urls[1], "https://photos.s3.ap-northeast-2.amazonaws.com/k");
	talk_end (&talk);
}
END_TEST

START_TEST (head_without_body)
{
	static const struct answer answers[] = { { 301, "eu-west-1", NULL }, { 200, NULL, NULL } };
	struct talk talk;
	talk_begin (&talk, answers);
	ck_assert_int_eq (ask (&talk, "HEAD", "photos"), 0);
	ck_assert_uint_eq (script.asked, 2);
	talk_end (&talk);
}
END_TEST

/* A service that keeps sending us about is not followed for ever. */
START_TEST (once_only)
{
	static const struct answer answers[] = { { 301, "eu-west-1", "" }, { 301, "eu-west-2", "" }, { 200, NULL, "" } };
	struct talk talk;
	talk_begin (&talk, answers);
	ck_assert_int_eq (ask (&talk, "GET", "photos"), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (script.asked, 2);
	ck_assert_ptr_nonnull (strstr (talk.error.message, "one region after the other, 'eu-west-2' now"));
	ck_assert_ptr_nonnull (strstr (talk.error.next, "set region"));
	talk_end (&talk);
}
END_TEST

/* What a reply calls a region may be anything. */
START_TEST (no_host_by_reply)
{
	static const struct answer answers[] = { { 301, "evil.example/", "" }, { 200, NULL, "" } };
	struct talk talk;
	talk_begin (&talk, answers);
	ck_assert_int_eq (ask (&talk, "GET", "photos"), LARDER_E_INVALID);
	ck_assert_uint_eq (script.asked, 1);
	ck_assert_ptr_null (strstr (talk.error.next, "evil"));
	ck_assert_int_eq (ask (&talk, "GET", "photos"), 0);
	ck_assert_str_eq (script.urls[1], "https://photos.s3.us-east-1.amazonaws.com/k");
	talk_end (&talk);
}
END_TEST

/* More buckets than are remembered: the oldest is asked about again, none gets another's region. */
START_TEST (many_buckets)
{
	struct talk talk;
	talk_begin (&talk, NULL);
	for (unsigned i = 0; i < 40; i++) {
		char bucket[32], region[32];
		snprintf (bucket, sizeof bucket, "photos-%u", i);
		snprintf (region, sizeof region, "eu-test-%u", i);
		aws_client_learn_region (talk.client, bucket, region);
		aws_client_learn_region (talk.client, bucket, region);
	}
	unsigned known = 0;
	for (unsigned i = 0; i < 40; i++) {
		struct aws_request request;
		char bucket[32], learned[200], plain[200];
		const char *url;
		snprintf (bucket, sizeof bucket, "photos-%u", i);
		snprintf (learned, sizeof learned, "https://%s.s3.eu-test-%u.amazonaws.com/k", bucket, i);
		snprintf (plain, sizeof plain, "https://%s.s3.us-east-1.amazonaws.com/k", bucket);
		aws_request_begin (&request, talk.arena, "GET", bucket, "k");
		ck_assert_int_eq (aws_client_url (talk.client, &request, &url, NULL), 0);
		known += strcmp (url, learned) == 0;
		ck_assert (strcmp (url, learned) == 0 || strcmp (url, plain) == 0);
		ck_assert (i < 24 || strcmp (url, learned) == 0);
	}
	ck_assert_uint_eq (known, 16);
	talk_end (&talk);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-region-followed", followed_and_remembered, 0 }, { "test-aws-region-malformed-authorization", malformed_authorization, 0 },
		{ "test-aws-region-head", head_without_body, 0 }, { "test-aws-region-once-only", once_only, 0 },
		{ "test-aws-region-no-host-by-reply", no_host_by_reply, 0 }, { "test-aws-region-many-buckets", many_buckets, 0 },
	};
	return unit_run ("aws-region", cases, COUNT_OF (cases));
}
