/* http-client.h: the other side of the tests of http: a call that can be cancelled, requests in one line, and a
 * receiver that collects. */
#ifndef LARDER_TESTS_HTTP_CLIENT_H
#define LARDER_TESTS_HTTP_CLIENT_H

#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "http-server.h"
#include "arena.h"
#include "buffer.h"
#include "call.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "http.h"

#define CLIENT_BODY_MOST ((size_t) 256 << 20)

struct client {
	struct http *http;
	struct http_options options;
	struct larder_call call;
	atomic_int cancelled;
	int64_t cancelled_at, took;
	struct larder_error error;
	struct http_reply reply;
	struct buffer body;
	unsigned heads;              /* how often the receiver's head was called */
	int refuse;                  /* what it answers */
	bool cancel_at_body;
	unsigned port;
	const char *scheme;
	struct larder_pairs headers; /* of requests */
};

static inline void
client_cancel (struct client *client)
{
	client->cancelled_at = clock_boot ();
	client->cancelled = 1;
	ck_assert_int_eq (eventfd_write (client->call.cancel_fd, 1), 0);
}

static inline int
client_head (void *context, const struct http_reply *reply, struct larder_error *error)
{
	struct client *client = context;
	client->heads++;
	ck_assert_int_ge (reply->status, 200);
	return client->refuse ? larder_fail (error, client->refuse, "refused by the test") : 0;
}

static inline int
client_take (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	(void) error;
	struct client *client = context;
	ck_assert_int_eq (buffer_add (&client->body, bytes, count), 0);
	if (client->cancel_at_body)
		client_cancel (client);
	return 0;
}

static inline void
client_open (struct client *client, unsigned port)
{
	/* a proxy of whoever runs the tests is none of ours */
	static const char *const proxies[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
		unsetenv (proxies[i]);
	client->call = (struct larder_call) { .arena = arena_new (), .cancel_fd = eventfd (0, EFD_CLOEXEC), .cancelled = &client->cancelled };
	client->error = (struct larder_error) LARDER_ERROR_INIT;
	client->port = port;
	if (!client->scheme)
		client->scheme = "http";
	buffer_init (&client->body, CLIENT_BODY_MOST);
	if (client->options.idle == 0)
		client->options.idle = 4;
	int code = http_open (&module_host, &client->options, &client->http, &client->error);
	ck_assert_msg (code == 0, "%s", client->error.message);
}

static inline void
client_close (struct client *client)
{
	http_close (client->http);
	buffer_free (&client->body);
	arena_free (client->call.arena);
	close (client->call.cancel_fd);
}

/* One request to a whole URL. */
static inline int
client_do_url (struct client *client, const char *method, const char *url, const struct larder_source *body)
{
	struct http_request request = { .method = method, .url = url, .headers = client->headers, .body = body };
	struct http_receiver receiver = { .context = client, .head = client_head, .body = client_take };
	buffer_clear (&client->body);
	client->heads = 0;
	client->error = (struct larder_error) LARDER_ERROR_INIT;
	int64_t began = clock_boot ();
	int code = http_perform (client->http, &client->call, client->call.arena, &request, &receiver, &client->reply, &client->error);
	client->took = clock_boot () - began;
	return code;
}

static inline int
client_do (struct client *client, const char *method, const char *path, const struct larder_source *body)
{
	char *url = arena_printf (client->call.arena, "%s://127.0.0.1:%u%s", client->scheme, client->port, path);
	return client_do_url (client, method, url, body);
}

/* A request that must end well. */
static inline void
client_must (struct client *client, const char *method, const char *path, const struct larder_source *body, int status)
{
	int code = client_do (client, method, path, body);
	ck_assert_msg (code == 0, "%s %s: %d %s", method, path, code, client->error.message);
	ck_assert_int_eq (client->reply.status, status);
}

/* One that must fail so, in words that hold all of these (ends with NULL). */
static inline void
client_check_failure (const struct client *client, int got, int code, int phase, ...)
{
	ck_assert_msg (got == code, "%d instead of %d: %s", got, code, client->error.message);
	ck_assert_int_eq (client->error.code, code);
	ck_assert_msg ((int) client->reply.phase == phase, "phase %u instead of %d: %s", client->reply.phase, phase, client->error.message);
	va_list words;
	va_start (words, phase);
	for (const char *word; (word = va_arg (words, const char *));)
		ck_assert_msg (strstr (client->error.message, word), "no '%s' in: %s", word, client->error.message);
	va_end (words);
}

/* Bytes in which every place is different enough to notice. */
static inline char *
pattern_make (size_t count)
{
	unsigned char *bytes = malloc (count + 1);
	uint32_t state = 12345;
	for (size_t i = 0; i < count; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (unsigned char) (state >> 24);
	}
	return (char *) bytes;
}

/* A source that can only be read in order, and gives odd counts. */
struct stream { const char *at; size_t count, given; unsigned rewinds; };

static inline int64_t
stream_read (void *context, void *into, size_t count, struct larder_error *error)
{
	(void) error;
	struct stream *stream = context;
	size_t left = stream->count - stream->given, take = count < left ? count : left;
	if (take > 4099)
		take = 4099;
	memcpy (into, stream->at + stream->given, take);
	stream->given += take;
	return (int64_t) take;
}

static inline int
stream_rewind (void *context, struct larder_error *error)
{
	(void) error;
	struct stream *stream = context;
	stream->given = 0;
	stream->rewinds++;
	return 0;
}

static inline struct larder_source
stream_source (struct stream *stream)
{
	return (struct larder_source) {
		.size = sizeof (struct larder_source), .context = stream, .length = stream->count, .read = stream_read, .rewind = stream_rewind,
	};
}

/* A server of ours and a client of it. */
static inline void
begin (struct server *server, struct client *client, server_fn handle, void *context)
{
	server_start (server, handle, context, NULL);
	client_open (client, server->port);
}

static inline void
end (struct server *server, struct client *client)
{
	client_close (client);
	server_stop (server);
}

#endif
