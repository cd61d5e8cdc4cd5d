/* send.c: one exchange with the server: what every operation does around its own request and reply. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "give.h"
#include "text.h"

int
s3_exchange_begin (struct s3_exchange *exchange, struct larder_error *error)
{
	*exchange = (struct s3_exchange) { .arena = arena_new () };
	return exchange->arena ? 0 : larder_fail_memory (error);
}

void
s3_exchange_end (struct s3_exchange *exchange)
{
	arena_free (exchange->arena);
	exchange->arena = NULL;
}

int
s3_exchange_what (struct s3_exchange *exchange, const char *verb, const char *bucket, const char *key, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer name;
	buffer_init (&name, (size_t) 64 << 10);
	if (key)
		text_escape (&name, key);
	exchange->what = !key ? arena_printf (exchange->arena, "cannot %s bucket '%.100s'", verb, bucket)
		: arena_printf (exchange->arena, "cannot %s '%.200s%s' in bucket '%.100s'", verb, buffer_text (&name),
	                    name.length > 200 ? "…" : "", bucket);
	return exchange->what ? 0 : larder_fail_memory (error);
}

int
s3_exchange_object (const struct s3 *s3, struct s3_exchange *exchange, const char *verb, const char *bucket, const char *key, struct larder_error *error)
{
	int code = s3_exchange_what (exchange, verb, bucket, key, error);
	return code == 0 && key ? s3_server_key_alone (s3->server, key, error) : code;
}

/* ---- buckets that are known to be there ---- */

static bool
is_known (struct s3 *s3, const char *bucket)
{
	bool found = false;
	pthread_mutex_lock (&s3->mutex);
	for (unsigned i = 0; i < s3->known_count && !found; i++)
		found = strcmp (s3->known[i], bucket) == 0;
	pthread_mutex_unlock (&s3->mutex);
	return found;
}

static void
note_known (struct s3 *s3, const char *bucket)
{
	if (!bucket || strlen (bucket) >= sizeof s3->known[0] || is_known (s3, bucket))
		return;
	pthread_mutex_lock (&s3->mutex);
	if (s3->known_count < S3_KNOWN_MOST)
		snprintf (s3->known[s3->known_count++], sizeof s3->known[0], "%s", bucket);
	pthread_mutex_unlock (&s3->mutex);
}

int
s3_bucket_create (struct s3 *s3, struct larder_call *call, const char *bucket, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	(void) aws_client_learn_region (s3->client, bucket, aws_client_region (s3->client));     /* one of its name may have lain elsewhere */
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "create", bucket, NULL, error);
	if (code == 0)
		code = s3_request_bucket_create (&exchange.request, exchange.arena, s3->server, bucket, aws_client_region (s3->client), error);
	return code == 0 ? s3_exchange_do_or (s3, call, &exchange, "BucketAlreadyOwnedByYou", error) : code;
}

/* ---- sending ---- */

bool
s3_exchange_is_ok (const struct s3_exchange *exchange)
{
	return exchange->reply.status >= 200 && exchange->reply.status < 300;
}

static int
send_once (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, struct larder_error *error)
{
	const struct aws_send send = {
		.arena = exchange->arena, .request = &exchange->request, .body = exchange->body, .payload_hash = exchange->payload_hash,
		.receiver = exchange->receiver, .what = exchange->what, .body_may_fail = exchange->body_may_fail, .plain_errors = true, .done = exchange->done, .done_context = exchange->done_context,
	};
	return aws_send (s3->client, call, &send, &exchange->reply, error);
}

static struct aws_fault
fault_of (const struct s3_exchange *exchange)
{
	struct aws_fault fault;
	if (exchange->reply.fault)
		return *exchange->reply.fault;
	aws_fault_read (exchange->reply.status, &exchange->reply.headers, exchange->reply.body, exchange->reply.length, &fault);
	return fault;
}

/* A bucket that no store names may be a slip of the pen. */
static bool
may_make (const struct s3 *s3, const char *bucket)
{
	const char *const *known = s3->buckets;
	while (known && *known && (!bucket || strcmp (*known, bucket) != 0))
		known++;
	return !known || *known;
}

bool
s3_exchange_makes_bucket (const struct s3 *s3, const struct s3_exchange *exchange)
{
	return s3->create && !s3->read_only && may_make (s3, exchange->request.bucket) && exchange->reply.status == 404 && strcmp (fault_of (exchange).code, "NoSuchBucket") == 0;
}

/* ---- the bucket as a host's name ---- */

static int
seen (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) context;
	(void) info;
	(void) error;
	return 0;
}

/* Names that fit no host, and addresses, have the bucket in the path whatever was asked for. */
static bool
wants_host_style (const struct s3 *s3, struct s3_exchange *exchange)
{
	const char *bucket = exchange->request.bucket, *url = NULL;
	if (s3->aws.addressing != AWS_ADDRESSING_HOST || !aws_client_endpoint (s3->client) || !bucket || aws_client_url (s3->client, &exchange->request, &url, NULL) < 0)
		return false;
	const char *host = strstr (url, "://");
	size_t length = strlen (bucket);
	return host && strncmp (host + 3, bucket, length) == 0 && host[3 + length] == '.';
}

static int
no_host_style (const struct s3 *s3, const char *bucket, const char *why, struct larder_error *error)
{
	larder_fail (error, LARDER_E_INVALID, "'%.150s' %s bucket '%.100s' from the name of its host", aws_client_endpoint (s3->client), why, bucket);
	larder_explain (error, LARDER_DETAIL_NEXT, "set addressing = path, or start the server with its domain (MINIO_DOMAIN, versitygw --virtual-domain)");
	return LARDER_E_INVALID;
}

/* A server that was not told its domain takes /KEY for a bucket: PUT would make one and DELETE remove one. What it lists tells:
 * it is asked once a bucket, before anything else. */
static int
check_host_style (struct s3 *s3, struct larder_call *call, const char *bucket, struct larder_error *error)
{
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	struct larder_page page = { .size = sizeof page };
	const struct larder_list list = { .size = sizeof list, .bucket = bucket, .prefix = "", .delimiter = "", .most = 1 };
	int code = s3_exchange_begin (&exchange, error);
	if (code == 0)
		code = s3_exchange_what (&exchange, "list", bucket, NULL, error);
	if (code == 0)
		code = s3_request_list (&exchange.request, exchange.arena, s3->server, &list, error);
	if (code == 0)
		code = send_once (s3, call, &exchange, error);
	if (code < 0)
		return code;
	if (!s3_exchange_is_ok (&exchange))       /* whatever else it refuses, it refuses to the request in question, too */
		return exchange.reply.status == 403 && strcmp (fault_of (&exchange).code, "AccessDenied") == 0 ?
			no_host_style (s3, bucket, "does not let these credentials see by a listing whether it takes", error) : 0;
	if (s3_reply_list (exchange.reply.body, exchange.reply.length, s3->server, &list, exchange.arena, seen, NULL, &page, NULL) < 0)
		return no_host_style (s3, bucket, "does not take", error);
	note_known (s3, bucket);
	return 0;
}

int
s3_exchange_send (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, struct larder_error *error)
{
	const char *bucket = exchange->request.bucket;
	int code = wants_host_style (s3, exchange) && !is_known (s3, bucket) ? check_host_style (s3, call, bucket, error) : 0;
	if (code == 0)
		code = send_once (s3, call, exchange, error);
	if (code == 0 && exchange->writes && s3_exchange_makes_bucket (s3, exchange)) {
		code = s3_bucket_create (s3, call, exchange->request.bucket, error);
		if (code == 0)
			code = send_once (s3, call, exchange, error);
	}
	if (code == 0 && s3_exchange_is_ok (exchange))
		note_known (s3, exchange->request.bucket);
	return code;
}

/* S3 tells only whoever may list that an object is missing. */
static bool
hides_missing (const struct s3_exchange *exchange, const struct aws_fault *fault)
{
	const struct aws_request *request = &exchange->request;
	bool looks = strcmp (request->method, "HEAD") == 0 || strcmp (request->method, "GET") == 0;
	return looks && request->path[1] && fault->status == 403 && (!fault->code[0] || strcmp (fault->code, "AccessDenied") == 0);
}

/* A bucket of somebody else's is refused as one of ours is without the right, and a HEAD has no words for credentials that are wrong. */
static bool
hides_owner (const struct s3_exchange *exchange, const struct aws_fault *fault)
{
	const struct aws_request *request = &exchange->request;
	bool whole = strcmp (request->method, "HEAD") == 0 && request->bucket && !request->path[1];
	return whole && fault->status == 403 && (!fault->code[0] || strcmp (fault->code, "AccessDenied") == 0);
}

/* What the table of codes cannot know. */
static void
explain_fault (const struct s3 *s3, const struct s3_exchange *exchange, const struct aws_fault *fault, struct larder_error *error)
{
	char next[256];
	if (hides_missing (exchange, fault))
		snprintf (next, sizeof next, "it is missing, or these credentials may not read it: s3:ListBucket on bucket '%.80s' would tell which", exchange->request.bucket);
	else if (hides_owner (exchange, fault))
		snprintf (next, sizeof next, "the credentials are wrong (larder doctor), or lack s3:ListBucket on bucket '%.63s', or the name belongs to another account: s3:ListAllMyBuckets would tell which; then choose another",
		          exchange->request.bucket);
	else if (strcmp (fault->code, "NoSuchBucket") == 0 && s3->create && !may_make (s3, exchange->request.bucket))
		snprintf (next, sizeof next, "check the name '%.80s'; create = yes makes buckets of stores alone", exchange->request.bucket);
	else if (strcmp (fault->code, "NoSuchBucket") == 0 && !s3->create)
		snprintf (next, sizeof next, "create bucket '%.80s' there, correct 'bucket' of the store, or set create = yes in backend '%.60s'",
		          exchange->request.bucket, s3->name);
	else
		return;
	larder_explain (error, LARDER_DETAIL_NEXT, next);
}

int
s3_exchange_fault (struct s3 *s3, struct s3_exchange *exchange, struct larder_error *error)
{
	struct aws_fault fault = fault_of (exchange);
	if (fault.status == 404 && !fault.code[0] && is_known (s3, exchange->request.bucket))
		snprintf (fault.code, sizeof fault.code, "NoSuchKey");
	int code = aws_fault_error (&fault, exchange->what, error);
	explain_fault (s3, exchange, &fault, error);
	return code;
}

int
s3_exchange_do (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, struct larder_error *error)
{
	int code = s3_exchange_send (s3, call, exchange, error);
	return code < 0 || s3_exchange_is_ok (exchange) ? code : s3_exchange_fault (s3, exchange, error);
}

int
s3_exchange_do_or (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const char *forgiven, struct larder_error *error)
{
	int code = s3_exchange_send (s3, call, exchange, error);
	if (code < 0 || s3_exchange_is_ok (exchange) || strcmp (fault_of (exchange).code, forgiven) == 0)
		return code;
	return s3_exchange_fault (s3, exchange, error);
}

/* A write that is answered 2xx counts with an etag only: what stands between may answer 200 with the error as its body. */
int
s3_exchange_stored (struct s3 *s3, struct s3_exchange *exchange, struct larder_info *ret, struct larder_error *error)
{
	if (aws_reply_header (&exchange->reply, "etag"))
		return s3_reply_stored (&exchange->reply.headers, exchange->arena, ret, error);
	if (fault_of (exchange).code[0])
		return s3_exchange_fault (s3, exchange, error);
	int code = larder_fail (error, LARDER_E_UNAVAILABLE, "%s: the reply has no etag, nothing says that it was stored", exchange->what);
	larder_explain (error, LARDER_DETAIL_NEXT, "try again; if it stays, check that the endpoint is an S3 server, and what stands between it and here");
	return code;
}

/* ---- HEAD, which has no words for its failures ---- */

static int
head_once (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_object *object, struct larder_error *error)
{
	int code = s3_request_head (&exchange->request, exchange->arena, s3->server, object, error);
	return code == 0 ? s3_exchange_send (s3, call, exchange, error) : code;
}

/* A HEAD's 404 does not say whether the bucket is there: the same asked as GET of one byte. (aws_send asks again itself
 * after the other silent refusals.) */
static int
ask_again (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_object *object, struct larder_error *error)
{
	const struct larder_read one = { .size = sizeof one, .object = *object, .length = 1 };
	int code = s3_request_get (&exchange->request, exchange->arena, s3->server, &one, error);
	return code == 0 ? s3_exchange_send (s3, call, exchange, error) : code;
}

static bool
is_unclear (struct s3 *s3, const struct s3_exchange *exchange)
{
	return exchange->reply.status == 404 && !fault_of (exchange).code[0] && !is_known (s3, exchange->request.bucket);
}

int
s3_head (struct s3 *s3, struct larder_call *call, struct s3_exchange *exchange, const struct larder_object *object,
         struct larder_info *ret, struct larder_error *error)
{
	int code = s3_exchange_object (s3, exchange, "look at", object->bucket, object->key, error);
	if (code == 0)
		code = head_once (s3, call, exchange, object, error);
	if (code == 0 && is_unclear (s3, exchange)) {
		code = ask_again (s3, call, exchange, object, error);
		if (code == 0 && (s3_exchange_is_ok (exchange) || exchange->reply.status == 416))
			code = head_once (s3, call, exchange, object, error);
	}
	if (code < 0)
		return code;
	if (!s3_exchange_is_ok (exchange))
		return s3_exchange_fault (s3, exchange, error);
	struct larder_info info = { .size = sizeof info };
	code = s3_reply_info (exchange->reply.status, &exchange->reply.headers, exchange->arena, &info, NULL, NULL, error);
	if (code == 0) {
		info.key = object->key;
		*ret = info;
	}
	return code;
}

int
s3_check_etag (const char *key, const char *wanted, const struct larder_info *found, struct larder_error *error)
{
	if (!wanted || (found->etag && strcmp (wanted, found->etag) == 0))
		return 0;
	return larder_fail (error, LARDER_E_CONFLICT, "'%.200s' was replaced: its etag is %s, not %s", key, found->etag ? found->etag : "unknown", wanted);
}

/* ---- giving ---- */

int
s3_check_writable (const struct s3 *s3, struct larder_error *error)
{
	return s3->read_only ? larder_fail_read_only (error, s3->name) : 0;
}

const char *
s3_give_text (struct larder_call *call, const char *text, bool *failed)
{
	const char *copy = give_text (call, text);
	*failed |= text && !copy;
	return copy;
}

struct larder_pairs
s3_give_pairs (struct larder_call *call, const struct larder_pairs *pairs, bool *failed)
{
	struct larder_pair *copy = pairs->count ? larder_host->arena (call, pairs->count * sizeof *copy) : NULL;
	*failed |= pairs->count && !copy;
	for (size_t i = 0; copy && i < pairs->count; i++) {
		const struct larder_pair *pair = larder_pair_at (pairs, i);
		copy[i] = (struct larder_pair) { s3_give_text (call, pair->name, failed), s3_give_text (call, pair->value, failed) };
	}
	return (struct larder_pairs) { copy, copy ? pairs->count : 0, sizeof *copy };
}

int
s3_give_info (struct larder_call *call, const struct larder_info *info, struct larder_info *ret, struct larder_error *error)
{
	struct larder_info copy = *info;
	bool failed = false;
	const char **const texts[] = {
		&copy.key, &copy.version, &copy.etag, &copy.storage_class, &copy.checksum, &copy.content_type, &copy.content_encoding,
		&copy.cache_control, &copy.content_disposition, &copy.replication, &copy.encryption, &copy.archive,
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = s3_give_text (call, *texts[i], &failed);
	copy.metadata = s3_give_pairs (call, &info->metadata, &failed);
	copy.size = sizeof copy;
	if (failed)
		return larder_fail_memory (error);
	larder_give (ret, &copy);
	return 0;
}

int
s3_check_stored (const char *key, uint32_t type, const char *sent, const struct larder_info *stored, struct larder_error *error)
{
	if (!sent || !stored->checksum || stored->checksum_composite || stored->checksum_type != type || strcmp (sent, stored->checksum) == 0)
		return 0;
	int code = larder_fail (error, LARDER_E_INTEGRITY, "'%.200s' was sent with checksum %s, and the server says that it stored %s", key, sent, stored->checksum);
	larder_explain (error, LARDER_DETAIL_NEXT, "do not trust what is there now; look at what stands between here and the server, then send it again");
	if (error)
		error->status = 200;             /* it came from there: sent once more */
	return code;
}

int
s3_check_encrypted (const char *key, const struct larder_attributes *asked, const char *echo, struct larder_error *error)
{
	if (!asked->encryption || echo)
		return 0;
	int code = larder_fail (error, LARDER_E_INTEGRITY, "'%.200s' was to be encrypted, and the server does not say that it is", key);
	larder_explain (error, LARDER_DETAIL_NEXT, "remove it, and check whether this server encrypts; `server =` names its kind");
	return code;
}
