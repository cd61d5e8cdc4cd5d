/* view.c: an address asked for as a viewer does. */
#define LARDER_API_VERSION 0
#include <larder/driver.h>

#include "exchange.h"

#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

static int
body (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	const struct larder_sink *sink = context;
	return sink->write ? sink->write (sink->context, bytes, count, error) : 0;
}

static char *
copy (const struct http *http, struct larder_call *call, const char *text)
{
	size_t length = strlen (text) + 1;
	char *made = http->host->arena (call, length);
	return made ? memcpy (made, text, length) : NULL;
}

/* What lives in an arena of ours, in that of the call. */
static int
give (const struct http *http, struct larder_call *call, const struct http_reply *reply, struct larder_viewed *ret, struct larder_error *error)
{
	struct larder_viewed viewed = { .size = sizeof viewed, .status = reply->status, .tls = reply->tls };
	struct larder_pair *pairs = http->host->arena (call, (reply->headers.count + 1) * sizeof *pairs);
	for (size_t n = 0; pairs && n < reply->headers.count; n++) {
		const struct larder_pair *pair = larder_pair_at (&reply->headers, n);
		pairs[n] = (struct larder_pair) { copy (http, call, pair->name), copy (http, call, pair->value) };
		if (!pairs[n].name || !pairs[n].value)
			return larder_fail_memory (error);
	}
	if (!pairs)
		return larder_fail_memory (error);
	viewed.headers = (struct larder_pairs) { pairs, reply->headers.count, sizeof *pairs };
	larder_give (ret, &viewed);
	return 0;
}

int
http_view (struct http *http, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_view asked = { .size = sizeof asked };
	struct http_reply reply;
	struct larder_sink into = { .size = sizeof into };
	larder_give (&asked, request);
	if (sink)
		larder_give (&into, sink);
	if (!arena)
		return larder_fail_memory (error);
	const struct http_request sent = { .method = asked.method, .url = asked.url, .headers = asked.headers };
	const struct http_receiver receiver = { .context = &into, .body = body };
	int code = http_perform (http, call, arena, &sent, &receiver, &reply, error);
	return code < 0 ? code : give (http, call, &reply, ret_viewed, error);
}
