/* http-server.h: a server for the tests of http, on loopback: one thread a connection, and each test says in a
 * function of its own what the server does, byte by byte. */
#ifndef LARDER_TESTS_HTTP_SERVER_H
#define LARDER_TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/ssl.h>

#define SERVER_PEERS 64

struct server;

/* One connection, seen from the server. */
struct peer {
	struct server *server;
	pthread_t thread;
	int fd;
	SSL *ssl;
	unsigned number;             /* 0 for the first connection */
	char head[70000];            /* of the request, NUL-terminated */
};

typedef void (*server_fn) (struct peer *peer, void *context);

struct server {
	int fd, stop[2];
	unsigned port;
	server_fn handle;
	void *context;
	SSL_CTX *tls;
	pthread_t thread;
	atomic_uint connections, requests, closed;
	struct peer *peers[SERVER_PEERS];
};

static inline bool
peer_write (struct peer *peer, const void *bytes, size_t count)
{
	const char *at = bytes;
	while (count > 0) {
		int take = count > 1 << 20 ? 1 << 20 : (int) count;
		ssize_t done = peer->ssl ? SSL_write (peer->ssl, at, take) : send (peer->fd, at, (size_t) take, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
		at += done;
		count -= (size_t) done;
	}
	return true;
}

static inline bool
peer_say (struct peer *peer, const char *text)
{
	return peer_write (peer, text, strlen (text));
}

static inline ssize_t
peer_read (struct peer *peer, void *into, size_t count)
{
	return peer->ssl ? SSL_read (peer->ssl, into, (int) count) : recv (peer->fd, into, count, 0);
}

/* The whole head of the next request; false: the client is gone. */
static inline bool
peer_head (struct peer *peer)
{
	size_t length = 0;
	while (length < sizeof peer->head - 1 && peer_read (peer, peer->head + length, 1) == 1) {
		peer->head[++length] = '\0';
		if (length >= 4 && memcmp (peer->head + length - 4, "\r\n\r\n", 4) == 0) {
			peer->server->requests++;
			return true;
		}
	}
	return false;
}

/* What Content-Length says; 0 without. */
static inline size_t
peer_length (const struct peer *peer)
{
	const char *at = strcasestr (peer->head, "\r\ncontent-length:");
	return at ? strtoul (at + 17, NULL, 10) : 0;
}

static inline bool
peer_body (struct peer *peer, char *into, size_t count)
{
	for (size_t at = 0; at < count;) {
		ssize_t got = peer_read (peer, into + at, count - at);
		if (got <= 0)
			return false;
		at += (size_t) got;
	}
	return true;
}

/* Until the client closes: how a server is silent without a clock. */
static inline void
peer_wait_gone (struct peer *peer)
{
	char bytes[65536];
	while (peer_read (peer, bytes, sizeof bytes) > 0)
		;
}

/* The same without reading anything. */
static inline void
peer_hold (const struct peer *peer)
{
	struct pollfd fds[2] = { { .fd = peer->fd, .events = POLLRDHUP }, { .fd = peer->server->stop[0], .events = POLLIN } };
	poll (fds, 2, -1);
}

/* The next close tells a reset instead of an end. */
static inline void
peer_reset (const struct peer *peer)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	setsockopt (peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* Answers each request with its own body. */
static inline void
echo (struct peer *peer, void *context)
{
	(void) context;
	while (peer_head (peer)) {
		size_t length = peer_length (peer);
		char *body = malloc (length + 1), head[100];
		if (!peer_body (peer, body, length)) {
			free (body);
			return;
		}
		snprintf (head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length);
		bool sent = peer_say (peer, head) && peer_write (peer, body, length);
		free (body);
		if (!sent)
			return;
	}
}

static inline void *
peer_run (void *context)
{
	struct peer *peer = context;
	struct server *server = peer->server;
	sigset_t pipe_signal;      /* of this thread alone: the client must do without */
	sigemptyset (&pipe_signal);
	sigaddset (&pipe_signal, SIGPIPE);
	pthread_sigmask (SIG_BLOCK, &pipe_signal, NULL);
	if (server->tls) {
		peer->ssl = SSL_new (server->tls);
		SSL_set_fd (peer->ssl, peer->fd);
	}
	if (!peer->ssl || SSL_accept (peer->ssl) == 1)
		server->handle (peer, server->context);
	if (peer->ssl)
		SSL_free (peer->ssl);
	/* closed for the client; the number stays taken until server_stop */
	int placeholder = dup2 (server->stop[0], peer->fd);
	ck_assert_int_ge (placeholder, 0);
	server->closed++;
	return NULL;
}

static inline void *
server_run (void *context)
{
	struct server *server = context;
	for (;;) {
		struct pollfd fds[2] = { { .fd = server->fd, .events = POLLIN }, { .fd = server->stop[0], .events = POLLIN } };
		poll (fds, 2, -1);
		if (fds[1].revents)
			return NULL;
		int fd = accept (server->fd, NULL, NULL);
		unsigned number = server->connections;
		if (fd < 0 || number == SERVER_PEERS)
			return NULL;
		struct peer *peer = calloc (1, sizeof *peer);
		*peer = (struct peer) { .server = server, .fd = fd, .number = number };
		server->peers[number] = peer;
		server->connections++;
		pthread_create (&peer->thread, NULL, peer_run, peer);
	}
}

static inline int
server_listen (int backlog, unsigned *ret_port)
{
	int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	ck_assert_int_eq (bind (fd, (struct sockaddr *) &address, size), 0);
	ck_assert_int_eq (listen (fd, backlog), 0);
	ck_assert_int_eq (getsockname (fd, (struct sockaddr *) &address, &size), 0);
	*ret_port = ntohs (address.sin_port);
	return fd;
}

static inline void
server_start (struct server *server, server_fn handle, void *context, SSL_CTX *tls)
{
	*server = (struct server) { .handle = handle, .context = context, .tls = tls };
	ck_assert_int_eq (pipe (server->stop), 0);
	server->fd = server_listen (SERVER_PEERS, &server->port);
	ck_assert_int_eq (pthread_create (&server->thread, NULL, server_run, server), 0);
}

/* Whoever waits for the client is woken as if it had gone. */
static inline void
server_stop (struct server *server)
{
	ck_assert_int_eq (write (server->stop[1], "", 1), 1);
	pthread_join (server->thread, NULL);
	for (unsigned i = 0; i < server->connections; i++) {
		shutdown (server->peers[i]->fd, SHUT_RDWR);
		pthread_join (server->peers[i]->thread, NULL);
		close (server->peers[i]->fd);
		free (server->peers[i]);
	}
	close (server->fd);
	close (server->stop[0]);
	close (server->stop[1]);
}

/* Until that many connections were closed by the server. */
static inline void
server_wait_closed (const struct server *server, unsigned count)
{
	while (server->closed < count)
		poll (NULL, 0, 1);
}

#endif
