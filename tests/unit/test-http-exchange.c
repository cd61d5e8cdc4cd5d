/* test-http-exchange.c: requests and replies as they are meant to be: exact bytes both ways, headers, provisional
 * replies, and what is never sent or followed. */
#include "http-server.h"
#include "http-client.h"

#include "unit.h"

/* Gives back the head of the request as the body. */
static void
mirror (struct peer *peer, void *context)
{
	(void) context;
	while (peer_head (peer)) {
		size_t length = peer_length (peer);
		char *body = malloc (length + 1), head[100];
		bool whole = peer_body (peer, body, length);
		free (body);
		snprintf (head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen (peer->head));
		if (!whole || !peer_say (peer, head) || !peer_say (peer, peer->head))
			return;
	}
}

/* Says the same to each request. */
static void
say (struct peer *peer, void *context)
{
	while (peer_head (peer))
		if (!peer_say (peer, context))
			return;
}

static const size_t lengths[] = { 0, 1, 65535, 65536, 65537, 5 * 1024 * 1024 + 7 };

START_TEST (body_both_ways)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, echo, NULL);
	size_t count = lengths[_i];
	char *bytes = pattern_make (count);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, bytes, count, &source);
	client_must (&client, "PUT", "/", &source, 200);
	ck_assert_uint_eq (client.body.length, count);
	ck_assert (count == 0 || memcmp (client.body.at, bytes, count) == 0);
	ck_assert_uint_eq (client.reply.received, count);
	ck_assert_uint_eq (client.heads, 1);

	struct stream stream = { .at = bytes, .count = count, .given = count };
	source = stream_source (&stream);
	client_must (&client, "POST", "/", &source, 200);
	ck_assert_uint_eq (client.body.length, count);
	ck_assert (count == 0 || memcmp (client.body.at, bytes, count) == 0);
	ck_assert_uint_eq (stream.rewinds, 1);
	free (bytes);
	end (&server, &client);
}
END_TEST

START_TEST (chunked)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, say, (void *) "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nx-late: 1\r\n\r\n");
	client_must (&client, "GET", "/", NULL, 200);
	ck_assert_str_eq (buffer_text (&client.body), "abcde");
	ck_assert_uint_eq (client.heads, 1);
	ck_assert_ptr_null (http_header (&client.reply, "x-late"));
	client_must (&client, "GET", "/", NULL, 200);
	ck_assert_uint_eq (server.connections, 1);
	end (&server, &client);
}
END_TEST

START_TEST (headers)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, say, (void *) "HTTP/1.1 404 Nope\r\nContent-Length: 0\r\nX-Mixed-CASE:  a b\t \r\nx-empty:\r\nx-two: 1\r\nX-Two: 2\r\n\r\n");
	client_must (&client, "GET", "/", NULL, 404);
	ck_assert_uint_eq (client.reply.headers.count, 5);
	ck_assert_str_eq (http_header (&client.reply, "x-mixed-case"), "a b");
	ck_assert_str_eq (http_header (&client.reply, "x-empty"), "");
	ck_assert_str_eq (http_header (&client.reply, "x-two"), "1");
	ck_assert_str_eq (larder_pair_at (&client.reply.headers, 4)->value, "2");
	ck_assert_ptr_null (http_header (&client.reply, "x-other"));
	end (&server, &client);
}
END_TEST

START_TEST (provisional)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, say, (void *) "HTTP/1.1 100 Continue\r\nx-early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n"
		"HTTP/1.1 204 No Content\r\nx-final: 1\r\n\r\n");
	client_must (&client, "GET", "/", NULL, 204);
	ck_assert_uint_eq (client.heads, 1);
	ck_assert_uint_eq (client.reply.headers.count, 1);
	ck_assert_str_eq (http_header (&client.reply, "x-final"), "1");
	end (&server, &client);
}
END_TEST

/* Waits for leave to send, as the caller asked; the server gives it, or refuses before a byte of the body came. */
static void
leave (struct peer *peer, void *context)
{
	char body[5] = "";
	while (peer_head (peer)) {
		ck_assert_ptr_nonnull (strcasestr (peer->head, "\r\nexpect: 100-continue\r\n"));
		if (context) {
			peer_say (peer, context);
			continue;
		}
		peer_say (peer, "HTTP/1.1 100 Continue\r\n\r\n");
		if (!peer_body (peer, body, 4))
			return;
		peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
		peer_say (peer, body);
	}
}

static void
ask_leave (const char *answer, int status, const char *expected)
{
	struct server server;
	struct larder_pair expect = { "expect", "100-continue" };
	struct client client = { .headers = { .at = &expect, .count = 1, .stride = sizeof expect } };
	begin (&server, &client, leave, (void *) (uintptr_t) answer);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, "abcd", 4, &source);
	client_must (&client, "PUT", "/", &source, status);
	ck_assert_uint_eq (client.heads, 1);
	if (expected)
		ck_assert_str_eq (buffer_text (&client.body), expected);
	ck_assert_uint_eq (server.requests, 1);
	end (&server, &client);
}

START_TEST (expect_granted)
{
	ask_leave (NULL, 200, "abcd");
}
END_TEST

START_TEST (expect_refused)
{
	ask_leave ("HTTP/1.1 412 No\r\nContent-Length: 2\r\n\r\nno", 412, "no");
}
END_TEST

/* libcurl would send the request once more, without the header; the body of this one reply it may drop. */
START_TEST (expect_unknown)
{
	ask_leave ("HTTP/1.1 417 What\r\nContent-Length: 4\r\n\r\nwhat", 417, NULL);
}
END_TEST

START_TEST (head)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, say, (void *) "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
	client_must (&client, "HEAD", "/", NULL, 200);
	ck_assert_uint_eq (client.body.length, 0);
	ck_assert_str_eq (http_header (&client.reply, "content-length"), "12345");
	client_must (&client, "HEAD", "/", NULL, 200);
	ck_assert_uint_eq (server.connections, 1);
	end (&server, &client);
}
END_TEST

/* The path goes out as it came, and with it only what was given. */
START_TEST (request_as_given)
{
	static const char path[] = "/b/a/../%2e%2E//./x%2fy+z%20?list-type=2&prefix=a%2Fb&uploads";
	static const struct larder_pair pairs[] = {
		{ "x-amz-meta-a", "b c" }, { "x-empty", "" }, { "Host", "elsewhere" }, { "content-length", "77" }, { "authorization", "X y=z" },
	};
	struct server server;
	struct client client = { .options.agent = "tester/1", .headers = { .at = pairs, .count = 5, .stride = sizeof *pairs } };
	begin (&server, &client, mirror, NULL);
	client_must (&client, "DELETE", path, NULL, 200);
	char *expected = arena_printf (client.call.arena,
		"DELETE %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: tester/1\r\nx-amz-meta-a: b c\r\nx-empty:\r\nauthorization: X y=z\r\n\r\n",
		path, server.port);
	ck_assert_str_eq (buffer_text (&client.body), expected);

	client.headers.count = 0;
	struct memory_source memory;
	struct larder_source source;
	char *big = pattern_make (2 << 20);
	memory_source_begin (&memory, big, 2 << 20, &source);
	client_must (&client, "PUT", "/", &source, 200);
	ck_assert_str_eq (buffer_text (&client.body), arena_printf (client.call.arena,
		"PUT / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: tester/1\r\nContent-Length: 2097152\r\n\r\n", server.port));
	client_must (&client, "POST", "/?uploads", NULL, 200);
	ck_assert_str_eq (buffer_text (&client.body), arena_printf (client.call.arena,
		"POST /?uploads HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: tester/1\r\nContent-Length: 0\r\n\r\n", server.port));
	free (big);
	end (&server, &client);
}
END_TEST

START_TEST (bytes_are_not_decoded)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, say, (void *) "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw");
	client_must (&client, "GET", "/", NULL, 200);
	ck_assert_str_eq (buffer_text (&client.body), "raw");
	end (&server, &client);
}
END_TEST

START_TEST (redirect_is_a_reply)
{
	struct server server, other;
	struct client client = { 0 };
	char reply[200];
	server_start (&other, echo, NULL, NULL);
	snprintf (reply, sizeof reply, "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:%u/x\r\nContent-Length: 2\r\n\r\nno", other.port);
	begin (&server, &client, say, reply);
	client_must (&client, "GET", "/", NULL, 307);
	ck_assert_str_eq (buffer_text (&client.body), "no");
	ck_assert_uint_eq (other.connections, 0);
	end (&server, &client);
	server_stop (&other);
}
END_TEST

START_TEST (receiver_ends_it)
{
	struct server server;
	struct client client = { .refuse = LARDER_E_CONFLICT };
	begin (&server, &client, say, (void *) "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	int code = client_do (&client, "GET", "/", NULL);
	client_check_failure (&client, code, LARDER_E_CONFLICT, HTTP_ANSWERED, "refused by the test", NULL);
	ck_assert_uint_eq (client.body.length, 0);
	client.refuse = 0;
	client_must (&client, "GET", "/", NULL, 200);
	end (&server, &client);
}
END_TEST

static int
full (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	(void) context, (void) bytes, (void) count;
	return larder_fail (error, LARDER_E_NOSPACE, "the disk of the test is full");
}

START_TEST (receiver_is_full)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, say, (void *) "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	struct http_request request = { .method = "GET", .url = arena_printf (client.call.arena, "http://127.0.0.1:%u/", server.port) };
	struct http_receiver receiver = { .body = full };
	int code = http_perform (client.http, &client.call, client.call.arena, &request, &receiver, &client.reply, &client.error);
	client_check_failure (&client, code, LARDER_E_NOSPACE, HTTP_ANSWERED, "the disk of the test is full", NULL);
	ck_assert_int_eq (http_perform (client.http, &client.call, client.call.arena, &request, NULL, &client.reply, &client.error), 0);
	ck_assert_uint_eq (client.reply.received, 3);
	end (&server, &client);
}
END_TEST

static int64_t
broken_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	(void) context, (void) offset;
	memset (into, 'x', count);
	return offset < 100000 ? (int64_t) count : larder_fail (error, LARDER_E_DENIED, "the source of the test broke");
}

START_TEST (source_breaks)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, echo, NULL);
	struct larder_source source = { .size = sizeof source, .length = 1 << 20, .pread = broken_pread };
	int code = client_do (&client, "PUT", "/", &source);
	client_check_failure (&client, code, LARDER_E_DENIED, HTTP_NOT_SENT, "the source of the test broke", NULL);
	end (&server, &client);
}
END_TEST

/* The server never gets a whole body that is not the source's. */
START_TEST (source_of_another_length)
{
	static const int differences[] = { 1, -1 };
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, echo, NULL);
	size_t count = lengths[_i / 2] + 1;
	char *bytes = pattern_make (count);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, bytes, count, &source);
	source.length = count + (size_t) differences[_i % 2];
	int code = client_do (&client, "PUT", "/", &source);
	ck_assert_int_eq (code, LARDER_E_INTEGRITY);
	ck_assert_ptr_nonnull (strstr (client.error.message, _i % 2 ? "more bytes than" : "ended after"));
	ck_assert_int_eq (client.reply.status, 0);
	free (bytes);
	end (&server, &client);
}
END_TEST

struct injection { const char *method, *name, *value, *path; };

static const struct injection injections[] = {
	{ "GET", "x-a", "b\r\nx-evil: 1", "/" }, { "GET", "x-a", "b\nx-evil: 1", "/" }, { "GET", "x-a\r\nx-evil", "1", "/" },
	{ "GET", "x a", "1", "/" }, { "GET", "", "1", "/" }, { "GET", "x-a", "b\x01", "/" }, { "GET", "transfer-encoding", "chunked", "/" },
	{ "GET /x HTTP/1.1\r\nx-evil: 1\r\n\r\nGET", "x-a", "b", "/" }, { "", "x-a", "b", "/" },
	{ "GET", "x-a", "b", "/ HTTP/1.1\r\nx-evil: 1" }, { "GET", "x-a", "b", "/a b" }, { "GET", "x-a", "b", "/a#b" }, { "GET", "x-a", "b", "/\xc3\xa9" },
};

START_TEST (injection)
{
	const struct injection *bad = &injections[_i];
	struct larder_pair pair = { bad->name, bad->value };
	struct server server;
	struct client client = { .headers = { .at = &pair, .count = 1, .stride = sizeof pair } };
	begin (&server, &client, mirror, NULL);
	ck_assert_int_eq (client_do (&client, bad->method, bad->path, NULL), LARDER_E_INVALID);
	ck_assert_uint_eq (server.requests, 0);
	end (&server, &client);
}
END_TEST

START_TEST (urls)
{
	static const char *const bad[] = { "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1/", "http://", "http:///x", "http://u:p@127.0.0.1/" };
	struct client client = { 0 };
	client_open (&client, 1);
	for (size_t i = 0; i < COUNT_OF (bad); i++)
		ck_assert_int_eq (client_do_url (&client, "GET", bad[i], NULL), LARDER_E_INVALID);
	client_close (&client);
}
END_TEST

/* One line over each bound, and just within. */
static void
talkative (struct peer *peer, void *context)
{
	const int *bounds = context;
	char line[400];
	while (peer_head (peer)) {
		peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
		for (int i = 1; i < bounds[0]; i++) {
			snprintf (line, sizeof line, "x-%d: %0*d\r\n", i, bounds[1], i);
			peer_say (peer, line);
		}
		peer_say (peer, "\r\n");
	}
}

START_TEST (header_bounds)
{
	static const int bounds[][3] = { { 256, 100, 0 }, { 257, 10, LARDER_E_LIMIT }, { 250, 240, 0 }, { 250, 280, LARDER_E_LIMIT } };
	struct server server;
	struct client client = { 0 };
	int these[2] = { bounds[_i][0], bounds[_i][1] };
	begin (&server, &client, talkative, these);
	int code = client_do (&client, "GET", "/", NULL);
	ck_assert_msg (code == bounds[_i][2], "%d: %s", code, client.error.message);
	end (&server, &client);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-http-exchange-body-both-ways", body_both_ways, COUNT_OF (lengths) },
		{ "test-http-exchange-chunked", chunked, 0 },
		{ "test-http-exchange-headers", headers, 0 },
		{ "test-http-exchange-provisional-replies", provisional, 0 },
		{ "test-http-exchange-expect-granted", expect_granted, 0 },
		{ "test-http-exchange-expect-refused", expect_refused, 0 },
		{ "test-http-exchange-expect-unknown", expect_unknown, 0 },
		{ "test-http-exchange-head", head, 0 },
		{ "test-http-exchange-request-as-given", request_as_given, 0 },
		{ "test-http-exchange-bytes-are-not-decoded", bytes_are_not_decoded, 0 },
		{ "test-http-exchange-redirect-is-a-reply", redirect_is_a_reply, 0 },
		{ "test-http-exchange-receiver-ends-it", receiver_ends_it, 0 },
		{ "test-http-exchange-receiver-is-full", receiver_is_full, 0 },
		{ "test-http-exchange-source-breaks", source_breaks, 0 },
		{ "test-http-exchange-source-of-another-length", source_of_another_length, 2 * COUNT_OF (lengths) },
		{ "test-http-exchange-injection", injection, COUNT_OF (injections) },
		{ "test-http-exchange-urls", urls, 0 },
		{ "test-http-exchange-header-bounds", header_bounds, 4 },
	};
	return unit_run ("http-exchange", cases, COUNT_OF (cases));
}
