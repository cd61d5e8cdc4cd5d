/* fault-proxy.c: an HTTP or HTTPS proxy in front of a server, that goes by a scenario. README.md has the words of its rules.
 *
 *   fault-proxy [--certificate PEM --key PEM] [--log FILE] UPSTREAM-HOST:PORT SCENARIO.json
 *
 * Prints {"port": N} when it listens, writes a line of JSON for each request to the log, and works until stdin ends. For each byte on stdin it
 * prints a line when the log has all requests that came so far: a client may have its reply before that. */
#include "fault.h"
#include "loopback.h"

#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STILL_SECONDS = 10 };

double
now (void)
{
	struct timespec time;
	clock_gettime (CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

void
wait_seconds (double seconds)
{
	struct timespec left = { (time_t) seconds, (long) ((seconds - (double) (time_t) seconds) * 1e9) };
	nanosleep (&left, NULL);
}

/* ---- one connection ---------------------------------------------------------------------------- */

bool
exchange_connect (struct exchange *exchange)
{
	const struct proxy *proxy = exchange->proxy;
	if (exchange->server.fd >= 0)
		return true;
	int fd = socket (proxy->upstream->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect (fd, (struct sockaddr *) proxy->upstream, proxy->upstream_size) == 0) {
		setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof (int));
		exchange->server.fd = fd;
		return true;
	}
	if (fd >= 0)
		close (fd);
	return false;
}

static void
write_log (struct exchange *exchange, const struct rule *rule)
{
	json_t *headers = json_object ();
	for (size_t i = 0; i < exchange->request.count; i++)
		json_object_set_new (headers, exchange->request.pairs[i].name, json_string (exchange->request.pairs[i].value));
	json_t *record = json_pack ("{s:I, s:I, s:s, s:s, s:s, s:I, s:i, s:i, s:I, s:o}", "number", (json_int_t) exchange->number, "connection",
		(json_int_t) exchange->connection, "method", exchange->method, "path", exchange->target, "action", rule ? rule->name : "pass", "body_bytes",
		(json_int_t) exchange->body_bytes, "server", exchange->upstream_status, "status", exchange->status, "reply_bytes",
		(json_int_t) exchange->reply_bytes, "headers", headers);
	pthread_mutex_lock (&exchange->proxy->log_lock);
	if (record && json_dumpf (record, exchange->proxy->log, JSON_COMPACT) == 0) {
		fputc ('\n', exchange->proxy->log);
		fflush (exchange->proxy->log);
	}
	exchange->proxy->under_way--;
	pthread_cond_signal (&exchange->proxy->still);
	pthread_mutex_unlock (&exchange->proxy->log_lock);
	json_decref (record);
}

static unsigned long
next_number (struct proxy *proxy)
{
	static unsigned long count;
	pthread_mutex_lock (&proxy->log_lock);
	unsigned long number = ++count;
	proxy->under_way++;
	pthread_mutex_unlock (&proxy->log_lock);
	return number;
}

/* As one that is gone at once, with nothing sent after it. */
static void
reset (struct exchange *exchange)
{
	setsockopt (exchange->client.fd, SOL_SOCKET, SO_LINGER, &(struct linger) { 1, 0 }, sizeof (struct linger));
	close (exchange->client.fd);
	exchange->client.fd = -1;
}

/* false: the connection ends. */
static bool
one_request (struct exchange *exchange)
{
	char first[8192], *rest = first;
	snprintf (first, sizeof first, "%s", exchange->request.first);
	const char *method = strsep (&rest, " "), *target = strsep (&rest, " ");
	if (!target)
		return false;
	snprintf (exchange->method, sizeof exchange->method, "%s", method);
	exchange->target = strdup (target);
	exchange->number = next_number (exchange->proxy);
	exchange->body_bytes = exchange->reply_bytes = 0;
	exchange->upstream_status = exchange->status = 0;
	body_of_request (&exchange->request, &exchange->client, &exchange->body);
	const struct rule *rule = rules_find (&exchange->proxy->rules, exchange->number, exchange->method, exchange->target);
	if (rule && rule->delay > 0)
		wait_seconds (rule->delay);
	bool on = (rule ? rule->act : act_pass) (exchange, rule);
	if (!on && rule && rule->reset)
		reset (exchange);
	write_log (exchange, rule);
	free (exchange->target);
	return on;
}

static void *
run (void *context)
{
	struct exchange *exchange = context;
	struct proxy *proxy = exchange->proxy;
	SSL *ssl = proxy->tls ? SSL_new (proxy->tls) : NULL;
	exchange->client.ssl = ssl;
	bool on = !proxy->tls || (ssl && SSL_set_fd (ssl, exchange->client.fd) == 1 && SSL_accept (ssl) == 1);
	while (on && head_read (&exchange->client, &exchange->request)) {
		on = one_request (exchange);
		head_free (&exchange->request);
	}
	SSL_free (ssl);
	if (exchange->client.fd >= 0)
		close (exchange->client.fd);
	if (exchange->server.fd >= 0)
		close (exchange->server.fd);
	free (exchange);
	return NULL;
}

static void *
take_client (void *context, int fd)
{
	struct proxy *proxy = context;
	struct exchange *exchange = calloc (1, sizeof *exchange);
	setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof (int));
	if (exchange) {
		exchange->proxy = proxy;
		exchange->client.fd = fd;
		exchange->server.fd = -1;
		exchange->connection = ++proxy->connections;
	}
	return exchange;
}

/* ---- its beginning ----------------------------------------------------------------------------- */

static bool
find_upstream (struct proxy *proxy, char *address)
{
	static struct sockaddr_storage found;
	struct addrinfo *list = NULL;
	char *colon = strrchr (address, ':');
	if (colon)
		*colon = '\0';
	if (!colon || getaddrinfo (address, colon + 1, &(struct addrinfo) { .ai_socktype = SOCK_STREAM }, &list) != 0)
		return false;
	memcpy (&found, list->ai_addr, list->ai_addrlen);
	proxy->upstream = &found;
	proxy->upstream_size = list->ai_addrlen;
	freeaddrinfo (list);
	return true;
}

/* One that is held longer than that is not waited for. */
static void
tell_when_still (struct proxy *proxy)
{
	struct timespec until;
	clock_gettime (CLOCK_REALTIME, &until);
	until.tv_sec += STILL_SECONDS;
	pthread_mutex_lock (&proxy->log_lock);
	for (int failed = 0; proxy->under_way > 0 && failed == 0;)
		failed = pthread_cond_timedwait (&proxy->still, &proxy->log_lock, &until);
	pthread_mutex_unlock (&proxy->log_lock);
	puts ("still");
	fflush (stdout);
}

static int
usage (void)
{
	fprintf (stderr, "usage: fault-proxy [--certificate PEM --key PEM] [--log FILE] HOST:PORT SCENARIO.json\n");
	return 2;
}

int
main (int argc, char **argv)
{
	static const struct option table[] = {
		{ "certificate", required_argument, NULL, 'c' }, { "key", required_argument, NULL, 'k' }, { "log", required_argument, NULL, 'l' }, { 0 }
	};
	static struct proxy proxy = { .rules.lock = PTHREAD_MUTEX_INITIALIZER, .log_lock = PTHREAD_MUTEX_INITIALIZER, .still = PTHREAD_COND_INITIALIZER };
	const char *certificate = NULL, *key = NULL, *log = "/dev/null";
	unsigned port = 0;
	char one;
	for (int letter; (letter = getopt_long (argc, argv, "", table, NULL)) != -1;)
		switch (letter) {
		case 'c': certificate = optarg; break;
		case 'k': key = optarg; break;
		case 'l': log = optarg; break;
		default: return usage ();
		}
	if (argc - optind != 2 || !find_upstream (&proxy, argv[optind]))
		return usage ();
	if (!rules_load (&proxy.rules, argv[optind + 1]))
		return 2;
	if (certificate && !(proxy.tls = loopback_tls (certificate, key)))
		return fprintf (stderr, "fault-proxy: no certificate and key in '%s'\n", certificate), 1;
	signal (SIGPIPE, SIG_IGN);
	struct loopback loopback = { loopback_listen (&port), take_client, run, &proxy };
	if (!(proxy.log = fopen (log, "we")) || !loopback_start (&loopback))
		return perror ("fault-proxy"), 1;
	printf ("{\"port\": %u}\n", port);
	fflush (stdout);
	while (read (STDIN_FILENO, &one, 1) > 0)
		tell_when_still (&proxy);
	return 0;
}
