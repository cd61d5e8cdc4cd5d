/* drive.c: the waiting: for the network, the deadline of the phase, and the call's cancel. */
#include "exchange.h"

#include "clock.h"
#include "error.h"

#define LOOK_MS 1000        /* bytes that the kernel still holds leave without waking us */
#define NS_PER_MS 1000000
#define SMALL_REPLY 65536   /* of a larger one, segments follow each other and acknowledge themselves */

int
exchange_cancelled (struct exchange *exchange)
{
	if (!exchange->http->host->cancelled (exchange->call))
		return 0;
	return larder_fail (exchange->error, LARDER_E_CANCELLED, "request to '%s' cancelled", exchange->place.host);
}

/* Which deadline runs, since when; the phase follows from what has moved. */
static enum deadline
look (struct exchange *exchange, int64_t now)
{
	CURL *easy = exchange->connection->easy;
	long request = 0;
	curl_off_t sent = 0;
	if (!exchange->ready)
		return DEADLINE_CONNECT;
	curl_easy_getinfo (easy, CURLINFO_REQUEST_SIZE, &request);
	curl_easy_getinfo (easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	uint64_t received = exchange->header_bytes + exchange->reply->received;
	uint64_t queued = received ? 0 : socket_queued (exchange->socket);
	uint64_t moved = (uint64_t) request + (uint64_t) sent + exchange->given + received - queued;
	if (moved != exchange->moved) {
		exchange->moved = moved;
		exchange->moved_at = now;
	}
	if (received)
		return DEADLINE_RECEIVE;
	return (uint64_t) sent == exchange->length && queued == 0 && request > 0 ? DEADLINE_FIRST_BYTE : DEADLINE_SEND;
}

int64_t
exchange_patience (const struct exchange *exchange)
{
	return exchange->request->connect > 0 ? exchange->request->connect : exchange->http->options.connect;
}

/* ns until the next deadline of ours; none: a long time. Past: the failure. */
static int
check_deadlines (struct exchange *exchange, int64_t *ret_left)
{
	const struct http_options *options = &exchange->http->options;
	int64_t now = exchange->http->host->boot ();
	enum deadline phase = look (exchange, now);
	int64_t limit = phase == DEADLINE_CONNECT ? exchange_patience (exchange)
		: phase == DEADLINE_FIRST_BYTE ? options->first_byte : options->stall;
	int64_t since = phase == DEADLINE_CONNECT ? exchange->began : exchange->moved_at;
	if (options->whole > 0 && now - exchange->began >= options->whole)
		return failure_deadline (exchange, DEADLINE_WHOLE, options->whole);
	if (limit > 0 && now - since >= limit)
		return failure_deadline (exchange, phase, limit);
	int64_t left = LOOK_MS * (int64_t) NS_PER_MS;
	if (limit > 0 && since + limit - now < left)
		left = since + limit - now;
	if (options->whole > 0 && exchange->began + options->whole - now < left)
		left = exchange->began + options->whole - now;
	*ret_left = left;
	return 0;
}

static int
wait (struct exchange *exchange, int64_t ns)
{
	struct curl_waitfd cancel = { .fd = exchange->http->host->cancel_fd (exchange->call), .events = CURL_WAIT_POLLIN };
	int ms = (int) ((ns + NS_PER_MS - 1) / NS_PER_MS);
	CURLMcode result = curl_multi_poll (exchange->connection->multi, &cancel, cancel.fd >= 0 ? 1 : 0, ms, NULL);
	if (result != CURLM_OK)
		return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "cannot wait for '%s': %s", exchange->place.host,
			curl_multi_strerror (result));
	if (cancel.revents)
		return larder_fail (exchange->error, LARDER_E_CANCELLED, "request to '%s' cancelled", exchange->place.host);
	return 0;
}

static CURLcode
result_of (CURLM *multi)
{
	int left = 0;
	const CURLMsg *message = curl_multi_info_read (multi, &left);
	return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

int
exchange_drive (struct exchange *exchange)
{
	CURLM *multi = exchange->connection->multi;
	for (;;) {
		int running = 0, code = exchange_cancelled (exchange);
		if (code < 0)
			return code;
		CURLMcode result = curl_multi_perform (multi, &running);
		if (result != CURLM_OK)
			return larder_fail (exchange->error, LARDER_E_UNAVAILABLE, "request to '%s' failed: %s", exchange->place.host,
				curl_multi_strerror (result));
		if (!running)
			return failure_result (exchange, result_of (multi));
		int64_t left = 0;
		code = check_deadlines (exchange, &left);
		if (exchange->reply->received < SMALL_REPLY)
			socket_acknowledge_soon (exchange->socket);
		if (code == 0)
			code = wait (exchange, left);
		if (code < 0)
			return code;
	}
}
