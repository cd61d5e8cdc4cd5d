/* test-aws-send.c: one request until it is answered, against a server that loses, delays, refuses and lies. */
#include "aws-script.h"

/* ---- the plain way ------------------------------------------------------------------------------ */

START_TEST (plain)
{
	PLAY (play, { .reply = "HTTP/1.1 200 OK\r\nX-Amz-Version-Id: v1\r\n\r\nhello" });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_int_eq (play.reply.status, 200);
	ck_assert_str_eq (play.reply.body, "hello");
	ck_assert_uint_eq (play.reply.length, 5);
	ck_assert_uint_eq (play.reply.attempts, 1);
	ck_assert (!play.reply.uncertain);
	ck_assert_str_eq (aws_reply_header (&play.reply, "x-amz-version-id"), "v1");
	ck_assert_ptr_null (aws_reply_header (&play.reply, "etag"));
	const char *head = play.script.heads[0];
	ck_assert_int_eq (strncmp (head, "GET /b/k HTTP/1.1\r\n", 19), 0);
	ck_assert (head_has (&play, 0, "\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	ck_assert (head_has (&play, 0, "\r\nx-amz-content-sha256: " AWS_EMPTY_SHA256 "\r\n"));
	ck_assert (head_has (&play, 0, "/us-east-1/s3/aws4_request"));
	ck_assert (head_has (&play, 0, "\r\nuser-agent: larder/"));
	const char *host = strcasestr (head, "\r\nhost:");
	ck_assert_ptr_nonnull (host);
	ck_assert_ptr_null (strcasestr (host + 1, "\r\nhost:"));
	play_end (&play);
}
END_TEST

START_TEST (not_modified)
{
	PLAY (play, { .reply = "HTTP/1.1 304 Not Modified\r\n\r\n" });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_int_eq (play.reply.status, 304);
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .arena = NULL }), LARDER_E_INVALID);
	play_end (&play);
}
END_TEST

START_TEST (faults_carry_all)
{
	PLAY (play, { .reply = REFUSED ("404 Not Found", "NoSuchKey") });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), LARDER_E_NOTFOUND);
	ck_assert_str_eq (play.error.message, "cannot do 'k': words of the service");
	ck_assert_str_eq (play.error.provider, "NoSuchKey");
	ck_assert_str_eq (play.error.request, "R1");
	ck_assert_int_eq (play.error.status, 404);
	ck_assert (play.error.next[0]);
	ck_assert_int_eq (play.reply.status, -1);      /* untouched */
	ck_assert_uint_eq (play.script.asked, 1);
	play_end (&play);
}
END_TEST

START_TEST (plain_errors)
{
	PLAY (play, { .reply = REFUSED ("503 Slow Down", "SlowDown") }, { .reply = REFUSED ("404 Not Found", "NoSuchKey") });
	play_host (&play);
	play.host.boot = jumping;
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "GET", (struct aws_send) { .plain_errors = true }), 0);
	ck_assert_int_eq (play.reply.status, 404);
	ck_assert_uint_eq (play.reply.attempts, 2);
	ck_assert_ptr_nonnull (strstr (play.reply.body, "NoSuchKey"));
	ck_assert_str_eq (play.reply.fault->code, "NoSuchKey");
	play_end (&play);
}
END_TEST

/* Whoever takes refusals as they are learns all the same: of errors in a 200, of what the GET after a HEAD told, of the region. */
START_TEST (plain_errors_know_why)
{
	PLAY (play, { .reply = OK_WITH ("<Error><Code>PreconditionFailed</Code></Error>") }, { .reply = OK_WITH ("<CopyObjectResult/>") },
	      { .reply = "HTTP/1.1 400 Bad Request\r\n\r\n" }, { .reply = ANOTHER_REGION ("eu-west-1") },
	      { .reply = "HTTP/1.1 400 Bad Request\r\n\r\n" }, { .reply = ANOTHER_REGION ("eu-west-2") });
	BEGIN (play);
	const struct aws_send copy = { .plain_errors = true, .body_may_fail = true }, look = { .plain_errors = true };
	ck_assert_int_eq (play_send (&play, "PUT", copy), 0);
	ck_assert_int_eq (play.reply.status, 412);
	ck_assert_str_eq (play.reply.fault->code, "PreconditionFailed");
	ck_assert_int_eq (play_send (&play, "PUT", copy), 0);
	ck_assert_int_eq (play.reply.status, 200);
	ck_assert_ptr_null (play.reply.fault);
	ck_assert_int_eq (play_send (&play, "HEAD", look), 0);
	ck_assert_int_eq (play.reply.status, 400);
	ck_assert_int_eq (aws_fault_error (play.reply.fault, "x", &play.error), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (play.error.message, "'eu-west-2' now"));
	play_end (&play);
}
END_TEST

/* ---- bodies ------------------------------------------------------------------------------------- */

START_TEST (small_bodies)
{
	PLAY (play, { .reply = REFUSED ("500 Oops", "InternalError") }, { .reply = OK });
	play.settings.payload_signing = AWS_PAYLOAD_NO;
	BEGIN (play);
	struct aws_request request;
	aws_request_begin (&request, play.arena, "POST", "b", NULL);
	aws_request_query (&request, "delete", "");
	request.body = "<Delete/>";
	request.body_length = 9;
	ck_assert_int_eq (play_send (&play, "POST", (struct aws_send) { .request = &request }), 0);
	ck_assert_int_eq (strncmp (play.script.heads[0], "POST /b?delete= HTTP", 20), 0);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_str_eq (play.script.bodies[i], "<Delete/>");
		ck_assert (head_has (&play, i, "x-amz-content-sha256: e2000f6b1fc1db795626ddaf9c13324157e9f56cb7820b40d7c3253a08ee5b91"));
		ck_assert (!head_has (&play, i, AWS_UNSIGNED_PAYLOAD));     /* always signed: it is short and ours */
	}
	ck_assert_uint_eq (request.header_count, 0);     /* what the caller filled stays as it was */
	play_end (&play);
}
END_TEST

static void
sources (uint32_t signing, const char *hash, const char *wanted)
{
	PLAY (play, { .reply = NULL }, { .reply = OK });
	play.settings.payload_signing = signing;
	BEGIN (play);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, "bytes", 5, &source);
	ck_assert (aws_client_signs_payload (play.client) == (signing != AWS_PAYLOAD_NO));
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .body = &source, .payload_hash = hash }), 0);
	ck_assert_str_eq (play.script.bodies[0], "bytes");
	ck_assert_str_eq (play.script.bodies[1], "bytes");
	ck_assert (head_has (&play, 1, wanted));
	ck_assert (play.reply.uncertain);
	play_end (&play);
}

START_TEST (source_bodies)
{
	sources (AWS_PAYLOAD_AUTO, "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9",
	         "x-amz-content-sha256: 277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9");
	sources (AWS_PAYLOAD_NO, NULL, "x-amz-content-sha256: " AWS_UNSIGNED_PAYLOAD);
}
END_TEST

START_TEST (source_needs_digest)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, "bytes", 5, &source);
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .body = &source }), LARDER_E_INVALID);
	ck_assert_uint_eq (play.script.asked, 0);
	play_end (&play);
}
END_TEST

/* ---- receivers ---------------------------------------------------------------------------------- */

struct taker { struct buffer body; unsigned heads; int refuse_head, refuse_body; };

static int
take_head (void *context, const struct http_reply *reply, struct larder_error *error)
{
	struct taker *taker = context;
	taker->heads++;
	ck_assert_int_eq (reply->status / 100, 2);
	return taker->refuse_head ? larder_fail (error, taker->refuse_head, "not this one") : 0;
}

static int
take_body (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct taker *taker = context;
	buffer_add (&taker->body, bytes, count);
	return taker->refuse_body ? larder_fail (error, taker->refuse_body, "the disk is full") : 0;
}

static int
take (struct play *play, struct taker *taker)
{
	const struct http_receiver receiver = { taker, take_head, take_body };
	buffer_init (&taker->body, 1 << 20);
	return play_send (play, "GET", (struct aws_send) { .receiver = &receiver });
}

START_TEST (receiver_gets_success_alone)
{
	PLAY (play, { .reply = REFUSED ("500 Oops", "InternalError") }, { .reply = OK_WITH ("bytes") }, { .reply = REFUSED ("403 No", "AccessDenied") });
	BEGIN (play);
	struct taker taker = { .heads = 0 };
	ck_assert_int_eq (take (&play, &taker), 0);
	ck_assert_str_eq (buffer_text (&taker.body), "bytes");
	ck_assert_uint_eq (taker.heads, 1);
	ck_assert_ptr_null (play.reply.body);
	buffer_free (&taker.body);
	ck_assert_int_eq (take (&play, &taker), LARDER_E_DENIED);
	ck_assert_uint_eq (taker.heads, 1);
	ck_assert_uint_eq (taker.body.length, 0);
	buffer_free (&taker.body);
	play_end (&play);
}
END_TEST

START_TEST (receiver_body_cut_short)
{
	PLAY (play, { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nseventy", .close = true }, { .reply = OK });
	BEGIN (play);
	struct taker taker = { .heads = 0 };
	ck_assert_int_eq (take (&play, &taker), LARDER_E_RETRY);
	ck_assert_uint_eq (play.error.offset, 7);
	ck_assert_str_eq (buffer_text (&taker.body), "seventy");
	ck_assert_uint_eq (play.script.asked, 1);
	buffer_free (&taker.body);
	play_end (&play);
}
END_TEST

START_TEST (receiver_refuses)
{
	PLAY (play, { .reply = OK_WITH ("bytes") });
	BEGIN (play);
	struct taker taker = { .refuse_head = LARDER_E_CONFLICT };
	ck_assert_int_eq (take (&play, &taker), LARDER_E_CONFLICT);
	ck_assert_str_eq (play.error.message, "not this one");
	buffer_free (&taker.body);
	taker = (struct taker) { .refuse_body = LARDER_E_UNAVAILABLE };
	ck_assert_int_eq (take (&play, &taker), LARDER_E_UNAVAILABLE);      /* as it is: no RETRY, no second try */
	ck_assert_str_eq (play.error.message, "the disk is full");
	ck_assert_uint_eq (play.script.asked, 2);
	buffer_free (&taker.body);
	play_end (&play);
}
END_TEST

/* A collected body has a bound. */
static void
endless (struct peer *peer, void *context)
{
	static const char piece[65536] = "x";
	(void) context;
	if (!peer_head (peer))
		return;
	peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
	while (peer_write (peer, piece, sizeof piece))
		;
}

START_TEST (collected_bound)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	play.script.server.handle = endless;
	ck_assert_int_eq (play_get (&play), LARDER_E_LIMIT);
	ck_assert_ptr_nonnull (strstr (play.error.message, "32 MiB"));
	ck_assert_uint_eq (play.script.server.requests, 1);
	play_end (&play);
}
END_TEST

/* ---- trying again ------------------------------------------------------------------------------- */

START_TEST (lost_replies)
{
	PLAY (play, { .reply = NULL }, { .reply = NULL }, { .reply = OK });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_uint_eq (play.reply.attempts, 3);
	ck_assert (play.reply.uncertain);
	play_end (&play);
}
END_TEST

START_TEST (lost_for_ever)
{
	PLAY (play, { .reply = NULL });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (play.script.asked, 3);
	ck_assert_int_eq (strncmp (play.error.message, "cannot do 'k': ", 15), 0);
	ck_assert (play.error.next[0]);
	play_end (&play);
}
END_TEST

START_TEST (collected_body_cut_short)
{
	PLAY (play, { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nseventy", .close = true }, { .reply = OK_WITH ("whole") });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_str_eq (play.reply.body, "whole");
	ck_assert (play.reply.uncertain);
	play_end (&play);
}
END_TEST

/* A server may close an idle connection just when the next request leaves: no fault of the service, yet nobody knows
 * whether it was carried out. */
START_TEST (an_idle_connection_that_was_closed)
{
	PLAY (play, { .reply = OK }, { .reply = NULL }, { .reply = OK });
	play.settings.attempts = 1;
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .arena = NULL }), 0);
	ck_assert (!play.reply.uncertain);
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .arena = NULL }), 0);   /* though it is one attempt only */
	ck_assert_uint_eq (play.script.asked, 3);
	ck_assert (play.reply.uncertain);
	play_end (&play);
}
END_TEST

START_TEST (nobody_there)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	unsigned port;
	close (server_listen (1, &port));
	char endpoint[64];
	snprintf (endpoint, sizeof endpoint, "http://127.0.0.1:%u", port);
	aws_client_close (play.client);
	play.settings.endpoint = endpoint;
	ck_assert_int_eq (aws_client_open (&play.host, "objects", "s3", &play.settings, &play.client, &play.error), 0);
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_ptr_nonnull (strstr (play.error.message, "127.0.0.1"));
	ck_assert (play.error.next[0]);
	play_end (&play);
}
END_TEST

static void
no_http (struct peer *peer, void *context)
{
	(void) context;
	if (peer_head (peer))
		peer_say (peer, "SSH-2.0-OpenSSH_9.2\r\n");
}

/* What would fail the same again is not tried again. */
START_TEST (lasting_failures)
{
	PLAY (play, { .reply = OK });
	BEGIN (play);
	play.script.server.handle = no_http;
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (play.script.server.requests, 1);
	ck_assert (play.error.next[0]);
	play_end (&play);
}
END_TEST

START_TEST (service_errors)
{
	PLAY (play, { .reply = "HTTP/1.1 503 Service Unavailable\r\n\r\n" }, { .reply = OK }, { .reply = "HTTP/1.1 504 Gateway\r\n\r\n<html>" }, { .reply = OK });
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_uint_eq (play.reply.attempts, 2);
	ck_assert (!play.reply.uncertain);
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert (play.reply.uncertain);                /* behind a gateway it may have been carried out */
	play_end (&play);
}
END_TEST

START_TEST (throttled_for_ever)
{
	PLAY (play, { .reply = REFUSED ("503 Slow Down", "SlowDown") });
	play_host (&play);
	play.host.boot = jumping;
	BEGIN (play);
	for (unsigned i = 0; i < 50; i++) {              /* two retries of 5 tokens each */
		ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
		ck_assert_uint_eq (play.script.asked, 3 * (i + 1));
	}
	ck_assert_str_eq (play.error.provider, "SlowDown");
	for (unsigned i = 0; i < 10; i++)                /* the bucket is empty: no more retries */
		ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (play.script.asked, 160);
	play_end (&play);
}
END_TEST

START_TEST (bucket_ends_many_attempts)
{
	PLAY (play, { .reply = REFUSED ("500 Oops", "InternalError") });
	play_host (&play);
	play.host.boot = jumping;
	play.settings.attempts = 100;
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (play.script.asked, 36);       /* 500 tokens, 14 each */
	play_end (&play);
}
END_TEST

START_TEST (bucket_is_shared_by_credentials)
{
	PLAY (play, { .reply = REFUSED ("500 Oops", "InternalError") });
	play_host (&play);
	play.host.boot = jumping;
	play.settings.attempts = 100;
	BEGIN (play);
	struct aws_client *same, *other, *own = play.client;
	ck_assert_int_eq (aws_client_open (&play.host, "again", "s3", &play.settings, &same, NULL), 0);
	play.settings.access_key = "ANOTHER";
	ck_assert_int_eq (aws_client_open (&play.host, "other", "s3", &play.settings, &other, NULL), 0);
	ck_assert_ptr_eq (aws_client_common (own), aws_client_common (same));
	ck_assert_ptr_ne (aws_client_common (own), aws_client_common (other));
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	unsigned asked = play.script.asked;
	play.client = same;
	ck_assert_int_eq (play_get (&play), LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (play.script.asked, asked + 1);
	play.client = own;
	aws_client_close (same);
	aws_client_close (other);
	play_end (&play);
}
END_TEST

static struct play *waiting;
static int64_t cancelled_at;

static void
cancel_when_waiting (int level, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	(void) level;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	if (strstr (text, "again in")) {
		play_cancel (waiting);
		cancelled_at = clock_boot ();
	}
}

/* Five seconds are asked for; the caller is back at once. */
START_TEST (cancelled_while_waiting)
{
	PLAY (play, { .reply = "HTTP/1.1 503 Slow Down\r\nx-amz-retry-after: 5000\r\n\r\n" });
	play_host (&play);
	play.host.log = cancel_when_waiting;
	waiting = &play;
	BEGIN (play);
	ck_assert_int_eq (play_get (&play), LARDER_E_CANCELLED);
	ck_assert_int_gt (cancelled_at, 0);
	ck_assert_int_lt (clock_boot () - cancelled_at, NS_PER_S);
	ck_assert_uint_eq (play.script.asked, 1);
	play_end (&play);
}
END_TEST

START_TEST (retry_after_is_waited_for)
{
	PLAY (play, { .reply = "HTTP/1.1 503 Slow Down\r\nx-amz-retry-after: 150\r\n\r\n" }, { .reply = OK });
	BEGIN (play);
	int64_t began = clock_boot ();
	ck_assert_int_eq (play_get (&play), 0);
	ck_assert_int_ge (clock_boot () - began, 150 * (NS_PER_S / 1000));
	play_end (&play);
}
END_TEST

/* ---- errors in a 200 ---------------------------------------------------------------------------- */

START_TEST (fault_in_success)
{
	PLAY (play, { .reply = OK_WITH ("<?xml version=\"1.0\"?>\n   \n   <Error><Code>InternalError</Code></Error>") },
	      { .reply = OK_WITH ("      <CopyObjectResult><ETag>e</ETag></CopyObjectResult>") },
	      { .reply = OK_WITH ("<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>") }, { .reply = OK });
	BEGIN (play);
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .body_may_fail = true }), 0);
	ck_assert_uint_eq (play.reply.attempts, 2);
	ck_assert_ptr_nonnull (strstr (play.reply.body, "CopyObjectResult"));
	ck_assert_int_eq (play_send (&play, "POST", (struct aws_send) { .body_may_fail = true }), LARDER_E_NOTFOUND);
	ck_assert_str_eq (play.error.provider, "NoSuchUpload");
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .body_may_fail = true }), LARDER_E_UNAVAILABLE);   /* an empty body */
	ck_assert_int_eq (play_send (&play, "PUT", (struct aws_send) { .body_may_fail = false }), 0);
	play_end (&play);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-aws-send-plain", plain, 0 }, { "test-aws-send-not-modified", not_modified, 0 }, { "test-aws-send-faults", faults_carry_all, 0 },
		{ "test-aws-send-plain-errors", plain_errors, 0 }, { "test-aws-send-plain-errors-know", plain_errors_know_why, 0 }, { "test-aws-send-small-bodies", small_bodies, 0 },
		{ "test-aws-send-sources", source_bodies, 0 }, { "test-aws-send-source-digest", source_needs_digest, 0 },
		{ "test-aws-send-receiver", receiver_gets_success_alone, 0 }, { "test-aws-send-receiver-cut-short", receiver_body_cut_short, 0 },
		{ "test-aws-send-receiver-refuses", receiver_refuses, 0 }, { "test-aws-send-collected-bound", collected_bound, 0 },
		{ "test-aws-send-lost-replies", lost_replies, 0 }, { "test-aws-send-lost-for-ever", lost_for_ever, 0 },
		{ "test-aws-send-collected-cut-short", collected_body_cut_short, 0 }, { "test-aws-send-idle-closed", an_idle_connection_that_was_closed, 0 },
		{ "test-aws-send-nobody-there", nobody_there, 0 }, { "test-aws-send-lasting", lasting_failures, 0 }, { "test-aws-send-service-errors", service_errors, 0 },
		{ "test-aws-send-throttled-for-ever", throttled_for_ever, 0 }, { "test-aws-send-bucket-ends-attempts", bucket_ends_many_attempts, 0 },
		{ "test-aws-send-bucket-shared", bucket_is_shared_by_credentials, 0 }, { "test-aws-send-cancelled-waiting", cancelled_while_waiting, 0 },
		{ "test-aws-send-retry-after", retry_after_is_waited_for, 0 },
		{ "test-aws-send-fault-in-success", fault_in_success, 0 },
	};
	return unit_run ("aws-send", cases, COUNT_OF (cases));
}
