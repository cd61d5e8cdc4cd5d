/* aws-script.h: a client of aws against a server that follows a script: one step a request, whatever connection it comes on. */
#ifndef LARDER_TESTS_AWS_SCRIPT_H
#define LARDER_TESTS_AWS_SCRIPT_H

#include <sys/eventfd.h>

#include "arena.h"
#include "aws.h"
#include "buffer.h"
#include "call.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "inner.h"
#include "http-server.h"
#include "unit.h"

/* Lengths are added where a step's text holds "\r\n\r\n" and no length of its own. */
struct step {
	const char *reply;       /* NULL: close without a word, after the request was read */
	bool close;              /* close after the reply, or what there is of it */
};

#define STEPS_MOST 256

struct script {
	struct server server;
	const struct step *steps;
	size_t count;            /* the last one is repeated */
	pthread_mutex_t mutex;
	unsigned asked;
	char heads[STEPS_MOST][6000];
	char bodies[STEPS_MOST][600];
};

struct play {
	struct script script;
	SSL_CTX *tls;            /* of the server, or NULL */
	struct larder_host host;
	struct larder_call call;
	atomic_int cancelled;
	char endpoint[64];
	struct aws_settings settings;
	struct aws_client *client;
	struct larder_arena *arena;
	struct larder_error error;
	struct aws_reply reply;
};

/* In one write: small pieces would wait for each other's acknowledgement. */
static inline void
script_answer (struct peer *peer, const char *reply)
{
	const char *end = strstr (reply, "\r\n\r\n") + 2;
	bool head = strncmp (peer->head, "HEAD", 4) == 0, told = strcasestr (reply, "content-length:");
	struct buffer text;
	buffer_init (&text, 1 << 20);
	buffer_add (&text, reply, (size_t) (end - reply));
	if (!told)
		buffer_printf (&text, "Content-Length: %zu\r\n", head ? 0 : strlen (end + 2));
	buffer_add_text (&text, head ? "\r\n" : end);
	peer_write (peer, text.at, text.length);
	buffer_free (&text);
}

static inline void
script_handle (struct peer *peer, void *context)
{
	struct script *script = context;
	for (bool open = true; open && peer_head (peer); ) {
		char body[100000];
		size_t length = peer_length (peer);
		if (length > sizeof body || !peer_body (peer, body, length))
			return;
		pthread_mutex_lock (&script->mutex);
		unsigned at = script->asked++;
		ck_assert_uint_lt (at, STEPS_MOST);
		snprintf (script->heads[at], sizeof script->heads[at], "%.*s", (int) sizeof script->heads[at] - 1, peer->head);
		snprintf (script->bodies[at], sizeof script->bodies[at], "%.*s", length < 599 ? (int) length : 599, body);
		const struct step *step = &script->steps[at < script->count ? at : script->count - 1];
		pthread_mutex_unlock (&script->mutex);
		if (step->reply)
			script_answer (peer, step->reply);
		open = step->reply && !step->close;
	}
}

static inline const struct larder_host *
play_host (struct play *play)
{
	play->host = module_host;
	return &play->host;
}

/* `play` zeroed, settings and host as the test wants them; a server and a client that talks to it. */
static inline void
play_begin (struct play *play, const struct step *steps, size_t count)
{
	static const char *const variables[] = { "http_proxy", "all_proxy", "ALL_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION",
	                                         "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	                                         "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	                                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT" };
	for (size_t i = 0; i < COUNT_OF (variables); i++)
		unsetenv (variables[i]);
	setenv ("AWS_CONFIG_FILE", "/dev/null", 1);      /* the user's own files are no part of a test */
	setenv ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
	setenv ("AWS_EC2_METADATA_DISABLED", "true", 1);
	if (!play->host.size)
		play->host = module_host;
	play->script.steps = steps;
	play->script.count = count;
	pthread_mutex_init (&play->script.mutex, NULL);
	server_start (&play->script.server, script_handle, &play->script, play->tls);
	snprintf (play->endpoint, sizeof play->endpoint, "%s://127.0.0.1:%u", play->tls ? "https" : "http", play->script.server.port);
	play->arena = arena_new ();
	play->call = (struct larder_call) { .arena = play->arena, .cancel_fd = eventfd (0, EFD_CLOEXEC), .cancelled = &play->cancelled };
	play->settings.endpoint = play->endpoint;
	if (!play->settings.access_key) {
		play->settings.access_key = "AKIDEXAMPLE";
		play->settings.secret_key = "verysecretkey";
	}
	if (!play->settings.attempts)
		play->settings.attempts = 3;
	play->error = (struct larder_error) LARDER_ERROR_INIT;
	int code = aws_client_open (&play->host, "objects", "s3", &play->settings, &play->client, &play->error);
	ck_assert_msg (code == 0, "%s", play->error.message);
}

static inline void
play_end (struct play *play)
{
	aws_client_close (play->client);
	server_stop (&play->script.server);
	arena_free (play->arena);
	close (play->call.cancel_fd);
}

static inline void
play_cancel (struct play *play)
{
	play->cancelled = 1;
	ck_assert_int_eq (eventfd_write (play->call.cancel_fd, 1), 0);
}

/* A clock by which every wait is over at once. */
static inline int64_t
jumping (void)
{
	static _Atomic int64_t now;
	return now += 3600 * NS_PER_S;
}

/* One request for bucket 'b' and key 'k'. `how` gives what is not usual. */
static inline int
play_send (struct play *play, const char *method, struct aws_send how)
{
	struct aws_request request;
	aws_request_begin (&request, play->arena, method, "b", "k");
	how.arena = play->arena;
	how.what = "cannot do 'k'";
	if (!how.request)
		how.request = &request;
	play->error = (struct larder_error) LARDER_ERROR_INIT;
	play->reply = (struct aws_reply) { .status = -1 };
	return aws_send (play->client, &play->call, &how, &play->reply, &play->error);
}

static inline int
play_get (struct play *play)
{
	return play_send (play, "GET", (struct aws_send) { .arena = NULL });
}

static inline bool
head_has (const struct play *play, unsigned at, const char *text)
{
	return strcasestr (play->script.heads[at], text) != NULL;
}

/* PLAY (play, steps…); settings and host of `play` as the test wants them; BEGIN (play). */
#define PLAY(name, ...) struct play name = { 0 }; const struct step name##_steps[] = { __VA_ARGS__ }
#define BEGIN(name) play_begin (&name, name##_steps, COUNT_OF (name##_steps))

#define OK "HTTP/1.1 200 OK\r\n\r\n"
#define OK_WITH(body) "HTTP/1.1 200 OK\r\n\r\n" body
#define REFUSED(line, code) "HTTP/1.1 " line "\r\nx-amz-request-id: R1\r\n\r\n<Error><Code>" code "</Code><Message>words of the service.</Message></Error>"
#define ANOTHER_REGION(name) "HTTP/1.1 400 Bad Request\r\n\r\n<Error><Code>AuthorizationHeaderMalformed</Code><Region>" name "</Region></Error>"

#endif
