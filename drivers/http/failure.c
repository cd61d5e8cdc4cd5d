/* failure.c: what a person reads when no whole reply came: which host, what failed, after how long. */
#include "exchange.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "text.h"

/* What a repetition may assume. */
uint32_t
exchange_phase (const struct exchange *exchange)
{
	long sent = 0;
	curl_off_t body = 0;
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_SIZE_UPLOAD_T, &body);
	if (exchange->head)
		return HTTP_ANSWERED;
	bool whole = exchange->ready && sent > 0 && (uint64_t) body == exchange->length;
	return exchange->lost || whole ? HTTP_SENT : HTTP_NOT_SENT;
}

/* Those who wait for the line ask why. */
static int
no_connection (struct exchange *exchange, long errnum, int code)
{
	if (exchange->error)
		exchange->error->errnum = (int32_t) errnum;
	return code;
}

int
failure_deadline (struct exchange *exchange, enum deadline deadline, int64_t limit)
{
	const char *host = exchange->place.host;
	char time[32];
	text_from_duration (limit, time);
	switch (deadline) {
	case DEADLINE_CONNECT:
		return no_connection (exchange, ETIMEDOUT, larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "no connection to '%s' within %s", host, time));
	case DEADLINE_FIRST_BYTE:
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "no reply from '%s' within %s", host, time);
	case DEADLINE_SEND:
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "'%s' took no byte of the request for %s", host, time);
	case DEADLINE_RECEIVE:
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "'%s' sent no byte of its reply for %s", host, time);
	case DEADLINE_WHOLE:
		break;
	}
	return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "request to '%s' was not done within %s", host, time);
}

/* libcurl's own words, without its prefixes. */
static const char *
words_of (const struct exchange *exchange, CURLcode result)
{
	static const char *const prefixes[] = { "SSL certificate problem: ", "SSL: " };
	const char *words = exchange->connection->words;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp (words, prefixes[i], strlen (prefixes[i])) == 0)
			words += strlen (prefixes[i]);
	return *words ? words : curl_easy_strerror (result);
}

static int
cannot_connect (struct exchange *exchange, CURLcode result)
{
	long errnum = 0;
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_OS_ERRNO, &errnum);
	int code = no_connection (exchange, errnum, larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "cannot connect to '%s': %s", exchange->place.host,
		errnum ? strerror ((int) errnum) : words_of (exchange, result)));
	larder_explain (exchange->error, LARDER_DETAIL_NEXT, "check that the server runs and that the endpoint names its host and port");
	return code;
}

static int
cannot_trust (struct exchange *exchange, CURLcode result)
{
	exchange->reply->lasting = true;
	int code = larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "cannot trust '%s': %s", exchange->place.host,
		words_of (exchange, result));
	larder_explain (exchange->error, LARDER_DETAIL_NEXT,
		"ca-file names the certificates to trust; the endpoint must be the name in the server's certificate");
	return code;
}

static int
no_tls (struct exchange *exchange, CURLcode result)
{
	int code = larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "no TLS with '%s': %s", exchange->place.host,
		words_of (exchange, result));
	larder_explain (exchange->error, LARDER_DETAIL_NEXT, "check that the endpoint's scheme, http or https, is the server's");
	return code;
}

static int
no_address (struct exchange *exchange)
{
	int code = larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "no address for '%s'", exchange->place.host);
	larder_explain (exchange->error, LARDER_DETAIL_NEXT, "check the endpoint's name, and that names can be looked up here");
	return code;
}

static int
closed (struct exchange *exchange, CURLcode result)
{
	const char *host = exchange->place.host;
	unsigned long long received = (unsigned long long) exchange->reply->received;
	curl_off_t length = -1;
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (!exchange->head)
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "'%s' closed the connection without a reply%s", host,
			exchange_phase (exchange) == HTTP_NOT_SENT ? "" : "; the request may have been carried out");
	if (length >= 0)
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "reply of '%s' was cut short after %llu of %lld bytes", host,
			received, (long long) length);
	return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "reply of '%s' was cut short after %llu bytes: %s", host, received,
		words_of (exchange, result));
}

static int
other (struct exchange *exchange, CURLcode result)
{
	return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "request to '%s' failed: %s", exchange->place.host,
		words_of (exchange, result));
}

static int
word (struct exchange *exchange, CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return no_address (exchange);
	case CURLE_COULDNT_CONNECT:
		return cannot_connect (exchange, result);
	case CURLE_OPERATION_TIMEDOUT:
		return failure_deadline (exchange, DEADLINE_CONNECT, exchange_patience (exchange));
	case CURLE_PEER_FAILED_VERIFICATION:
		return cannot_trust (exchange, result);
	case CURLE_SSL_CONNECT_ERROR:
		return no_tls (exchange, result);
	case CURLE_URL_MALFORMAT:
		exchange->reply->lasting = true;
		return larder_fail (exchange->error, LARDER_E_INVALID, "no URL: '%.200s'", exchange->request->url);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		exchange->reply->lasting = true;
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "'%s' does not speak HTTP/1.1: %s", exchange->place.host,
			words_of (exchange, result));
	case CURLE_OK:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_ABORTED_BY_CALLBACK:
		return closed (exchange, result);
	case CURLE_OUT_OF_MEMORY:
		return larder_fail_memory (exchange->error);
	default:
		return other (exchange, result);
	}
}

/* A server that refuses before it took the body goes away, and the bytes it did not take reset the connection. Its reply
 * had no length of its own: what came of it is all there is. */
static bool
refused_early (const struct exchange *exchange, CURLcode result)
{
	curl_off_t length = -1;
	curl_easy_getinfo (exchange->connection->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	return (result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR) && exchange->reply->status >= 300
		&& exchange->given < exchange->length && length < 0 && !http_header (exchange->reply, "transfer-encoding");
}

/* libcurl is done. `code` of a callback of ours comes first; a whole reply is no failure, whatever happened to the
 * request meanwhile. */
int
failure_result (struct exchange *exchange, CURLcode result)
{
	if (exchange->code != 0)
		return exchange->code;
	bool gone = result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING;
	exchange->cut = gone && exchange->ready && exchange->length > 0 && exchange_phase (exchange) == HTTP_NOT_SENT;
	if (exchange->head && (result == CURLE_OK || exchange->lost || refused_early (exchange, result)))
		return 0;
	return word (exchange, result);
}
