/* test-http-connection.c: connections: used again, kept by where they lead, shared by threads, and what happens to a
 * request when one dies under it. */
#include "http-server.h"
#include "http-client.h"

#include "unit.h"

START_TEST (connections_are_used_again)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, echo, NULL);
	for (int i = 0; i < 20; i++) {
		client_must (&client, i % 2 ? "GET" : "PUT", "/", NULL, 200);
		ck_assert (client.reply.reused == (i > 0));
	}
	ck_assert_uint_eq (server.connections, 1);
	ck_assert_uint_eq (server.requests, 20);
	end (&server, &client);
}
END_TEST

/* Two places in turn: each keeps its connection, though the last used one leads elsewhere. */
START_TEST (connections_are_kept_by_place)
{
	struct server server, other;
	struct client client = { 0 };
	server_start (&other, echo, NULL, NULL);
	begin (&server, &client, echo, NULL);
	for (int i = 0; i < 10; i++) {
		client.port = i % 2 ? other.port : server.port;
		client_must (&client, "GET", "/", NULL, 200);
	}
	ck_assert_uint_eq (server.connections, 1);
	ck_assert_uint_eq (other.connections, 1);
	end (&server, &client);
	server_stop (&other);
}
END_TEST

/* Answers with the head it got. */
static void
tell_head (struct peer *peer, void *context)
{
	(void) context;
	static const char format[] = "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s";
	char reply[sizeof peer->head + 100], body[65536];
	while (peer_head (peer)) {
		bool silent = strncmp (peer->head, "HEAD ", 5) == 0;
		snprintf (reply, sizeof reply, format, strlen (peer->head), silent ? "" : peer->head);
		if (!peer_body (peer, body, peer_length (peer)) || !peer_say (peer, reply))
			return;
	}
}

/* Most of what libcurl is told is told once a connection: a request must not inherit from the one before. */
START_TEST (nothing_is_inherited)
{
	static const struct { const char *method; int count; } steps[] = {
		{ "PUT", 3 }, { "GET", -1 }, { "POST", 40000 }, { "DELETE", -1 }, { "PUT", 3 }, { "HEAD", -1 }, { "PUT", 0 }, { "GET", -1 }, { "POST", -1 },
		{ "GET", 5 }, { "GET", -1 }, { "HEAD", -1 }, { "POST", 40000 }, { "PUT", 3 }, { "PUT", -1 },
	};
	static char bytes[40000];
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, tell_head, NULL);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct memory_source memory;
		struct larder_source source;
		char line[64], length[64];
		int count = steps[i].count;
		bool silent = strcmp (steps[i].method, "HEAD") == 0, told = count >= 0 || steps[i].method[0] == 'P';
		memory_source_begin (&memory, bytes, count < 0 ? 0 : (size_t) count, &source);
		client_must (&client, steps[i].method, "/", count < 0 ? NULL : &source, 200);
		snprintf (line, sizeof line, "%s / HTTP/1.1\r\n", steps[i].method);
		snprintf (length, sizeof length, "\r\nContent-Length: %d\r\n", count < 0 ? 0 : count);
		ck_assert_msg (silent ? client.body.length == 0 : strncmp (client.body.at, line, strlen (line)) == 0, "%zu: %s", i, buffer_text (&client.body));
		ck_assert_msg (silent || told == (strstr (client.body.at, length) != NULL), "%zu: %s", i, buffer_text (&client.body));
		for (const char *const *other = (const char *const[]) { "Content-Type", "Transfer-Encoding", "Expect", NULL }; *other; other++)
			ck_assert_msg (!strstr (buffer_text (&client.body), *other), "%zu: %s", i, buffer_text (&client.body));
	}
	ck_assert_uint_eq (server.connections, 1);
	end (&server, &client);
}
END_TEST

/* A head and, in a write of its own, a body: Nagle's algorithm, which is on, sends the second once the first is acknowledged. */
static void
answer_in_two (struct peer *peer, void *context)
{
	(void) context;
	while (peer_head (peer) && peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n") && peer_say (peer, "abc"))
		continue;
}

/* The kernel acknowledges after 40 ms, once a connection is no longer new. The quickest of many says what we did about it. */
START_TEST (small_replies_are_acknowledged)
{
	struct server server;
	struct client client = { 0 };
	int64_t least = INT64_MAX;
	begin (&server, &client, answer_in_two, NULL);
	for (int i = 0; i < 80; i++) {
		client_must (&client, "GET", "/", NULL, 200);
		if (i >= 60 && client.took < least)
			least = client.took;
	}
	ck_assert_msg (least < 30000000, "%lld ns", (long long) least);
	end (&server, &client);
}
END_TEST

/* The server closed while nobody looked: no failure. */
START_TEST (closed_idle_connection)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, echo, NULL);
	client_must (&client, "GET", "/", NULL, 200);
	shutdown (server.peers[0]->fd, SHUT_RDWR);
	server_wait_closed (&server, 1);
	client_must (&client, "PUT", "/", NULL, 200);
	ck_assert (!client.reply.reused);
	ck_assert_uint_eq (server.connections, 2);
	end (&server, &client);
}
END_TEST

/* Answers the first request of a connection; at the second it goes. */
static void
answer_once (struct peer *peer, void *context)
{
	char body[3];
	if (peer_head (peer) && peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") && peer_head (peer)
	    && peer_body (peer, body, peer_length (peer)) && context)
		peer_reset (peer);
}

/* Whether it was carried out nobody knows: it is not sent again behind the caller's back. */
START_TEST (dies_at_a_change)
{
	static const char *const methods[] = { "PUT", "POST", "DELETE" };
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, answer_once, _i % 2 ? (void *) "reset" : NULL);
	client_must (&client, "GET", "/", NULL, 200);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, "abc", 3, &source);
	int code = client_do (&client, methods[_i / 2], "/", _i < 2 ? &source : NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_SENT, "closed the connection without a reply", NULL);
	ck_assert (client.reply.reused);
	ck_assert_uint_eq (server.requests, 2);
	end (&server, &client);
}
END_TEST

/* The first connection dies at its second request, before it took the body; the next ones echo. */
static void
dies_early (struct peer *peer, void *context)
{
	if (peer->number > 0)
		echo (peer, context);
	else if (peer_head (peer) && peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") && peer_head (peer))
		peer_reset (peer);
}

/* Nobody can have acted on half a body: it goes out again, from its beginning. */
START_TEST (dies_while_sent_a_body)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, dies_early, NULL);
	client_must (&client, "GET", "/", NULL, 200);
	size_t count = 24 << 20;
	char *bytes = pattern_make (count);
	struct stream stream = { .at = bytes, .count = count };
	struct memory_source memory;
	struct larder_source source = stream_source (&stream);
	if (_i)
		memory_source_begin (&memory, bytes, count, &source);
	client_must (&client, "PUT", "/", &source, 200);
	ck_assert_uint_eq (client.body.length, count);
	ck_assert_int_eq (memcmp (client.body.at, bytes, count), 0);
	ck_assert_uint_eq (server.requests, 3);
	ck_assert (_i || stream.rewinds >= 1);
	free (bytes);
	end (&server, &client);
}
END_TEST

START_TEST (dies_at_a_question)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, answer_once, _i ? (void *) "reset" : NULL);
	client_must (&client, "GET", "/", NULL, 200);
	client_must (&client, "GET", "/", NULL, 200);
	ck_assert_uint_eq (server.connections, 2);
	end (&server, &client);
}
END_TEST

/* However often: libcurl counts its repetitions for as long as a handle lives, and gives up at the sixth. */
START_TEST (dies_at_every_question)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, answer_once, NULL);
	for (unsigned i = 0; i < 16; i++)
		client_must (&client, "GET", "/", NULL, 200);
	ck_assert_uint_eq (server.connections, 16);
	end (&server, &client);
}
END_TEST

/* The same with a body: it goes out again from its beginning. */
static void
dies_late (struct peer *peer, void *context)
{
	char body[3];
	if (peer->number > 0)
		echo (peer, context);
	else if (peer_head (peer) && peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") && peer_head (peer))
		peer_body (peer, body, 3);
}

START_TEST (dies_at_a_long_question)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, dies_late, NULL);
	client_must (&client, "GET", "/", NULL, 200);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, "abc", 3, &source);
	client_must (&client, "GET", "/", &source, 200);
	ck_assert_str_eq (buffer_text (&client.body), "abc");
	ck_assert_uint_eq (server.connections, 2);
	end (&server, &client);
}
END_TEST

static void *
many (void *context)
{
	struct client *shared = context, client = *shared;
	client.call.arena = arena_new ();
	buffer_init (&client.body, CLIENT_BODY_MOST);
	char text[40];
	for (int i = 0; i < 25; i++) {
		struct memory_source memory;
		struct larder_source source;
		snprintf (text, sizeof text, "%p %d", (void *) &client, i);
		memory_source_begin (&memory, text, strlen (text), &source);
		client_must (&client, "PUT", "/", &source, 200);
		ck_assert_str_eq (buffer_text (&client.body), text);
	}
	buffer_free (&client.body);
	arena_free (client.call.arena);
	return NULL;
}

START_TEST (threads)
{
	struct server server;
	struct client client = { .options.idle = 8 };
	pthread_t thread[8];
	begin (&server, &client, echo, NULL);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq (pthread_create (&thread[i], NULL, many, &client), 0);
	for (int i = 0; i < 8; i++)
		pthread_join (thread[i], NULL);
	ck_assert_uint_eq (server.requests, 200);
	ck_assert_uint_le (server.connections, 8);
	end (&server, &client);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-http-connection-are-used-again", connections_are_used_again, 0 },
		{ "test-http-connection-are-kept-by-place", connections_are_kept_by_place, 0 },
		{ "test-http-connection-inherits-nothing", nothing_is_inherited, 0 },
		{ "test-http-connection-acknowledges-soon", small_replies_are_acknowledged, 0 },
		{ "test-http-connection-closed-while-idle", closed_idle_connection, 0 },
		{ "test-http-connection-dies-at-a-change", dies_at_a_change, 6 },
		{ "test-http-connection-dies-while-sent-a-body", dies_while_sent_a_body, 2 },
		{ "test-http-connection-dies-at-a-question", dies_at_a_question, 2 },
		{ "test-http-connection-dies-at-every-question", dies_at_every_question, 0 },
		{ "test-http-connection-dies-at-a-long-question", dies_at_a_long_question, 0 },
		{ "test-http-connection-threads", threads, 0 },
	};
	return unit_run ("http-connection", cases, COUNT_OF (cases));
}
