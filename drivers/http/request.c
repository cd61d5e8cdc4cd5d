/* request.c: a request as libcurl's options. What differs from one request to the next is set for each; the rest, which
 * costs more than all else here, once for a connection and the place it leads to.
 *
 * HTTP/1.1 only: a request has a connection for itself, so that a stall, a cancel or a lost reply concerns this
 * request alone, and what has left and what has not can be told; S3 and the servers like it offer nothing else. */
#include "exchange.h"

#include <string.h>
#include <strings.h>

#include "arena.h"
#include "error.h"

#define REQUEST_HEADER_MOST 65536
#define NO_DEADLINE_MS (24 * 60 * 60 * 1000L)   /* libcurl's own default would be 5 minutes */

static bool
is_token (const char *name)
{
	for (const char *at = name; *at; at++) {
		bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
		if (!plain && !strchr ("-_.!#$%&'*+^`|~", *at))
			return false;
	}
	return *name;
}

/* A line break in a value would begin a header, or a request, of somebody else's making. */
static bool
is_value (const char *value)
{
	for (const unsigned char *at = (const unsigned char *) value; *at; at++)
		if ((*at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	return true;
}

/* Lines and list lie in the arena: libcurl only reads them. */
static int
add_line (struct exchange *exchange, const char *line)
{
	struct curl_slist *more = line ? arena_alloc (exchange->arena, sizeof *more) : NULL;
	if (!more)
		return larder_fail_memory (exchange->error);
	*more = (struct curl_slist) { .data = (char *) (uintptr_t) line };
	if (exchange->headers_last)
		exchange->headers_last->next = more;
	else
		exchange->headers = more;
	exchange->headers_last = more;
	return 0;
}

/* "name: value"; "name;" is libcurl's way to say an empty one. */
static const char *
line_of (struct larder_arena *arena, const struct larder_pair *pair, size_t name, size_t value)
{
	char *line = arena_alloc (arena, name + value + 3);
	if (!line)
		return NULL;
	memcpy (line, pair->name, name);
	if (pair->value[strspn (pair->value, " \t")] == '\0') {
		memcpy (line + name, ";", 2);
		return line;
	}
	memcpy (line + name, ": ", 2);
	memcpy (line + name + 2, pair->value, value + 1);
	return line;
}

static int
add_header (struct exchange *exchange, const struct larder_pair *pair)
{
	if (!is_token (pair->name))
		return larder_fail (exchange->error, LARDER_E_INVALID, "no name of a header: '%.80s'", pair->name);
	if (!is_value (pair->value))
		return larder_fail (exchange->error, LARDER_E_INVALID, "header '%.80s' holds a control byte", pair->name);
	if (strcasecmp (pair->name, "transfer-encoding") == 0)
		return larder_fail (exchange->error, LARDER_E_INVALID, "header '%s' is not the caller's", pair->name);
	/* these two are the URL's and the body's */
	if (strcasecmp (pair->name, "host") == 0 || strcasecmp (pair->name, "content-length") == 0)
		return 0;
	size_t name = strlen (pair->name), value = strlen (pair->value);
	if (name + value + 2 > REQUEST_HEADER_MOST)
		return larder_fail (exchange->error, LARDER_E_LIMIT, "header '%.80s' is too long", pair->name);
	return add_line (exchange, line_of (exchange->arena, pair, name, value));
}

bool
request_has_header (const struct exchange *exchange, const char *name)
{
	const struct larder_pairs *headers = &exchange->request->headers;
	for (size_t i = 0; i < headers->count; i++)
		if (strcasecmp (larder_pair_at (headers, i)->name, name) == 0)
			return true;
	return false;
}

/* Those given, and none of those that libcurl would add on its own. */
static int
add_headers (struct exchange *exchange)
{
	const struct larder_pairs *headers = &exchange->request->headers;
	int code = 0;
	for (size_t i = 0; i < headers->count && code == 0; i++)
		code = add_header (exchange, larder_pair_at (headers, i));
	if (code == 0 && !request_has_header (exchange, "expect"))
		code = add_line (exchange, exchange->ask ? "Expect: 100-continue" : "Expect:");
	if (code == 0 && !request_has_header (exchange, "accept"))
		code = add_line (exchange, "Accept:");
	if (code == 0 && exchange->small && !request_has_header (exchange, "content-type"))
		code = add_line (exchange, "Content-Type:");
	return code;
}

/* May libcurl, which found an idle connection dead, send the request once more over a new one? When nobody can have
 * acted on it, and its body begins at its beginning; else the caller must know. Nor once a reply was told: libcurl would
 * answer a 417 with another try. */
static bool
may_repeat (const struct exchange *exchange)
{
	const char *method = exchange->request->method;
	long sent = 0;
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_REQUEST_SIZE, &sent);
	bool question = strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0;
	if (exchange->small)       /* whole in libcurl's hands from the beginning: it left, or nothing did */
		return !exchange->head && (sent == 0 || question);
	return !exchange->head && exchange->given == 0 && (sent == 0 || question || exchange->given_before < exchange->length);
}

static int
connection_ready (void *context, char *to, char *from, int to_port, int from_port)
{
	(void) to, (void) from, (void) to_port;
	struct exchange *exchange = context;
	long connects = 0;
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (exchange->ready)
		exchange->connection->settled = false;   /* libcurl counts such repetitions until a reset, and gives up at the fifth */
	if (exchange->ready && !may_repeat (exchange)) {
		exchange->lost = true;
		return CURL_PREREQFUNC_ABORT;
	}
	exchange->code = exchange->ready ? exchange_request_turn (exchange) : 0;
	if (exchange->code < 0)
		return CURL_PREREQFUNC_ABORT;
	exchange->reply->reused = connects == 0;
	exchange->ready = true;
	exchange->socket = socket_at_port (exchange->connection, from_port);
	exchange->moved_at = exchange->http->host->boot ();
	return CURL_PREREQFUNC_OK;
}

/* Headers and a small body leave in one write: one wake-up of the server, and half of libcurl's rounds. libcurl does so for
 * what it knows as a form, whatever its method; it has the body's bytes then, and asks no callback. */
static bool
is_small (const struct exchange *exchange)
{
	return exchange->length > 0 && exchange->length <= HTTP_SMALL_MOST && !exchange->ask && !request_has_header (exchange, "expect");
}

static void
set_method (const struct exchange *exchange)
{
	CURL *easy = exchange->connection->easy;
	const struct http_request *request = exchange->request;
	bool must_tell_length = strcmp (request->method, "PUT") == 0 || strcmp (request->method, "POST") == 0;
	curl_easy_setopt (easy, CURLOPT_HTTPGET, 1L);              /* forgets the others */
	if (exchange->small) {
		curl_easy_setopt (easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) exchange->length);
		curl_easy_setopt (easy, CURLOPT_POSTFIELDS, exchange->connection->small);
	} else if (request->body || must_tell_length) {
		curl_easy_setopt (easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt (easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t) exchange->length);
	} else if (strcmp (request->method, "HEAD") == 0) {
		curl_easy_setopt (easy, CURLOPT_NOBODY, 1L);
	}
	curl_easy_setopt (easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void
set_callbacks (struct exchange *exchange)
{
	CURL *easy = exchange->connection->easy;
	curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, exchange->connection->words);
	curl_easy_setopt (easy, CURLOPT_READFUNCTION, send_read);
	curl_easy_setopt (easy, CURLOPT_READDATA, exchange);
	curl_easy_setopt (easy, CURLOPT_SEEKFUNCTION, send_seek);
	curl_easy_setopt (easy, CURLOPT_SEEKDATA, exchange);
	curl_easy_setopt (easy, CURLOPT_HEADERFUNCTION, reply_header);
	curl_easy_setopt (easy, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, reply_body);
	curl_easy_setopt (easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt (easy, CURLOPT_PREREQFUNCTION, connection_ready);
	curl_easy_setopt (easy, CURLOPT_PREREQDATA, exchange);
}

static void
set_tls (const struct exchange *exchange)
{
	CURL *easy = exchange->connection->easy;
	const struct http *http = exchange->http;
	curl_easy_setopt (easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (http->trust) {
		curl_easy_setopt (easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt (easy, CURLOPT_CAPATH, NULL);
		curl_easy_setopt (easy, CURLOPT_SSL_CTX_FUNCTION, trust_use);
		curl_easy_setopt (easy, CURLOPT_SSL_CTX_DATA, http->trust);
	} else if (http->ca_file) {
		curl_easy_setopt (easy, CURLOPT_CAINFO, http->ca_file);
		curl_easy_setopt (easy, CURLOPT_CAPATH, NULL);
	}
}

/* libcurl shares the time to connect out among the addresses of a name; it is ours that ends it, just before. CURLOPT_QUICK_EXIT:
 * a cancel does not wait for a name server. */
static void
set_manners (const struct exchange *exchange)
{
	CURL *easy = exchange->connection->easy;
	const struct http *http = exchange->http;
	int64_t connect = http->options.connect / 1000000 + 50;
	curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT_MS, http->options.connect > 0 && connect < NO_DEADLINE_MS ? (long) connect : NO_DEADLINE_MS);
	curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt (easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt (easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	curl_easy_setopt (easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, exchange->place.tls ? "https" : "http");
	curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt (easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	curl_easy_setopt (easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt (easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt (easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt (easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt (easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt (easy, CURLOPT_USERAGENT, http->agent);
	if (http->options.direct)
		curl_easy_setopt (easy, CURLOPT_PROXY, "");
}

/* libcurl has both for the time of one request. */
static void
set_buffers (const struct exchange *exchange)
{
	CURL *easy = exchange->connection->easy;
	bool piece = exchange->length >= HTTP_PIECE_FROM || request_has_header (exchange, "range");
	bool lean = exchange->busy >= (piece ? HTTP_MANY_PIECES : HTTP_MANY);
	curl_easy_setopt (easy, CURLOPT_BUFFERSIZE, lean || exchange->length ? HTTP_LEAN_BUFFER : HTTP_RECEIVE_BUFFER);
	curl_easy_setopt (easy, CURLOPT_UPLOAD_BUFFERSIZE, lean ? HTTP_LEAN_BUFFER : exchange->place.tls ? HTTP_SEND_BUFFER_TLS : HTTP_SEND_BUFFER);
}

static void
settle (const struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	curl_easy_reset (connection->easy);
	socket_prepare (connection);
	set_tls (exchange);
	set_manners (exchange);
	connection->settled = true;
}

/* What needs memory of libcurl's fails only here. */
int
request_prepare (struct exchange *exchange)
{
	CURL *easy = exchange->connection->easy;
	if (!is_token (exchange->request->method))
		return larder_fail (exchange->error, LARDER_E_INVALID, "no method: '%.40s'", exchange->request->method);
	int code = is_small (exchange) ? send_take_whole (exchange) : 0;
	if (code == 0)
		code = add_headers (exchange);
	if (code < 0)
		return code;
	exchange->connection->words[0] = '\0';
	if (!exchange->connection->settled)
		settle (exchange);
	set_buffers (exchange);
	set_method (exchange);
	set_callbacks (exchange);
	curl_easy_setopt (easy, CURLOPT_HTTPHEADER, exchange->headers);
	if (curl_easy_setopt (easy, CURLOPT_URL, exchange->request->url) != CURLE_OK)
		return larder_fail_memory (exchange->error);
	return 0;
}

void
request_forget (struct connection *connection)
{
	curl_easy_setopt (connection->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt (connection->easy, CURLOPT_POSTFIELDS, NULL);
}
