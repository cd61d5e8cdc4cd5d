/* null-server.c: a null S3 server on loopback, to rank clients by: it throws away what it gets and makes up what it gives.
 *
 *   null-server [--certificate PEM --key PEM] [--latency MS] [--every N --faults rcs] [--check] [--nagle]
 *   null-server --content BYTES       writes what an object of that length holds
 *
 * A part of a key like 1000x64KiB names a set of objects (null-names.c); a bucket "empty" holds only what was written.
 * Prints {"port": N} when it listens, and at SIGTERM the requests it had, by kind. */
#include "loopback.h"
#include "null.h"

#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME(name) #name,
static const char *const kinds[COUNTS] = { KINDS (NAME) };

#define BODY_ROOM (4u << 20)      /* 1000 keys of a batch delete, 10,000 parts of an upload */

/* One connection. */
struct guest { struct server *server; int fd; struct guest *next; };

/* False: the server ends. */
static bool
come (struct guest *guest)
{
	struct server *server = guest->server;
	pthread_mutex_lock (&server->lock);
	bool welcome = !server->ending;
	if (welcome) {
		guest->next = server->guests;
		server->guests = guest;
	}
	pthread_mutex_unlock (&server->lock);
	return welcome;
}

static void
leave (struct guest *guest)
{
	struct server *server = guest->server;
	pthread_mutex_lock (&server->lock);
	struct guest **at = &server->guests;
	while (*at != guest)
		at = &(*at)->next;
	*at = guest->next;
	pthread_cond_signal (&server->left);
	pthread_mutex_unlock (&server->lock);
}

/* Connections that clients leave open are ended, so that nobody uses what is freed next. */
static void
see_off (struct server *server)
{
	pthread_mutex_lock (&server->lock);
	server->ending = true;
	for (const struct guest *guest = server->guests; guest; guest = guest->next)
		shutdown (guest->fd, SHUT_RDWR);
	while (server->guests)
		pthread_cond_wait (&server->left, &server->lock);
	pthread_mutex_unlock (&server->lock);
}

static bool
shake_hands (struct server *server, struct line *line)
{
	if (!server->tls)
		return true;
	line->ssl = SSL_new (server->tls);
	return line->ssl && SSL_set_fd (line->ssl, line->fd) == 1 && SSL_accept (line->ssl) == 1;
}

static void
serve (struct server *server, struct line *line)
{
	struct request *request = malloc (sizeof *request);
	char *body = malloc (BODY_ROOM), *head;
	if (request && body && shake_hands (server, line))
		while ((head = line_head (line)) && (head = strdup (head))) {
			bool goes_on = request_parse (request, head) && request_take_body (server, line, request, body, BODY_ROOM)
				&& answer (server, line, request, body);
			const char *connection = goes_on ? request_header (request, "connection") : NULL;
			goes_on = goes_on && !(connection && strcasecmp (connection, "close") == 0);
			free (head);
			if (!goes_on)
				break;
		}
	free (request);
	free (body);
}

static void *
run (void *context)
{
	struct guest *guest = context;
	struct line *line = calloc (1, sizeof *line);
	if (line && come (guest)) {
		line->fd = guest->fd;
		serve (guest->server, line);
		SSL_free (line->ssl);
		OPENSSL_thread_stop ();          /* what the library keeps of this thread: its own end may come too late */
		leave (guest);
	}
	close (guest->fd);
	free (line);
	free (guest);
	return NULL;
}

static void *
take_guest (void *context, int fd)
{
	struct server *server = context;
	struct guest *guest = malloc (sizeof *guest);
	setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int) { !server->options.nagle }, sizeof (int));
	atomic_fetch_add (&server->counts[COUNT_connections], 1);
	if (guest)
		*guest = (struct guest) { server, fd, NULL };
	return guest;
}

static int
usage (void)
{
	fprintf (stderr, "usage: null-server [--certificate PEM --key PEM] [--latency MS] [--every N --faults rcs] [--check] [--nagle]\n"
	         "       null-server --content BYTES\n");
	return 2;
}

/* 0: go on. */
static int
parse (int argc, char **argv, struct options *options, uint64_t *content)
{
	static const struct option table[] = {
		{ "certificate", required_argument, NULL, 'c' }, { "key", required_argument, NULL, 'k' }, { "latency", required_argument, NULL, 'l' },
		{ "every", required_argument, NULL, 'e' }, { "faults", required_argument, NULL, 'f' }, { "check", no_argument, NULL, 'v' }, { "nagle", no_argument, NULL, 'n' },
		{ "content", required_argument, NULL, 'o' }, { 0 }
	};
	options->faults = "r";
	for (int letter; (letter = getopt_long (argc, argv, "", table, NULL)) != -1;)
		switch (letter) {
		case 'c': options->certificate = optarg; break;
		case 'k': options->key = optarg; break;
		case 'l': options->latency = (unsigned) strtoul (optarg, NULL, 10); break;
		case 'e': options->every = (unsigned) strtoul (optarg, NULL, 10); break;
		case 'f': options->faults = optarg; break;
		case 'v': options->check = true; break;
		case 'n': options->nagle = true; break;
		case 'o': *content = strtoull (optarg, NULL, 10); break;
		default: return usage ();
		}
	bool known = *options->faults && options->faults[strspn (options->faults, "rcs")] == '\0';
	return optind == argc && known ? 0 : usage ();
}

static void
tell (struct server *server)
{
	for (size_t i = 0; i < COUNTS; i++)
		printf ("%s\"%s\": %lu", i ? ", " : "{", kinds[i], atomic_load (&server->counts[i]));
	printf ("}\n");
}

int
main (int argc, char **argv)
{
	static struct server server = { .lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER };
	uint64_t content = UINT64_MAX;
	unsigned port = 0;
	int code = parse (argc, argv, &server.options, &content), signal_number;
	if (code)
		return code;
	content_open ();
	if (content != UINT64_MAX)
		return content_write (STDOUT_FILENO, content);
	if (server.options.certificate && !(server.tls = loopback_tls (server.options.certificate, server.options.key)))
		return fprintf (stderr, "null-server: no certificate and key in '%s'\n", server.options.certificate), 1;
	sigset_t ends;
	sigemptyset (&ends);
	sigaddset (&ends, SIGTERM);
	sigaddset (&ends, SIGINT);
	pthread_sigmask (SIG_BLOCK, &ends, NULL);
	signal (SIGPIPE, SIG_IGN);
	struct loopback loopback = { loopback_listen (&port), take_guest, run, &server };
	if (!loopback_start (&loopback))
		return perror ("null-server"), 1;
	printf ("{\"port\": %u}\n", port);
	fflush (stdout);
	sigwait (&ends, &signal_number);
	see_off (&server);
	tell (&server);
	SSL_CTX_free (server.tls);
	return 0;
}
