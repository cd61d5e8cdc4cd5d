/* send.c: one request until it is answered: sign, send, judge, wait, try again. Only before the first byte of
 * a reply reached the caller. */
#include "chain.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "random.h"
#include "text.h"

#define BODY_MOST (32 << 20)     /* of a reply that is collected */
#define FAULT_MOST (1 << 20)     /* of one that tells of an error */
#define STALE_MOST 2             /* idle connections that may turn out closed before it counts as a fault */
#define STALE_SOON NS_PER_S      /* such a one fails at once; what takes longer is a deadline */
#define SKEW_LEAST (60 * NS_PER_S)

/* One aws_send under way. */
struct sending {
	struct aws_client *client;
	const struct larder_host *host;
	struct larder_call *call;
	const struct aws_send *send;
	const char *payload_hash;
	char hash[65];
	struct memory_source memory;
	struct larder_source small;
	const struct larder_source *body;      /* what is sent, or NULL */

	unsigned tries, counted, stale;        /* all; those that count against attempts; those over connections found closed */
	int taken;                             /* tokens of the last retry */
	bool uncertain, moved, timed, renewed; /* moved, timed, renewed: region, clock or credentials were learned anew already */

	/* of the try under way */
	struct aws_target target;
	struct aws_credentials credentials;
	struct aws_signature signature;
	int64_t time;                          /* that was signed */
	bool asking, begun;                    /* asking: a GET after a HEAD that said nothing; begun: the caller has the reply */
	int refused;                           /* code of the caller's receiver */
	struct buffer collected;
	struct http_reply http;
	struct aws_fault fault;
};

/* ---- one try ------------------------------------------------------------------------------------ */

static bool
is_success (int status)
{
	return status >= 200 && status < 300;
}

static int
on_head (void *context, const struct http_reply *reply, struct larder_error *error)
{
	struct sending *sending = context;
	const struct http_receiver *receiver = sending->send->receiver;
	buffer_clear (&sending->collected);
	if (!is_success (reply->status))
		return 0;
	if (sending->asking)      /* only what a refusal says was wanted */
		return sending->refused = LARDER_E_CANCELLED;
	if (!receiver)
		return 0;
	sending->begun = true;
	return sending->refused = receiver->head ? receiver->head (receiver->context, reply, error) : 0;
}

static int
on_body (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct sending *sending = context;
	const struct http_receiver *receiver = sending->send->receiver;
	if (sending->begun)
		return sending->refused = receiver->body ? receiver->body (receiver->context, bytes, count, error) : 0;
	if (buffer_add (&sending->collected, bytes, count) == 0)
		return 0;
	larder_fail (error, LARDER_E_LIMIT, "the reply is longer than %d MiB", BODY_MOST >> 20);
	larder_explain (error, LARDER_DETAIL_NEXT, "look whether something else than the service answers at that endpoint");
	return sending->refused = LARDER_E_LIMIT;
}

/* Host comes from the URL. */
static struct larder_pairs
without_host (struct aws_request *request)
{
	size_t count = 0;
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp (request->headers[i].name, "host") != 0)
			request->headers[count++] = request->headers[i];
	return (struct larder_pairs) { request->headers, count, sizeof *request->headers };
}

/* The request as the caller filled it is not touched: each try signs a copy. */
static int
one_try (struct sending *sending, const char *method, struct larder_error *error)
{
	struct aws_client *client = sending->client;
	struct aws_request request = *sending->send->request;
	request.method = method;
	sending->refused = 0;
	sending->http = (struct http_reply) { 0 };
	buffer_clear (&sending->collected);
	int code = aws_client_target (client, &request, &sending->target, error);
	if (code == 0)
		code = aws_identity_get (aws_client_identity (client), sending->call, sending->send->arena, &sending->credentials, error);
	if (code)
		return sending->refused = code;
	sending->time = sending->host->wall () + atomic_load (&aws_client_common (client)->skew);
	code = aws_client_sign (client, &request, &sending->target, &sending->credentials, sending->time, sending->payload_hash, &sending->signature, error);
	if (code)
		return sending->refused = code;
	const struct http_request message = {
		.method = method, .url = sending->target.url, .headers = without_host (&request), .body = sending->asking ? NULL : sending->body,
		.connect = aws_client_patience (client),
	};
	const struct http_receiver receiver = { sending, on_head, on_body };
	return http_perform (aws_client_http (client), sending->call, sending->send->arena, &message, &receiver, &sending->http, error);
}

/* ---- what a try says ---------------------------------------------------------------------------- */

static bool
is_far (int64_t gap)
{
	return gap > SKEW_LEAST || gap < -SKEW_LEAST;
}

/* A HEAD has no body to say why; the same as a GET has. */
static void
ask_again_as_get (struct sending *sending)
{
	struct larder_error unused = LARDER_ERROR_INIT;
	struct http_reply first = sending->http;
	sending->asking = true;
	(void) one_try (sending, "GET", &unused);
	sending->asking = false;
	if (sending->http.status >= 300 && !sending->refused)
		aws_fault_read (sending->http.status, &sending->http.headers, buffer_text (&sending->collected), sending->collected.length,
		                &sending->fault);
	sending->http = first;
	buffer_clear (&sending->collected);
}

static bool
says_nothing (const struct sending *sending)
{
	return strcmp (sending->send->request->method, "HEAD") == 0 && !sending->fault.code[0] && !sending->fault.region[0];
}

/* Region and clock can be followed: the reason is wanted at once. */
static bool
is_wanted_at_once (const struct sending *sending)
{
	int status = sending->fault.status;
	return status == 301 || status == 400 || status == 401 || status == 403;
}

/* The tries are used up. A service that has too much to do is not asked twice each time, but once in the end, and that
 * costs as one more try. */
static void
ask_why (struct sending *sending, enum aws_retry kind)
{
	if (kind != AWS_RETRY_NEVER && says_nothing (sending) && aws_bucket_take (&aws_client_common (sending->client)->bucket, kind))
		ask_again_as_get (sending);
}

/* Is the document of a collected reply an error? Of a listing only its beginning is looked at. */
static bool
begins_as_error (const char *body)
{
	body += strspn (body, " \t\r\n");
	if (strncmp (body, "<?xml", 5) == 0 && (body = strstr (body, "?>")))
		body += 2 + strspn (body + 2, " \t\r\n");
	return body && strncmp (body, "<Error", 6) == 0;
}

/* True when the whole reply is a refusal; then `fault` says which. */
static bool
is_refused (struct sending *sending)
{
	const struct http_reply *reply = &sending->http;
	const char *method = sending->send->request->method;
	const char *body = buffer_text (&sending->collected);
	if (reply->status == 304 && (strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0))
		return false;
	if (is_success (reply->status))
		return !sending->begun && (sending->send->body_may_fail || begins_as_error (body)) &&
		       aws_fault_in_success (&reply->headers, body, sending->collected.length, &sending->fault);
	size_t length = sending->collected.length < FAULT_MOST ? sending->collected.length : FAULT_MOST;
	aws_fault_read (reply->status, &reply->headers, body, length, &sending->fault);
	if (says_nothing (sending) && is_wanted_at_once (sending))
		ask_again_as_get (sending);
	sending->fault.elsewhere = aws_fault_region (&sending->fault, sending->target.endpoint.region) != NULL;
	return true;
}

static void
log_try (const struct sending *sending, const char *outcome)
{
	sending->host->log (LARDER_LOG_DEBUG, "aws: %s %s://%s%s: try %u: %s", sending->send->request->method, sending->target.endpoint.scheme,
	                    sending->target.endpoint.host, sending->target.path, sending->tries, outcome);
}

/* For whoever looks into a refused signature: what was signed, but for the token. */
static void
log_signature (const struct sending *sending)
{
	static const char header[] = "\nx-amz-security-token:";
	const char *text = sending->signature.canonical, *token = strstr (text, header);
	if (!token) {
		sending->host->log (LARDER_LOG_DEBUG, "aws: signed '%s'", text);
		return;
	}
	const char *rest = strchr (token + 1, '\n');
	sending->host->log (LARDER_LOG_DEBUG, "aws: signed '%.*s%s(hidden)%s'", (int) (token - text), text, header, rest ? rest : "");
}

/* ---- whether to try again ----------------------------------------------------------------------- */

int
aws_rest (const struct larder_host *host, struct larder_call *call, int64_t ns, const char *what, struct larder_error *error)
{
	const int64_t until = host->boot () + ns;
	struct pollfd cancel = { .fd = call ? host->cancel_fd (call) : -1, .events = POLLIN };
	for (;;) {
		int64_t left = until - host->boot ();
		if (left <= 0)
			return 0;
		int ready = poll (&cancel, 1, (int) ((left + 999999) / 1000000));
		if (ready > 0)
			return larder_fail (error, LARDER_E_CANCELLED, "%s: stopped while waiting to try again", what);
		if (ready < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "%s: cannot wait", what);
	}
}

static struct aws_retry_after
asked_wait (const struct http_reply *reply)
{
	bool plain = reply->status == 503 || reply->status == 429;
	return (struct aws_retry_after) { http_header (reply, "x-amz-retry-after"), plain ? http_header (reply, "retry-after") : NULL };
}

/* 1: try again, after the wait; 0: no more; a code: stopped. */
static int
again (struct sending *sending, enum aws_retry kind, const char *why, struct larder_error *error)
{
	struct aws_bucket *bucket = &aws_client_common (sending->client)->bucket;
	uint32_t random;
	if (kind == AWS_RETRY_NEVER || sending->counted >= aws_client_attempts (sending->client))
		return 0;
	int taken = aws_bucket_take (bucket, kind);
	if (!taken) {
		log_try (sending, "no tokens left for another try");
		return 0;
	}
	sending->taken = taken;
	random_bytes (&random, sizeof random);
	const struct aws_retry_after after = asked_wait (&sending->http);
	int64_t wait = aws_retry_wait (kind, sending->counted + 1, random, &after);
	char outcome[400], text[32];
	snprintf (outcome, sizeof outcome, "%.300s; again in %s", why, text_from_duration (wait, text));
	log_try (sending, outcome);
	int code = aws_rest (sending->host, sending->call, wait, sending->send->what, error);
	return code ? code : 1;
}

/* Nobody takes the connection, though the service has answered before: the line broke, or a server begins anew. That costs nobody
 * anything, so it is no try and takes no token: all wait as long as for a connection, counted from the first that was refused. 1: again;
 * 0: no more; a code: stopped. */
static int
await_line (struct sending *sending, const struct larder_error *from, struct larder_error *error)
{
	int down = from->errnum;
	if (down == ETIMEDOUT)
		aws_client_silent (sending->client);
	if (down != ECONNREFUSED && down != ENETUNREACH && down != EHOSTUNREACH && down != ENETDOWN)
		return 0;
	int64_t gone = aws_client_lost (sending->client);
	int64_t wait = gone / 2 < NS_PER_S ? gone / 2 + NS_PER_S / 20 : NS_PER_S;
	if (gone < 0 || gone + wait > aws_client_connect_timeout (sending->client))
		return 0;
	log_try (sending, "nobody takes the connection; again soon");
	sending->counted--;
	int code = aws_rest (sending->host, sending->call, wait, sending->send->what, error);
	return code ? code : 1;
}

/* The service named another region for the bucket: signed for that, once, at AWS's host of that region or at the endpoint that was
 * set, and at no other. */
static bool
follow_region (struct sending *sending)
{
	const char *bucket = sending->send->request->bucket, *signed_for = sending->target.endpoint.region;
	const char *region = aws_fault_region (&sending->fault, signed_for);
	if (!region || !bucket)
		return false;
	sending->fault.wandering = sending->moved;
	if (sending->moved)
		return false;
	sending->moved = true;
	if (aws_client_learn_region (sending->client, bucket, region))
		sending->host->log (LARDER_LOG_WARN, "bucket '%.80s' is in region %s, not %s; write region = %s in [backend \"%.60s\"]", bucket, region,
		                    signed_for, region, aws_client_name (sending->client));
	return true;
}

/* Requests that were under way when the clock jumped learn the same: it is said once. */
static void
learn_skew (const struct sending *sending, int64_t skew)
{
	int64_t known = atomic_exchange (&aws_client_common (sending->client)->skew, skew);
	char gap[32];
	if (!skew || !is_far (skew - known))
		return;
	text_from_duration (skew < 0 ? -skew : skew, gap);
	sending->host->log (LARDER_LOG_WARN, "this machine's clock is %s %s that of %s; set it (timedatectl)", gap, skew > 0 ? "behind" : "ahead of",
	                    sending->target.endpoint.host);
}

/* The clocks differ, or did when this was signed, for ours may jump and may be set right: learned once, for all that share these credentials. */
static bool
follow_clock (struct sending *sending)
{
	const char *date = http_header (&sending->http, "date");
	int64_t theirs, skew;
	if (strcmp (sending->fault.code, "RequestTimeTooSkewed") != 0 && strcmp (sending->fault.code, "RequestExpired") != 0)
		return false;
	if (!date || text_time_http (date, &theirs) < 0)
		return false;
	skew = theirs - sending->host->wall ();
	sending->fault.skew = is_far (skew) ? skew : 0;
	if (sending->timed || !is_far (theirs - sending->time))
		return false;
	sending->timed = true;
	learn_skew (sending, sending->fault.skew);
	return true;
}

/* Credentials that ended sooner than was said, or that another tool has renewed in their file. */
static bool
follow_credentials (struct sending *sending)
{
	static const char *const codes[] = { "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired" };
	bool expired = false;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		expired |= strcmp (sending->fault.code, codes[i]) == 0;
	if (!expired || sending->renewed || !aws_identity_refused (aws_client_identity (sending->client), &sending->credentials))
		return false;
	sending->renewed = true;
	log_try (sending, "the credentials have expired; again with fresh ones");
	return true;
}

/* ---- the end ------------------------------------------------------------------------------------ */

/* `fault` with a refusal. */
static int
give_reply (struct sending *sending, const struct aws_fault *fault, struct aws_reply *ret, struct larder_error *error)
{
	struct larder_arena *arena = sending->send->arena;
	struct aws_reply reply = {
		.status = fault ? fault->status : sending->http.status, .headers = sending->http.headers, .attempts = sending->tries,
		.uncertain = sending->uncertain,
	};
	if (!sending->begun) {
		reply.length = sending->collected.length;
		reply.body = arena_copy_bytes (arena, buffer_text (&sending->collected), reply.length);
	}
	if (fault)
		reply.fault = (const struct aws_fault *) (const void *) arena_copy_bytes (arena, fault, sizeof *fault);
	if ((!sending->begun && !reply.body) || (fault && !reply.fault))
		return larder_fail_memory (error);
	*ret = reply;
	return 0;
}

/* What http said, with what it was about in front. */
static int
give_failure (const struct sending *sending, const struct larder_error *from, int code, struct larder_error *error)
{
	larder_fail (error, code, "%s: %s", sending->send->what, from->message);
	larder_explain (error, LARDER_DETAIL_NEXT, from->next[0] ? from->next :
	                code == LARDER_E_UNAVAILABLE ? "try again; check that the server runs and that nothing on the way cuts connections" : "");
	larder_explain (error, LARDER_DETAIL_PROVIDER, from->provider);      /* STS's, when it was about credentials */
	larder_explain (error, LARDER_DETAIL_REQUEST, from->request);
	if (error && offsetof (struct larder_error, errnum) + sizeof error->errnum <= error->size) {
		error->errnum = from->errnum;
		error->status = from->status;
	}
	return code;
}

/* The network failed. 1: again; else the code. */
static int
after_failure (struct sending *sending, int code, const struct larder_error *from, struct larder_error *error)
{
	bool answered = sending->http.phase == HTTP_ANSWERED, soon = sending->http.took < STALE_SOON;
	if (sending->http.phase == HTTP_SENT || (answered && (is_success (sending->http.status) || sending->http.status >= 500)))
		sending->uncertain = true;
	if (sending->begun && code == LARDER_E_UNAVAILABLE && !sending->refused) {
		give_failure (sending, from, LARDER_E_RETRY, error);
		if (error && offsetof (struct larder_error, offset) + sizeof error->offset <= error->size)
			error->offset = sending->http.received;
		return LARDER_E_RETRY;
	}
	if (sending->refused || code != LARDER_E_UNAVAILABLE) {
		if (sending->begun && sending->refused) {    /* the receiver's own words */
			if (error)
				larder_give (error, from);
			return code;
		}
		return give_failure (sending, from, code, error);
	}
	if (sending->http.reused && !answered && soon && sending->stale < STALE_MOST) {
		sending->stale++;          /* closed by the server while it was idle: no fault of the service */
		sending->counted--;
		log_try (sending, "the idle connection was closed; again over another");
		return 1;
	}
	int more = await_line (sending, from, error);
	if (!more)
		more = again (sending, sending->http.lasting ? AWS_RETRY_NEVER : AWS_RETRY_TRANSIENT, from->message, error);
	return more ? more : give_failure (sending, from, code, error);
}

/* A whole refusal. 1: again; else the code, or 0 with the reply. */
static int
after_fault (struct sending *sending, struct aws_reply *ret, struct larder_error *error)
{
	const struct aws_fault *fault = &sending->fault;
	if (follow_region (sending) || follow_clock (sending) || follow_credentials (sending)) {
		sending->counted--;
		return 1;
	}
	if (fault->status == 500 || fault->status == 502 || fault->status == 504)
		sending->uncertain = true;     /* carried out, perhaps, and the answer was lost behind the front */
	char why[160];
	snprintf (why, sizeof why, "%d %s", fault->status, fault->code);
	enum aws_retry kind = aws_fault_retry (fault);
	int more = again (sending, kind, why, error);
	if (more)
		return more;
	log_try (sending, why);
	ask_why (sending, kind);
	if (strcmp (fault->code, "SignatureDoesNotMatch") == 0)
		log_signature (sending);
	return sending->send->plain_errors ? give_reply (sending, fault, ret, error) : aws_fault_error (fault, sending->send->what, error);
}

/* What an earlier try did was found; nobody will hear its reply any more. */
static int
give_done (const struct sending *sending, struct aws_reply *ret)
{
	log_try (sending, "it was carried out, its reply was lost");
	*ret = (struct aws_reply) { .headers = { NULL, 0, sizeof (struct larder_pair) }, .body = "", .attempts = sending->tries, .uncertain = true, .found_done = true };
	return 0;
}

static int
until_answered (struct sending *sending, struct aws_reply *ret, struct larder_error *error)
{
	for (;;) {
		struct larder_error failure = LARDER_ERROR_INIT;
		sending->tries++;
		sending->counted++;
		int code = one_try (sending, sending->send->request->method, &failure), more;
		if (code == 0 || sending->http.phase == HTTP_ANSWERED)
			aws_client_answered (sending->client);
		if (code)
			more = after_failure (sending, code, &failure, error);
		else if (is_refused (sending))
			more = after_fault (sending, ret, error);
		else {
			aws_bucket_give (&aws_client_common (sending->client)->bucket, sending->taken);
			return give_reply (sending, NULL, ret, error);
		}
		if (more != 1)
			return more;
		if (sending->uncertain && sending->send->done && sending->send->done (sending->send->done_context))
			return give_done (sending, ret);
	}
}

/* What is sent, and its digest for the signature: bodies of our own making are always signed. */
static int
prepare (struct sending *sending, struct larder_error *error)
{
	const struct aws_send *send = sending->send;
	sending->payload_hash = AWS_EMPTY_SHA256;
	if (send->body) {
		sending->body = send->body;
		sending->payload_hash = aws_client_signs_payload (sending->client) ? send->payload_hash : AWS_UNSIGNED_PAYLOAD;
	} else if (send->request->body) {
		sha256_hex (send->request->body, send->request->body_length, sending->hash);
		sending->payload_hash = sending->hash;
		memory_source_begin (&sending->memory, send->request->body, send->request->body_length, &sending->small);
		sending->body = &sending->small;
	}
	return sending->payload_hash ? 0 : larder_fail (error, LARDER_E_INVALID, "%s: the digest of its bytes is missing", send->what);
}

int
aws_send (struct aws_client *client, struct larder_call *call, const struct aws_send *send, struct aws_reply *ret_reply,
          struct larder_error *error)
{
	struct sending sending = { .client = client, .host = aws_client_host (client), .call = call, .send = send };
	buffer_init (&sending.collected, BODY_MOST);
	int code = prepare (&sending, error);
	if (code == 0)
		code = until_answered (&sending, ret_reply, error);
	buffer_free (&sending.collected);
	if (code < 0)
		ret_reply->uncertain = sending.uncertain;
	return code;
}

/* Of words between spaces; NULL: none. */
static bool
is_one_of (const char *words, const char *word)
{
	size_t length = strlen (word);
	for (const char *at = words; at && length && (at = strstr (at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

int
aws_exchange (struct aws_client *client, struct larder_call *call, const struct aws_send *send, const char *forgiven, struct aws_reply *ret, struct larder_error *error)
{
	int code = aws_request_check (send->request, error);
	if (code == 0)
		code = aws_send (client, call, send, ret, error);
	if (code < 0 || !ret->fault)
		return code;
	return is_one_of (forgiven, ret->fault->code) ? 1 : aws_fault_error (ret->fault, send->what, error);
}
