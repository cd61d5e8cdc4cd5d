/* test-http-failure.c: what goes wrong on the way: each deadline, a cancel at each point, replies cut short or come
 * early, nobody there. Waits end by what happens, never by a guess at how long it takes. */
#include "http-server.h"
#include "http-client.h"

#include <errno.h>
#include <netdb.h>

#include "unit.h"

#define MS INT64_C (1000000)
#define BIG ((size_t) 64 << 20)       /* more than the kernel holds for a peer that does not read */

/* ---- names ------------------------------------------------------------------------------------- */

/* The C library's, as libcurl sees it here: no test asks a real name server. "slow.test" answers when the pipe is closed. */
static int slow_name[2] = { -1, -1 };
static struct client *slow_cancel;

__attribute__ ((visibility ("default"))) int
getaddrinfo (const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
             struct addrinfo **restrict ret)
{
	(void) service, (void) hints, (void) ret;
	char byte;
	if (strcmp (name, "slow.test") != 0)
		return EAI_NONAME;
	if (slow_cancel)
		client_cancel (slow_cancel);
	return read (slow_name[0], &byte, 1) < 0 ? EAI_SYSTEM : EAI_NONAME;
}

/* ---- servers ----------------------------------------------------------------------------------- */

/* What a server does with one request, in order. */
struct plan {
	bool accept_body;            /* read it whole */
	const char *say;
	size_t fill;                 /* bytes of a body after it */
	struct client *cancel;       /* the client's call, once all that was done */
	bool wait;                   /* until the client goes */
	bool hold;                   /* the same, and take nothing of it */
	bool reset;
};

static void
follow (struct peer *peer, void *context)
{
	const struct plan *plan = context;
	if (!peer_head (peer))
		return;
	size_t length = peer_length (peer);
	char *bytes = calloc (1, (length > plan->fill ? length : plan->fill) + 1);
	if (plan->accept_body)
		peer_body (peer, bytes, length);
	if (plan->say)
		peer_say (peer, plan->say);
	peer_write (peer, bytes, plan->fill);
	free (bytes);
	if (plan->cancel)
		client_cancel (plan->cancel);
	if (plan->wait)
		peer_wait_gone (peer);
	if (plan->hold)
		peer_hold (peer);
	if (plan->reset)
		peer_reset (peer);
}

static int64_t
slow (int64_t ns)
{
	const char *times = getenv ("LARDER_SLOW");
	return ns * (times ? strtol (times, NULL, 10) : 1);
}

static int64_t
zeroes (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	(void) error;
	if (context)
		*(uint64_t *) context = offset + count;     /* how far it was read */
	size_t left = offset < BIG ? (size_t) (BIG - offset) : 0;
	memset (into, 0, count < left ? count : left);
	return (int64_t) (count < left ? count : left);
}

static const struct larder_source big_source = { .size = sizeof big_source, .length = BIG, .pread = zeroes };

/* A place where connections are never accepted: the queue is full, so the handshake has no answer. */
struct full { int fd, fill[4]; unsigned port; };

static void
full_begin (struct full *full)
{
	full->fd = server_listen (0, &full->port);
	for (size_t i = 0; i < COUNT_OF (full->fill); i++) {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons ((uint16_t) full->port) };
		full->fill[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void) connect (full->fill[i], (struct sockaddr *) &address, sizeof address);
	}
}

static void
full_end (struct full *full)
{
	close (full->fd);
	for (size_t i = 0; i < COUNT_OF (full->fill); i++)
		close (full->fill[i]);
}

/* ---- deadlines --------------------------------------------------------------------------------- */

static void
check_time (const struct client *client, int64_t limit)
{
	ck_assert_int_ge (client->took, limit);
	ck_assert_int_lt (client->took, limit + slow (2000 * MS));
}

START_TEST (deadline_connect)
{
	struct full full;
	struct client client = { .options.connect = 150 * MS };
	full_begin (&full);
	client_open (&client, full.port);
	int code = client_do (&client, "PUT", "/", &big_source);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "no connection to '127.0.0.1:", "150 ms", NULL);
	check_time (&client, 150 * MS);
	client_close (&client);
	full_end (&full);
}
END_TEST

START_TEST (deadline_name)
{
	struct client client = { .options.connect = 150 * MS };
	ck_assert_int_eq (pipe (slow_name), 0);
	client_open (&client, 1);
	int code = client_do_url (&client, "GET", "http://slow.test/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "no connection to 'slow.test:80'", "150 ms", NULL);
	check_time (&client, 150 * MS);
	client_close (&client);
	close (slow_name[1]);
}
END_TEST

/* The server takes the connection and never says a word of TLS. */
static void
mute (struct peer *peer, void *context)
{
	char byte;
	if (peer_read (peer, &byte, 1) == 1 && context)
		client_cancel (context);
	peer_wait_gone (peer);
}

START_TEST (deadline_handshake)
{
	struct server server;
	struct client client = { .scheme = "https", .options.connect = 150 * MS };
	server_start (&server, mute, NULL, NULL);
	client_open (&client, server.port);
	int code = client_do (&client, "GET", "/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "no connection to '127.0.0.1:", "150 ms", NULL);
	check_time (&client, 150 * MS);
	end (&server, &client);
}
END_TEST

START_TEST (deadline_first_byte)
{
	struct server server;
	struct client client = { .options = { .first_byte = 150 * MS, .stall = 60000 * MS } };
	begin (&server, &client, follow, &(struct plan) { .accept_body = true, .wait = true });
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, "abc", 3, &source);
	int code = client_do (&client, "PUT", "/", _i ? &source : NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_SENT, "no reply from '127.0.0.1:", "150 ms", NULL);
	check_time (&client, 150 * MS);
	end (&server, &client);
}
END_TEST

/* The server stops reading: no wait for a reply, the request itself does not get out. */
START_TEST (deadline_sending)
{
	struct client client = { .options = { .stall = 200 * MS, .first_byte = 60000 * MS } };
	unsigned port;
	int fd = server_listen (1, &port);     /* the kernel accepts, nobody reads */
	client_open (&client, port);
	int code = client_do (&client, "PUT", "/", &big_source);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "took no byte of the request for 200 ms", NULL);
	check_time (&client, 200 * MS);
	client_close (&client);
	close (fd);
}
END_TEST

/* The kernel took all of it, the other side did not: that is not yet the wait for a reply. */
START_TEST (deadline_queued)
{
	struct client client = { .options = { .stall = 200 * MS, .first_byte = 60000 * MS } };
	unsigned port;
	int fd = server_listen (1, &port);
	client_open (&client, port);
	char *bytes = pattern_make (400000);
	struct memory_source memory;
	struct larder_source source;
	memory_source_begin (&memory, bytes, 400000, &source);
	int code = client_do (&client, "PUT", "/", &source);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, (int) client.reply.phase, "took no byte of the request for 200 ms", NULL);
	check_time (&client, 200 * MS);
	free (bytes);
	client_close (&client);
	close (fd);
}
END_TEST

START_TEST (deadline_receiving)
{
	struct server server;
	struct client client = { .options = { .stall = 200 * MS, .first_byte = 60000 * MS } };
	begin (&server, &client, follow, &(struct plan) { .say = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", .fill = 10, .wait = true });
	int code = client_do (&client, "GET", "/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_ANSWERED, "sent no byte of its reply for 200 ms", NULL);
	ck_assert_uint_eq (client.body.length, 10);
	check_time (&client, 200 * MS);
	end (&server, &client);
}
END_TEST

/* One byte each 25 ms, as many as the test says. */
static void
trickle (struct peer *peer, void *context)
{
	int count = *(const int *) context;
	char head[100];
	snprintf (head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", count);
	if (!peer_head (peer) || !peer_say (peer, head))
		return;
	for (int i = 0; i < count; i++) {
		poll (NULL, 0, 25);
		if (!peer_say (peer, "x"))
			return;
	}
}

/* Slow is no stall: what moves may take many times the deadline. */
START_TEST (slow_is_no_stall)
{
	struct server server;
	struct client client = { .options.stall = slow (500 * MS) };
	server_start (&server, trickle, &(int) { 40 }, NULL);
	client_open (&client, server.port);
	client_must (&client, "GET", "/", NULL, 200);
	ck_assert_uint_eq (client.body.length, 40);
	ck_assert_int_gt (client.took, 900 * MS);
	end (&server, &client);
}
END_TEST

START_TEST (deadline_whole)
{
	struct server server;
	struct client client = { .options = { .stall = 60000 * MS, .whole = slow (300 * MS) } };
	server_start (&server, trickle, &(int) { 100000 }, NULL);
	client_open (&client, server.port);
	int code = client_do (&client, "GET", "/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_ANSWERED, "was not done within ", NULL);
	check_time (&client, slow (300 * MS));
	end (&server, &client);
}
END_TEST

/* ---- cancel ------------------------------------------------------------------------------------ */

static void
check_cancelled (const struct client *client, int code, int phase)
{
	client_check_failure (client, code, LARDER_E_CANCELLED, phase, "cancelled", NULL);
	ck_assert_int_lt (clock_boot () - client->cancelled_at, slow (500 * MS));
}

START_TEST (cancel_before)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, follow, &(struct plan) { .wait = true });
	client_cancel (&client);
	check_cancelled (&client, client_do (&client, "GET", "/", NULL), HTTP_NOT_SENT);
	ck_assert_uint_eq (server.requests, 0);
	end (&server, &client);
}
END_TEST

/* Handshakes to that port that wait for an answer (state 02, SYN_SENT), as the kernel tells. */
static int
handshakes_to (unsigned port)
{
	char wanted[40], line[300];
	int found = 0;
	snprintf (wanted, sizeof wanted, "0100007F:%04X 02", port);
	FILE *table = fopen ("/proc/net/tcp", "r");
	ck_assert_ptr_nonnull (table);
	while (fgets (line, sizeof line, table))
		found += strstr (line, wanted) != NULL;
	fclose (table);
	return found;
}

struct watch { struct client *client; int before; };

/* Once one more waits than those that fill the queue. */
static void *
cancel_at_handshake (void *context)
{
	const struct watch *watch = context;
	while (handshakes_to (watch->client->port) <= watch->before)
		poll (NULL, 0, 1);
	client_cancel (watch->client);
	return NULL;
}

START_TEST (cancel_connecting)
{
	struct full full;
	struct client client = { 0 };
	pthread_t thread;
	full_begin (&full);
	client_open (&client, full.port);
	struct watch watch = { &client, handshakes_to (full.port) };
	pthread_create (&thread, NULL, cancel_at_handshake, &watch);
	check_cancelled (&client, client_do (&client, "GET", "/", NULL), HTTP_NOT_SENT);
	pthread_join (thread, NULL);
	client_close (&client);
	full_end (&full);
}
END_TEST

START_TEST (cancel_name)
{
	struct client client = { 0 };
	ck_assert_int_eq (pipe (slow_name), 0);
	client_open (&client, 1);
	slow_cancel = &client;
	check_cancelled (&client, client_do_url (&client, "GET", "http://slow.test/", NULL), HTTP_NOT_SENT);
	slow_cancel = NULL;
	client_close (&client);
	close (slow_name[1]);
}
END_TEST

START_TEST (cancel_handshake)
{
	struct server server;
	struct client client = { .scheme = "https" };
	server_start (&server, mute, &client, NULL);
	client_open (&client, server.port);
	check_cancelled (&client, client_do (&client, "GET", "/", NULL), HTTP_NOT_SENT);
	end (&server, &client);
}
END_TEST

/* waiting for a reply; sending; receiving */
START_TEST (cancel_under_way)
{
	struct server server;
	struct client client = { 0 };
	struct plan plans[] = {
		{ .accept_body = true, .cancel = &client, .wait = true },
		{ .cancel = &client, .hold = true },
		{ .say = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", .fill = 500000, .wait = true },
	};
	begin (&server, &client, follow, &plans[_i]);
	client.cancel_at_body = _i == 2;
	int code = client_do (&client, "PUT", "/", _i == 1 ? &big_source : NULL);
	static const int phases[] = { HTTP_SENT, HTTP_NOT_SENT, HTTP_ANSWERED };
	check_cancelled (&client, code, phases[_i]);
	end (&server, &client);
}
END_TEST

static void
answer_then_cancel (struct peer *peer, void *context)
{
	if (!peer_head (peer) || !peer_say (peer, "HTTP/1.1 204 OK\r\n\r\n") || !peer_head (peer))
		return;
	client_cancel (context);
	peer_wait_gone (peer);
}

/* Over a connection that stands, nothing but the call's descriptor wakes the wait. */
START_TEST (cancel_quiet)
{
	struct server server;
	struct client client = { 0 };
	server_start (&server, answer_then_cancel, &client, NULL);
	client_open (&client, server.port);
	client_must (&client, "GET", "/", NULL, 204);
	check_cancelled (&client, client_do (&client, "GET", "/", NULL), HTTP_SENT);
	ck_assert (client.reply.reused);
	end (&server, &client);
}
END_TEST

/* ---- cut short --------------------------------------------------------------------------------- */

struct cut { const char *say; size_t fill; const char *words; };

static const struct cut cuts[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 400, "cut short after 400 of 1000 bytes" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0, "cut short after 0 of 1000 bytes" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nd", 0, "cut short after 4 bytes" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 0, "cut short after 3 bytes" },
};

START_TEST (cut_body)
{
	const struct cut *cut = &cuts[_i / 2];
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, follow, &(struct plan) { .say = cut->say, .fill = cut->fill, .reset = _i % 2 });
	int code = client_do (&client, "GET", "/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_ANSWERED, "reply of '127.0.0.1:", _i % 2 ? "cut short" : cut->words, NULL);
	ck_assert_int_eq (client.reply.status, 200);
	end (&server, &client);
}
END_TEST

static const char *const half_heads[] = { NULL, "HTT", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" };

START_TEST (cut_head)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, follow, &(struct plan) { .accept_body = true, .say = half_heads[_i / 2], .reset = _i % 2 });
	int code = client_do (&client, "PUT", "/", NULL);
	ck_assert_int_eq (code, LARDER_E_UNAVAILABLE);
	ck_assert_uint_eq (client.heads, 0);
	ck_assert_uint_eq (client.reply.phase, HTTP_SENT);
	end (&server, &client);
}
END_TEST

START_TEST (no_http)
{
	static const char *const words[] = { "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/2 200\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n" };
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, follow, &(struct plan) { .say = words[_i] });
	int code = client_do (&client, "GET", "/", NULL);
	ck_assert_msg (code == LARDER_E_UNAVAILABLE, "%d %s", code, client.error.message);
	ck_assert (client.reply.lasting);
	ck_assert_uint_eq (client.heads, 0);
	end (&server, &client);
}
END_TEST

/* ---- early replies ----------------------------------------------------------------------------- */

static const char *const early[] = {
	"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\ndenied",
	"HTTP/1.1 412 No\r\nContent-Length: 6\r\nConnection: close\r\n\r\ndenied",
	"HTTP/1.1 307 No\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n6\r\ndenied\r\n0\r\n\r\n",
	"HTTP/1.1 400 No\r\nConnection: close\r\n\r\ndenied",
};

/* No more is sent then. The server refuses after the headers, and waits for the client or goes at once, which resets the connection. */
START_TEST (early_reply)
{
	struct server server;
	struct client client = { 0 };
	begin (&server, &client, follow, &(struct plan) { .say = early[_i / 2], .wait = _i % 2 && _i / 2 != 3 });
	for (int i = 0; i < 10; i++) {
		uint64_t far = 0;
		struct larder_source source = big_source;
		source.context = &far;
		client_must (&client, "PUT", "/", &source, (int) strtol (early[_i / 2] + 9, NULL, 10));
		ck_assert_uint_lt (far, BIG / 2);
		ck_assert_str_eq (buffer_text (&client.body), "denied");
		ck_assert_uint_eq (client.heads, 1);
	}
	end (&server, &client);
}
END_TEST

/* Goes while it is sent a body, without a word that arrived; asked first, it answers, or goes again. */
static void
ask_first (struct peer *peer, void *context)
{
	if (!peer_head (peer))
		return;
	bool asked = strcasestr (peer->head, "\r\nexpect: 100-continue\r\n") != NULL;
	ck_assert (asked == (peer->number == 1));
	if (!asked || !context) {
		peer_reset (peer);
		return;
	}
	peer_say (peer, context);
	char *bytes = malloc (BIG);
	if (strstr (context, " 100 ") && peer_body (peer, bytes, BIG))
		peer_say (peer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	free (bytes);
}

START_TEST (asked_again)
{
	static const char *const replies[] = {
		"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\ndenied", "HTTP/1.1 100 Continue\r\n\r\n", NULL,
	};
	static const int statuses[] = { 403, 200, 0 };
	struct server server;
	struct client client = { 0 };
	server_start (&server, ask_first, (void *) (uintptr_t) replies[_i], NULL);
	client_open (&client, server.port);
	int code = client_do (&client, "PUT", "/", &big_source);
	if (!replies[_i])
		client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "closed the connection without a reply", NULL);
	ck_assert_int_eq (client.reply.status, statuses[_i]);
	ck_assert_uint_eq (server.requests, 2);
	ck_assert_uint_eq (client.heads, replies[_i] ? 1 : 0);
	end (&server, &client);
}
END_TEST

/* ---- nobody there ------------------------------------------------------------------------------ */

START_TEST (refused)
{
	unsigned port;
	close (server_listen (1, &port));
	struct client client = { 0 };
	client_open (&client, port);
	int code = client_do (&client, "PUT", "/", &big_source);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "cannot connect to '127.0.0.1:", "Connection refused", NULL);
	ck_assert_int_eq (client.error.errnum, ECONNREFUSED);
	ck_assert_str_ne (client.error.next, "");
	client_close (&client);
}
END_TEST

START_TEST (no_name)
{
	struct client client = { 0 };
	client_open (&client, 1);
	int code = client_do_url (&client, "GET", "http://nowhere.test:9000/", NULL);
	client_check_failure (&client, code, LARDER_E_UNAVAILABLE, HTTP_NOT_SENT, "no address for 'nowhere.test:9000'", NULL);
	client_close (&client);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-http-failure-deadline-connect", deadline_connect, 0 },
		{ "test-http-failure-deadline-name", deadline_name, 0 },
		{ "test-http-failure-deadline-handshake", deadline_handshake, 0 },
		{ "test-http-failure-deadline-first-byte", deadline_first_byte, 2 },
		{ "test-http-failure-deadline-sending", deadline_sending, 0 },
		{ "test-http-failure-deadline-queued", deadline_queued, 0 },
		{ "test-http-failure-deadline-receiving", deadline_receiving, 0 },
		{ "test-http-failure-slow-is-no-stall", slow_is_no_stall, 0 },
		{ "test-http-failure-deadline-whole", deadline_whole, 0 },
		{ "test-http-failure-cancel-before", cancel_before, 0 },
		{ "test-http-failure-cancel-connecting", cancel_connecting, 0 },
		{ "test-http-failure-cancel-name", cancel_name, 0 },
		{ "test-http-failure-cancel-handshake", cancel_handshake, 0 },
		{ "test-http-failure-cancel-under-way", cancel_under_way, 3 },
		{ "test-http-failure-cancel-quiet", cancel_quiet, 0 },
		{ "test-http-failure-cut-body", cut_body, 2 * COUNT_OF (cuts) },
		{ "test-http-failure-cut-head", cut_head, 2 * COUNT_OF (half_heads) },
		{ "test-http-failure-no-http", no_http, 5 },
		{ "test-http-failure-early-reply", early_reply, 2 * COUNT_OF (early) },
		{ "test-http-failure-asked-again", asked_again, 3 },
		{ "test-http-failure-refused", refused, 0 },
		{ "test-http-failure-no-name", no_name, 0 },
	};
	return unit_run ("http-failure", cases, COUNT_OF (cases));
}
