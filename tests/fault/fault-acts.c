/* fault-acts.c: what rules do. Each returns whether the connection goes on. */
#include "fault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PIECE = 32 << 10 };
#define EDIT_MOST (8u << 20)

/* ---- pieces of an answer ----------------------------------------------------------------------- */

/* What happens to a body on its way, at a byte of it. */
struct harm { uint64_t flip, cut, twice, count; };
#define NO_HARM { UINT64_MAX, UINT64_MAX, UINT64_MAX, 0 }

/* The client hears nothing until it leaves. */
static bool
hold (struct exchange *exchange)
{
	char one;
	while (line_read (&exchange->client, &one, 1) > 0) { }
	return false;
}

static bool
continue_client (struct exchange *exchange)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const char *expect = head_get (&exchange->request, "expect");
	return !expect || line_send (&exchange->client, text, sizeof text - 1, false);
}

/* Bytes of the past once more, at `twice`; as many of the end go, so that the length stays. */
static void
repeat (char *piece, size_t count, uint64_t at, const struct harm *harm, char *kept)
{
	for (size_t i = 0; i < count; i++) {
		char byte = piece[i];
		uint64_t place = at + i;
		if (place >= harm->twice)
			piece[i] = kept[place % harm->count];
		kept[place % harm->count] = byte;
	}
}

/* true: to its end. */
static bool
move_body (struct body *body, struct line *to, uint64_t *count, const struct harm *harm)
{
	char piece[PIECE], kept[PIECE];
	for (;;) {
		size_t room = harm->cut - *count < sizeof piece ? (size_t) (harm->cut - *count) : sizeof piece;
		int got = room ? body_read (body, piece, room) : -1;
		if (got <= 0)
			return got == 0 && (!body->chunked || line_send (to, "0\r\n\r\n", 5, false));
		if (harm->flip >= *count && harm->flip - *count < (uint64_t) got)
			piece[harm->flip - *count] ^= 1;
		if (harm->count)
			repeat (piece, (size_t) got, *count, harm, kept);
		if (!body_send (body, to, piece, (size_t) got))
			return false;
		*count += (uint64_t) got;
	}
}

static bool
drain (struct body *body, uint64_t *count)
{
	char piece[PIECE];
	int got;
	while ((got = body_read (body, piece, sizeof piece)) > 0)
		*count += (uint64_t) got;
	return got == 0;
}

/* The request to the server, and the head of its reply. A server may answer and close before it has read all. */
static bool
forward (struct exchange *exchange, const struct harm *harm, struct head *ret)
{
	*ret = (struct head) { 0 };
	if (!exchange_connect (exchange) || !continue_client (exchange))
		return false;
	head_set (&exchange->request, "expect", NULL);
	if (!head_send (&exchange->request, &exchange->server))
		return false;
	bool whole = move_body (&exchange->body, &exchange->server, &exchange->body_bytes, harm);
	if (!whole && exchange->body_bytes >= harm->cut)
		return false;
	do {
		head_free (ret);
		if (!head_read (&exchange->server, ret))
			return false;
	} while (head_status (ret) < 200);
	exchange->upstream_status = head_status (ret);
	return true;
}

static bool
closes (const struct head *head)
{
	const char *how = head_get (head, "connection");
	return how && strcasecmp (how, "close") == 0;
}

static bool
pass_on (struct exchange *exchange, struct head *reply, const struct harm *harm)
{
	struct body body;
	body_of_reply (reply, exchange->method, &exchange->server, &body);
	exchange->status = head_status (reply);
	return head_send (reply, &exchange->client) && move_body (&body, &exchange->client, &exchange->reply_bytes, harm) && !body.endless && !closes (reply);
}

static bool
forward_and_pass_on (struct exchange *exchange, const struct harm *request, const struct harm *answer)
{
	struct head reply;
	bool on = forward (exchange, request, &reply) && pass_on (exchange, &reply, answer);
	head_free (&reply);
	return on;
}

/* The server has done it, and has been heard to the end. */
static bool
take_reply (struct exchange *exchange)
{
	static const struct harm none = NO_HARM;
	struct head reply;
	struct body body;
	uint64_t count = 0;
	bool taken = forward (exchange, &none, &reply);
	if (taken) {
		body_of_reply (&reply, exchange->method, &exchange->server, &body);
		taken = drain (&body, &count);
	}
	head_free (&reply);
	return taken;
}

/* ---- what rules do ----------------------------------------------------------------------------- */

bool
act_pass (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	(void) rule;
	return forward_and_pass_on (exchange, &none, &none);
}

static bool
act_cut_before (struct exchange *exchange, const struct rule *rule)
{
	return rule->hold ? hold (exchange) : false;
}

static bool
act_cut_request (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	struct harm cut = NO_HARM;
	cut.cut = rule->bytes;
	forward_and_pass_on (exchange, &cut, &none);
	return rule->hold ? hold (exchange) : false;
}

static bool
act_cut_reply (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	struct harm cut = NO_HARM;
	cut.cut = rule->bytes;
	forward_and_pass_on (exchange, &none, &cut);
	return rule->hold ? hold (exchange) : false;
}

static bool
act_drop_reply (struct exchange *exchange, const struct rule *rule)
{
	(void) rule;
	take_reply (exchange);
	return false;
}

static bool
act_stall (struct exchange *exchange, const struct rule *rule)
{
	(void) rule;
	take_reply (exchange);
	return hold (exchange);
}

static bool
act_flip (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	struct harm flip = NO_HARM;
	flip.flip = rule->bytes;
	return forward_and_pass_on (exchange, &none, &flip);
}

static bool
act_flip_request (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	struct harm flip = NO_HARM;
	flip.flip = rule->bytes;
	return forward_and_pass_on (exchange, &flip, &none);
}

static bool
act_duplicate (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	struct harm twice = NO_HARM;
	twice.twice = rule->bytes;
	twice.count = rule->count > 0 && rule->count < PIECE ? rule->count : 1;
	return forward_and_pass_on (exchange, &none, &twice);
}

static void
set_headers (struct head *head, const json_t *values)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *) (uintptr_t) values, name, value)
		head_set (head, name, json_string_value (value));
}

/* A length of its own makes the bytes behind it nobody's: the connection ends. */
static bool
act_headers (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	const json_t *set = rule_word (rule, "set");
	struct head reply;
	struct body body;
	bool on = forward (exchange, &none, &reply);
	if (on) {
		body_of_reply (&reply, exchange->method, &exchange->server, &body);
		set_headers (&reply, set);
		exchange->status = head_status (&reply);
		on = head_send (&reply, &exchange->client) && move_body (&body, &exchange->client, &exchange->reply_bytes, &none) && !closes (&reply)
			&& !json_object_get (set, "Content-Length");
	}
	head_free (&reply);
	return on;
}

/* ---- replies of its own ------------------------------------------------------------------------ */

static int
status_of (const char *code)
{
	static const struct { const char *code; int status; } known[] = {
		{ "SlowDown", 503 }, { "ServiceUnavailable", 503 }, { "InternalError", 500 }, { "RequestTimeout", 400 }, { "RequestTimeTooSkewed", 403 },
		{ "AccessDenied", 403 }, { "NoSuchKey", 404 }, { "PreconditionFailed", 412 }, { "OperationAborted", 409 }, { "BadDigest", 400 },
	};
	for (size_t i = 0; code && i < sizeof known / sizeof known[0]; i++)
		if (strcmp (known[i].code, code) == 0)
			return known[i].status;
	return code ? 503 : 200;
}

static bool
drip (struct exchange *exchange, double seconds)
{
	for (double end = now () + seconds; now () < end; wait_seconds (0.1))
		if (!line_send (&exchange->client, "1\r\n \r\n", 6, false))
			return false;
	return true;
}

static bool
say (struct exchange *exchange, const struct rule *rule, const char *text)
{
	double dripping = json_number_value (rule_word (rule, "drip"));
	const char *code = json_string_value (rule_word (rule, "code"));
	json_t *asked = rule_word (rule, "status");
	int status = asked ? (int) json_integer_value (asked) : status_of (code);
	char first[64], length[32];
	struct head reply;
	struct body body = { .chunked = dripping > 0 };
	snprintf (first, sizeof first, "HTTP/1.1 %d Planned", status);
	snprintf (length, sizeof length, "%zu", strlen (text));
	bool on = head_parse (first, &reply);
	head_set (&reply, body.chunked ? "Transfer-Encoding" : "Content-Length", body.chunked ? "chunked" : length);
	if (*text)
		head_set (&reply, "Content-Type", "application/xml");
	set_headers (&reply, rule_word (rule, "headers"));
	exchange->status = status;
	exchange->reply_bytes = strlen (text);
	on = on && head_send (&reply, &exchange->client) && (!body.chunked || drip (exchange, dripping));
	if (on && *text && strcmp (exchange->method, "HEAD") != 0)
		on = body_send (&body, &exchange->client, text, strlen (text)) && (!body.chunked || line_send (&exchange->client, "0\r\n\r\n", 5, false));
	on = on && !closes (&reply);
	head_free (&reply);
	return on;
}

static bool
act_reply (struct exchange *exchange, const struct rule *rule)
{
	const char *code = json_string_value (rule_word (rule, "code")), *body = json_string_value (rule_word (rule, "body"));
	char own[512] = "";
	bool heard = rule->forward ? take_reply (exchange) : continue_client (exchange) && drain (&exchange->body, &exchange->body_bytes);
	if (code)
		snprintf (own, sizeof own, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>planned by the test</Message>"
			"<RequestId>PROXY</RequestId><HostId>proxy</HostId></Error>", code);
	return heard && say (exchange, rule, body ? body : own);
}

/* The body with `put` for the last `find` in it. */
static char *
edited (const char *text, const char *wanted, const char *put)
{
	const char *found = NULL;
	char *result = NULL;
	for (const char *at = text; wanted && *wanted && (at = strstr (at, wanted)); at++)
		found = at;
	if (!found)
		return strdup (text);
	return asprintf (&result, "%.*s%s%s", (int) (found - text), text, put ? put : "", found + strlen (wanted)) < 0 ? NULL : result;
}

static char *
read_text (struct body *body)
{
	char *text = malloc (EDIT_MOST + 1);
	size_t length = 0;
	int got = 1;
	while (text && length < EDIT_MOST && (got = body_read (body, text + length, EDIT_MOST - length)) > 0)
		length += (size_t) got;
	if (text)
		text[length] = '\0';
	return text;
}

static bool
act_edit (struct exchange *exchange, const struct rule *rule)
{
	static const struct harm none = NO_HARM;
	struct head reply;
	struct body body;
	char length[32], *text = NULL, *changed = NULL;
	bool on = forward (exchange, &none, &reply);
	if (on) {
		body_of_reply (&reply, exchange->method, &exchange->server, &body);
		text = read_text (&body);
		changed = text ? edited (text, json_string_value (rule_word (rule, "find")), json_string_value (rule_word (rule, "put"))) : NULL;
		snprintf (length, sizeof length, "%zu", changed ? strlen (changed) : 0);
		head_set (&reply, "Transfer-Encoding", NULL);
		head_set (&reply, "Content-Length", length);
		exchange->status = head_status (&reply);
		exchange->reply_bytes = changed ? strlen (changed) : 0;
		on = changed && head_send (&reply, &exchange->client) && line_send (&exchange->client, changed, strlen (changed), false);
	}
	free (text);
	free (changed);
	head_free (&reply);
	return on;
}

act_fn *
act_named (const char *name)
{
	static const struct { const char *name; act_fn *act; } acts[] = {
		{ "pass", act_pass }, { "cut-before", act_cut_before }, { "cut-request", act_cut_request }, { "cut-reply", act_cut_reply },
		{ "drop-reply", act_drop_reply }, { "stall", act_stall }, { "flip", act_flip }, { "flip-request", act_flip_request },
		{ "duplicate", act_duplicate }, { "headers", act_headers }, { "reply", act_reply }, { "edit", act_edit },
	};
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		if (strcmp (acts[i].name, name) == 0)
			return acts[i].act;
	return NULL;
}
