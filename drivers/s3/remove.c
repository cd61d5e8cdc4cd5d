/* remove.c: many keys at once where that is one request and safe, one by one where it is not. */
#include "s3.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"

struct removing {
	struct s3 *s3;
	struct larder_call *call;
	const char *bucket;
	const struct larder_remove *items;
	size_t stride;
	larder_removed_fn removed;
	void *context;
};

static const struct larder_remove *
item_at (const struct removing *work, size_t i)
{
	return (const void *) ((const char *) work->items + i * work->stride);
}

/* A failure of one item is that item's; only what stops all (cancel) ends the operation. */
static int
report (const struct removing *work, size_t i, int code, const struct larder_info *info, const struct larder_error *why)
{
	if (code == 0)
		s3_guard_forget (work->s3, work->bucket, item_at (work, i)->key);
	return work->removed (work->context, i, code, info, why);
}

static int
check_item (const struct removing *work, const struct larder_remove *item, struct larder_error *error)
{
	int code = s3_server_key (work->s3->server, item->key, error);
	if (code == 0 && item->if_match && !s3_server_can (work->s3->server, S3_DELETE_IF_MATCH)) {
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "%s does not look at a condition when it deletes '%.200s'", work->s3->server->title, item->key);
		larder_explain (error, LARDER_DETAIL_NEXT, "nothing was removed; remove it without the condition when you are sure");
	}
	return code;
}

/* ---- one by one ---- */

/* A removal whose reply was lost: is the object gone? Where versions are kept, a second one would put a second delete marker. */
struct lost { const struct removing *work; const struct larder_remove *item; };

static bool
was_removed (void *context)
{
	const struct lost *lost = context;
	const struct larder_object object = { sizeof object, lost->work->bucket, lost->item->key, lost->item->version };
	struct larder_error none = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info };
	CLEANUP_EXCHANGE struct s3_exchange look = { 0 };
	return s3_exchange_begin (&look, &none) == 0 && s3_head (lost->work->s3, lost->work->call, &look, &object, &info, &none) == LARDER_E_NOTFOUND;
}

static int
send_one (const struct removing *work, const struct larder_remove *item, struct s3_exchange *exchange, struct larder_error *error)
{
	int code = s3_exchange_what (exchange, "remove", work->bucket, item->key, error);
	if (code == 0)
		code = s3_request_delete (&exchange->request, exchange->arena, work->s3->server, work->bucket, item, error);
	struct lost lost = { work, item };
	exchange->done = was_removed;
	exchange->done_context = &lost;
	code = code == 0 ? s3_exchange_send (work->s3, work->call, exchange, error) : code;
	exchange->done = NULL, exchange->done_context = NULL;
	return code;
}

/* Gone: now, or by an earlier try whose reply was lost. */
static bool
is_gone (const struct s3_exchange *exchange, const struct larder_remove *item)
{
	if (exchange->reply.found_done)
		return true;
	bool missing = exchange->reply.status == 404 && strstr (exchange->reply.body ? exchange->reply.body : "", "<Code>NoSuchKey</Code>");
	return s3_exchange_is_ok (exchange) || (missing && (!item->if_match || exchange->reply.uncertain));
}

static int
remove_one (const struct removing *work, size_t i, struct larder_error *error)
{
	const struct larder_remove *item = item_at (work, i);
	struct larder_error why = LARDER_ERROR_INIT;
	struct larder_info info = { .size = sizeof info, .key = item->key };
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, &why);
	if (code == 0)
		code = check_item (work, item, &why);
	if (code == 0)
		code = send_one (work, item, &exchange, &why);
	if (code == LARDER_E_CANCELLED)
		return larder_fail (error, code, "cancelled");
	if (code == 0 && !is_gone (&exchange, item))
		code = s3_exchange_fault (work->s3, &exchange, &why);
	if (code == 0)
		info.version = aws_reply_header (&exchange.reply, "x-amz-version-id");
	if (code == 0 && aws_reply_header (&exchange.reply, "x-amz-delete-marker"))
		info.flags |= LARDER_INFO_DELETE_MARKER;
	return report (work, i, code, &info, code < 0 ? &why : NULL);
}

/* ---- many at once ---- */

/* Items of one request, and their places in the caller's list; `gone` were found gone when a reply had been lost. */
struct batch { const struct removing *work; struct larder_remove *items; size_t *places; bool *gone; size_t count; const struct aws_reply *reply; };

static int
report_batched (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	const struct batch *batch = context;
	if (!error)
		return report (batch->work, batch->places[index], code, info, NULL);
	struct larder_error why = LARDER_ERROR_INIT;            /* one request, and one id of it, for all */
	larder_give (&why, error);
	const char *id = aws_reply_header (batch->reply, "x-amz-request-id");
	larder_explain (&why, LARDER_DETAIL_REQUEST, id ? id : "");
	return report (batch->work, batch->places[index], code, info, &why);
}

static int
fail_batch (const struct batch *batch, int code, const struct larder_error *why, struct larder_error *error)
{
	if (code == LARDER_E_CANCELLED)
		return larder_fail (error, code, "cancelled");
	int outcome = 0;
	for (size_t i = 0; i < batch->count && outcome == 0; i++) {
		const struct larder_info info = { .size = sizeof info, .key = batch->items[i].key };
		outcome = report (batch->work, batch->places[i], code, &info, why);
	}
	return outcome;
}

/* The reply was lost: which of them are gone? As with one, each that is sent again could get a second delete marker. What names a version
 * can go twice, and is not looked at. When none is gone, all go again as they are. */
static bool
was_any_removed (void *context)
{
	struct batch *batch = context;
	bool any = false;
	for (size_t i = 0; i < batch->count; i++) {
		struct lost lost = { batch->work, &batch->items[i] };
		batch->gone[i] = !batch->items[i].version && was_removed (&lost);
		any |= batch->gone[i];
	}
	return any;
}

/* Reports those that are gone; the rest stays in the batch. */
static int
settle_batch (struct batch *batch)
{
	size_t rest = 0;
	int outcome = 0;
	for (size_t i = 0; i < batch->count && outcome == 0; i++) {
		const struct larder_info info = { .size = sizeof info, .key = batch->items[i].key };
		if (batch->gone[i]) {
			outcome = report (batch->work, batch->places[i], 0, &info, NULL);
		} else {
			batch->places[rest] = batch->places[i];
			batch->items[rest++] = batch->items[i];
		}
	}
	batch->count = rest;
	return outcome;
}

static int
send_once (struct batch *batch, struct larder_error *error)
{
	const struct removing *work = batch->work;
	struct larder_error why = LARDER_ERROR_INIT;
	CLEANUP_EXCHANGE struct s3_exchange exchange = { 0 };
	int code = s3_exchange_begin (&exchange, &why);
	if (code == 0)
		code = s3_exchange_what (&exchange, "remove objects of", work->bucket, NULL, &why);
	if (code == 0)
		code = s3_request_delete_many (&exchange.request, exchange.arena, work->s3->server, work->bucket, batch->items, batch->count,
		                               sizeof *batch->items, &why);
	exchange.body_may_fail = true;
	exchange.done = was_any_removed;
	exchange.done_context = batch;
	if (code == 0)
		code = s3_exchange_send (work->s3, work->call, &exchange, &why);
	if (code == 0 && exchange.reply.found_done)
		return settle_batch (batch);
	if (code == 0 && !s3_exchange_is_ok (&exchange))
		code = s3_exchange_fault (work->s3, &exchange, &why);
	if (code < 0) {
		code = fail_batch (batch, code, &why, error);
		batch->count = 0;
		return code;
	}
	batch->reply = &exchange.reply;
	code = s3_reply_deleted (exchange.reply.body, exchange.reply.length, work->bucket, batch->items, batch->count, sizeof *batch->items,
	                         report_batched, batch, exchange.arena, error);
	batch->count = 0;
	return code;
}

/* Each time fewer are left. */
static int
send_batch (struct batch *batch, struct larder_error *error)
{
	int code = 0;
	while (batch->count > 0 && code == 0)
		code = send_once (batch, error);
	return code;
}

static int
add_or_remove (struct batch *batch, size_t i, struct larder_error *error)
{
	const struct removing *work = batch->work;
	const struct larder_remove *item = item_at (work, i);
	if (item->if_match || !s3_key_fits_xml (item->key) || check_item (work, item, NULL) < 0)
		return remove_one (work, i, error);
	batch->places[batch->count] = i;
	batch->items[batch->count++] = (struct larder_remove) { .size = sizeof *item, .key = item->key, .version = item->version };
	return batch->count == work->s3->server->delete_most ? send_batch (batch, error) : 0;
}

static int
remove_batched (const struct removing *work, size_t count, struct larder_error *error)
{
	size_t most = work->s3->server->delete_most < count ? work->s3->server->delete_most : count;
	CLEANUP_FREE struct larder_remove *items = calloc (most, sizeof *items);
	CLEANUP_FREE size_t *places = calloc (most, sizeof *places);
	CLEANUP_FREE bool *gone = calloc (most, sizeof *gone);
	if (!items || !places || !gone)
		return larder_fail_memory (error);
	struct batch batch = { .work = work, .items = items, .places = places, .gone = gone };
	int code = 0;
	for (size_t i = 0; i < count && code == 0; i++)
		code = add_or_remove (&batch, i, error);
	return code == 0 ? send_batch (&batch, error) : code;
}

int
s3_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride,
           larder_removed_fn removed, void *context, struct larder_error *error)
{
	struct s3 *s3 = self;
	const struct removing work = { s3, call, bucket, items, stride, removed, context };
	int code = s3_check_writable (s3, error);
	if (code == 0 && count > 1 && s3_server_delete_many (s3->server, aws_client_endpoint (s3->client)))
		return remove_batched (&work, count, error);
	for (size_t i = 0; i < count && code == 0; i++)
		code = remove_one (&work, i, error);
	return code;
}
