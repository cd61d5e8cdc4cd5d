/* http.c: the pool of connections, and one request from its beginning to its end. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"

#define LIBCURL_KEY "http-libcurl"

/* ---- open and close ---------------------------------------------------------------------------- */

static int
libcurl_begin (void *argument, void **ret, struct larder_error *error)
{
	(void) argument;
	if (curl_global_init (CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "libcurl cannot begin");
	*ret = NULL;
	return 0;
}

static void
libcurl_end (void *object)
{
	(void) object;
	curl_global_cleanup ();
}

static void
connection_free (struct connection *connection)
{
	if (!connection)
		return;
	curl_easy_cleanup (connection->easy);
	curl_multi_cleanup (connection->multi);
	free (connection->small);
	free (connection);
}

void
http_close (struct http *http)
{
	if (!http)
		return;
	const struct larder_host *host = http->host;
	while (http->idle) {
		struct connection *connection = http->idle;
		http->idle = connection->next;
		connection_free (connection);
	}
	if (http->trust)
		trust_unshare (host, http->ca_file);
	pthread_mutex_destroy (&http->mutex);
	free (http->ca_file);
	free (http->agent);
	free (http);
	host->unshare (LIBCURL_KEY);
}

/* Certificates are read when they are needed first: a file of all that a machine trusts takes longer than a whole command without TLS. */
static int
need_trust (struct http *http, struct larder_error *error)
{
	pthread_mutex_lock (&http->mutex);
	int code = http->trust || !trust_possible () ? 0 : trust_share (http->host, http->ca_file, &http->trust, error);
	pthread_mutex_unlock (&http->mutex);
	return code;
}

static int
set_options (struct http *http, const struct http_options *options, struct larder_error *error)
{
	http->options = *options;
	http->options.ca_file = http->options.agent = NULL;
	http->ca_file = options->ca_file ? strdup (options->ca_file) : NULL;
	http->agent = strdup (options->agent ? options->agent : "larder");
	if (!http->agent || (options->ca_file && !http->ca_file))
		return larder_fail_memory (error);
	return http->ca_file ? trust_look (http->ca_file, error) : 0;
}

int
http_open (const struct larder_host *host, const struct http_options *options, struct http **ret, struct larder_error *error)
{
	void *nothing = NULL;
	int code = host->share (LIBCURL_KEY, libcurl_begin, libcurl_end, NULL, &nothing, error);
	if (code < 0)
		return code;
	struct http *http = calloc (1, sizeof *http);
	if (!http) {
		host->unshare (LIBCURL_KEY);
		return larder_fail_memory (error);
	}
	http->host = host;
	pthread_mutex_init (&http->mutex, NULL);
	code = set_options (http, options, error);
	if (code < 0)
		http_close (http);
	else
		*ret = http;
	return code;
}

/* ---- the pool ---------------------------------------------------------------------------------- */

static struct connection *
connection_new (void)
{
	struct connection *connection = calloc (1, sizeof *connection);
	if (!connection)
		return NULL;
	for (size_t i = 0; i < HTTP_SOCKETS_MOST; i++)
		connection->sockets[i] = -1;
	connection->multi = curl_multi_init ();
	connection->easy = curl_easy_init ();
	if (connection->multi && connection->easy) {
		curl_multi_setopt (connection->multi, CURLMOPT_MAXCONNECTS, 1L);
		return connection;
	}
	connection_free (connection);
	return NULL;
}

/* One that leads there already; else one that leads elsewhere, once as many are kept as may be; else none. */
static struct connection *
idle_take (struct http *http, const struct place *place, unsigned *ret_busy)
{
	pthread_mutex_lock (&http->mutex);
	*ret_busy = ++http->busy;
	struct connection **at = &http->idle;
	while (*at && strcmp ((*at)->place, place->text) != 0)
		at = &(*at)->next;
	if (!*at && http->idle_count >= http->options.idle)
		at = &http->idle;
	struct connection *connection = *at;
	if (connection) {
		*at = connection->next;
		http->idle_count--;
	}
	pthread_mutex_unlock (&http->mutex);
	return connection;
}

/* NULL: none could be made. */
static void
idle_give (struct http *http, struct connection *connection)
{
	pthread_mutex_lock (&http->mutex);
	http->busy--;
	bool keep = connection && http->idle_count < http->options.idle;
	if (keep) {
		connection->next = http->idle;
		http->idle = connection;
		http->idle_count++;
	}
	pthread_mutex_unlock (&http->mutex);
	if (!keep)
		connection_free (connection);
}

/* ---- one request ------------------------------------------------------------------------------- */

int
exchange_request_turn (struct exchange *exchange)
{
	const struct larder_host *host = exchange->http->host;
	int64_t before = host->boot ();
	int code = host->pace_request (exchange->call, exchange->error);
	exchange->began += host->boot () - before;
	return code;
}

int64_t
exchange_bytes_turn (struct exchange *exchange, uint64_t count)
{
	const struct larder_host *host = exchange->http->host;
	int64_t before = host->boot ();
	int64_t may = host->pace_bytes (exchange->call, count, exchange->error);
	exchange->began += host->boot () - before;
	return may;
}

/* A small body waited for its turn when it was taken: behind that, for the request's own, so that none leaves early. */
static int
perform_once (struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	int code = send_begin (exchange);
	if (code == 0)
		code = request_prepare (exchange);
	if (code == 0)
		code = exchange_request_turn (exchange);
	if (code != 0)
		return code;
	if (curl_multi_add_handle (connection->multi, connection->easy) != CURLM_OK)
		return larder_fail_memory (exchange->error);
	code = exchange_drive (exchange);
	exchange->reply->phase = exchange_phase (exchange);
	curl_multi_remove_handle (connection->multi, connection->easy);
	return code;
}

/* Once more from the beginning, asking first. */
static void
begin_again (struct exchange *exchange)
{
	exchange->headers = exchange->headers_last = NULL;
	exchange->ask = true;
	exchange->cut = exchange->ready = exchange->lost = exchange->head = exchange->small = false;
	exchange->given = exchange->given_before = exchange->moved = 0;
	exchange->socket = -1;
	exchange->pairs_room = exchange->header_bytes = 0;
	*exchange->reply = (struct http_reply) { .status = 0 };
}

static int
perform (struct exchange *exchange)
{
	int code = perform_once (exchange);
	if (code < 0 && exchange->cut && !request_has_header (exchange, "expect")) {
		begin_again (exchange);
		code = perform_once (exchange);
	}
	request_forget (exchange->connection);
	return code;
}

int
http_perform (struct http *http, struct larder_call *call, struct larder_arena *arena, const struct http_request *request,
              const struct http_receiver *receiver, struct http_reply *ret_reply, struct larder_error *error)
{
	*ret_reply = (struct http_reply) { .status = 0 };
	struct exchange exchange = {
		.http = http, .call = call, .arena = arena, .request = request, .receiver = receiver, .reply = ret_reply, .error = error,
		.length = request->body ? request->body->length : 0, .began = http->host->boot (), .socket = -1,
	};
	int code = place_find (request->url, &exchange.place, error);
	if (code == 0 && exchange.place.tls)
		code = need_trust (http, error);
	if (code < 0)
		return code;
	exchange.connection = idle_take (http, &exchange.place, &exchange.busy);
	if (!exchange.connection)
		exchange.connection = connection_new ();
	if (!exchange.connection) {
		idle_give (http, NULL);
		return larder_fail_memory (error);
	}
	exchange.connection->settled &= strcmp (exchange.connection->place, exchange.place.text) == 0;
	memcpy (exchange.connection->place, exchange.place.text, sizeof exchange.connection->place);
	code = perform (&exchange);
	ret_reply->took = http->host->boot () - exchange.began;
	idle_give (http, exchange.connection);
	return code;
}

const char *
http_header (const struct http_reply *reply, const char *name)
{
	for (size_t i = 0; i < reply->headers.count; i++)
		if (strcmp (larder_pair_at (&reply->headers, i)->name, name) == 0)
			return larder_pair_at (&reply->headers, i)->value;
	return NULL;
}
