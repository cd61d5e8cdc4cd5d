/* put.c: larder_archive_put: a transfer whose small files are taken aside into bundles. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bill.h"
#include "bundle.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "store.h"
#include "tar.h"
#include "text.h"
#include "transfer.h"

enum { MEMBERS_MOST = 4096, NAMES_A_CUT = 32 };
#define SMALL (UINT64_C (8) << 20)
#define BUNDLE (UINT64_C (128) << 20)
#define BUNDLE_MOST (UINT64_C (1) << 30)
#define SUM_NAME "larder-sha256"

struct archiving {
	struct transfer transfer;     /* first: an item knows it */
	struct larder_transfer copies;
	const struct larder_archive *request;
	const char *class;            /* in which all are paid for; asked for only where the request names it */
	struct bundle bundle;
	larder_event_fn event;
	void *context;
	const char *bundled;          /* what a member's event tells as its target */
	struct bill bill;             /* of what was told as copied, under the transfer's mutex */
	struct bill bundles;          /* of the finder's thread */
	struct bill apart, small;     /* of it, each member as an object of its own; and what was written so that a bundle would have taken, under the mutex */
	uint64_t members;
};

/* ---- a bundle that is full ---- */

static void
count_members (struct archiving *archiving, const char *to, int code, bool there, const struct larder_error *error)
{
	struct bundle *bundle = &archiving->bundle;
	for (struct task *task = bundle->first, *next; task; task = next) {
		struct item *item = (struct item *) (void *) task;
		next = task->next;
		item->to = to;
		if (code < 0)
			count_failed (&archiving->transfer, item->from, to, error, code, false);
		else if (there)
			count_skipped (&archiving->transfer, item->from, "the same is archived already");
		else
			count_done (&archiving->transfer, item, (uint64_t) item->facts.st_size);
		item_free (item);
	}
	bundle->first = NULL;
}

static bool
has_sum (const struct larder_info *info, const char *sum)
{
	for (size_t i = 0; i < info->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		if (strcmp (pair->name, SUM_NAME) == 0)
			return strcmp (pair->value, sum) == 0;
	}
	return false;
}

/* Is it there with these very bytes? Then an earlier run wrote it. */
static int
look (struct archiving *archiving, struct larder_arena *arena, const char *key, const char *sum, bool *ret_there, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_error none = LARDER_ERROR_INIT;
	int code = larder_stat (archiving->transfer.store, arena, key, NULL, &info, &none);
	*ret_there = code == 0;
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code < 0 && error)
		*error = none;
	if (code < 0 || (has_sum (&info, sum) && info.length == archiving->bundle.length))
		return code;
	return larder_fail_next (error, LARDER_E_CONFLICT, "choose another prefix", "'%s' is there, and is another object", key);
}

/* And told to the manifest: members are in no line of their own, but in the index. */
static int
put_told (struct archiving *archiving, struct larder_arena *arena, const struct larder_put *put, const struct larder_source *source, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	int code = larder_put (archiving->transfer.store, arena, put, source, &info, error);
	info.length = source->length;
	if (code == 0)
		manifest_add (archiving->transfer.manifest, put->key, &info);
	return code;
}

static int
write_bundle (struct archiving *archiving, struct larder_arena *arena, const char *key, const char *sum, struct larder_error *error)
{
	const struct larder_pair pair = { SUM_NAME, sum };
	struct file_source file;
	struct larder_source source;
	struct larder_put put = { .size = sizeof put, .key = key, .attributes = archiving->copies.attributes };
	put.attributes.content_type = "application/x-tar";
	put.attributes.metadata = (struct larder_pairs) { &pair, 1, sizeof pair };
	int code = file_source_begin (&file, archiving->bundle.fd, key, &source, error);
	return code < 0 ? code : put_told (archiving, arena, &put, &source, error);
}

/* Where it can be read at once, whatever class the bundle has. */
static int
write_index (struct archiving *archiving, struct larder_arena *arena, const char *key, const struct buffer *text, struct larder_error *error)
{
	struct memory_source memory;
	struct larder_source source;
	const struct larder_put put = {
		.size = sizeof put, .key = key,
		.attributes = { .size = sizeof put.attributes, .content_type = "application/x-ndjson", .storage_class = store_caps (archiving->transfer.store) & LARDER_CAP_CLASSES ? "STANDARD" : NULL },
	};
	memory_source_begin (&memory, buffer_text (text), text->length, &source);
	return put_told (archiving, arena, &put, &source, error);
}

/* The bundle first: an index tells of what is there. Where a run ended between the two, the next one writes the index. */
static int
write_both (struct archiving *archiving, struct larder_arena *arena, const char *key, const char *name, const char *sum, bool *ret_there, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	struct larder_info info = { .size = sizeof info };
	const char *index = arena_printf (arena, "%s" BUNDLE_INDEX, key);
	buffer_init (&text, SIZE_MAX / 2);
	int code = index ? bundle_index (&archiving->bundle, name, sum, &text, error) : larder_fail_memory (error);
	if (code == 0)
		code = look (archiving, arena, key, sum, ret_there, error);
	if (code == 0 && !*ret_there)
		code = write_bundle (archiving, arena, key, sum, error);
	if (code < 0)
		return code;
	struct larder_error none = LARDER_ERROR_INIT;
	bool indexed = *ret_there && larder_stat (archiving->transfer.store, arena, index, NULL, &info, &none) == 0;
	return indexed ? 0 : write_index (archiving, arena, index, &text, error);
}

static void
finish_bundle (struct archiving *archiving)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_error error = LARDER_ERROR_INIT;
	char name[BUNDLE_NAME_ROOM], sum[65];
	bool there = false;
	const char *key = "", *to = "";
	int code = arena ? bundle_close (&archiving->bundle, name, sum, &error) : larder_fail_memory (&error);
	if (code == 0) {
		key = target_join (arena, archiving->transfer.to, name);
		to = key ? arena_printf (arena, "%s%s", store_prefix (archiving->transfer.store), key) : NULL;
		code = to ? write_both (archiving, arena, key, name, sum, &there, &error) : larder_fail_memory (&error);
	}
	if (code == 0 && !there) {
		archiving->members += archiving->bundle.count;
		for (const struct task *task = archiving->bundle.first; task; task = task->next)
			bill_add (&archiving->apart, (uint64_t) ((const struct item *) (const void *) task)->facts.st_size);
		bill_add (&archiving->bundles, archiving->bundle.length);
	}
	archiving->bundled = to;
	count_members (archiving, to, code, there, &error);
	bundle_end (&archiving->bundle);
	bundle_begin (&archiving->bundle);
}

/* ---- files ---- */

/* As the tar will have it: its key without what all keys begin with. */
static const char *
member_name (const struct archiving *archiving, const struct item *item)
{
	return item->path + strlen (archiving->transfer.to);
}

/* Where a bundle ends is a matter of names, once it is half full: a file more in front changes one bundle or two, and not all behind it. */
static bool
ends_bundle (const struct archiving *archiving, const char *name)
{
	return archiving->bundle.length >= archiving->request->bundle / 2 && crc32c (0, name, strlen (name)) % NAMES_A_CUT == 0;
}

static void
add (struct archiving *archiving, struct item *item)
{
	struct bundle *bundle = &archiving->bundle;
	struct larder_error error = LARDER_ERROR_INIT;
	int code = item_open (item, &error);
	if (code == 0)
		code = bundle_add (bundle, item, member_name (archiving, item), &error);
	if (code < 0) {
		count_failed (&archiving->transfer, item->from, NULL, &error, code, false);
		item_free (item);
		return;
	}
	item_close (item);
	item->task.next = NULL;
	*bundle->last = &item->task;
	bundle->last = &item->task.next;
	if (ends_bundle (archiving, member_name (archiving, item)))
		finish_bundle (archiving);
}

/* Heads and padding. */
enum { AROUND_MEMBER = TAR_BLOCK + TAR_BLOCK / 2 };

static void
plan (struct archiving *archiving, struct item *item, uint64_t length)
{
	struct bundle *bundle = &archiving->bundle;
	item->to = archiving->bundled = "a bundle";
	if (bundle->length + length > archiving->request->bundle) {
		bill_add (&archiving->bundles, bundle->length);
		bundle->length = 0;
	}
	bundle->length += length + AROUND_MEMBER;
	archiving->members++;
	bill_add (&archiving->apart, length);
	count_done (&archiving->transfer, item, length);
	item_free (item);
}

/* What was stored before and is to be archived now lies in another class. What a lifecycle led deeper than that stays where it is. */
static bool
lies_higher (const struct item *item)
{
	const struct archiving *archiving = (const struct archiving *) (const void *) item->transfer;
	const char *asked = archiving->request->storage_class;
	return asked && item->class_there && store_caps (item->transfer->store) & LARDER_CAP_CLASSES && store_class_is_deeper (asked, item->class_there);
}

/* Compares an item with what is there; of what is not there nothing is the same. */
static int
same_if_there (struct item *item, bool *ret_same, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = item_same (item, ret_same, &why);
	if (code == LARDER_E_NOTFOUND) {
		*ret_same = false;
		return 0;
	}
	if (code < 0 && error)
		*error = why;
	*ret_same = code == 0 && *ret_same && !lies_higher (item);
	return code;
}

/* Called for each item that is to be copied. What is not packed is compared first: an object that is written twice is paid for twice. */
static bool
take (struct item *item)
{
	struct archiving *archiving = (struct archiving *) (void *) item->transfer;
	const struct larder_archive *request = archiving->request;
	uint64_t length = (uint64_t) item->facts.st_size;
	bool dry = request->flags & LARDER_DRY_RUN;
	if (!(request->flags & LARDER_ARCHIVE_PACK) || item->store || item->stream >= 0 || length >= request->small) {
		item->same = dry ? NULL : same_if_there;
		return false;
	}
	if (dry) {
		plan (archiving, item, length);
		return true;
	}
	if (archiving->bundle.count > 0 && (archiving->bundle.length + length > request->bundle || archiving->bundle.count == MEMBERS_MOST))
		finish_bundle (archiving);
	add (archiving, item);
	return true;
}

/* ---- the whole ---- */

/* Of a store nothing is packed, nor of standard input. */
static bool
is_packable (const struct archiving *archiving, const struct larder_event *event)
{
	CLEANUP_ARENA struct larder_arena *arena = event->bytes < archiving->request->small ? arena_new () : NULL;
	struct larder_address address = { .size = sizeof address };
	return arena && strcmp (event->from, "-") != 0 && larder_address_parse (archiving->transfer.larder, arena, event->from, &address, NULL) == 0 && !address.store;
}

static int
on_event (void *context, const struct larder_event *event)
{
	struct archiving *archiving = context;
	bool written = strcmp (event->action, "copied") == 0 || strcmp (event->action, "would-copy") == 0;
	if (written && event->to != archiving->bundled) {
		bill_add (&archiving->bill, event->bytes);
		if (is_packable (archiving, event))
			bill_add (&archiving->small, event->bytes);
	}
	return archiving->event ? archiving->event (archiving->context, event) : 0;
}

/* All keys begin with what is before the '/': archives of many runs lie beside each other. */
static int
find_prefix (struct larder *larder, struct larder_arena *arena, const char *to, const char **ret, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	int code = larder_address_parse (larder, arena, to, &address, error);
	if (code < 0)
		return code;
	if (!address.store)
		return larder_fail_next (error, LARDER_E_INVALID, "STORE:PREFIX", "'%s' is in no store", to);
	size_t length = strlen (address.path);
	*ret = length && address.path[length - 1] != '/' ? arena_printf (arena, "%s/", to) : to;
	return *ret ? 0 : larder_fail_memory (error);
}

static int
run (struct archiving *archiving, struct larder_error *error)
{
	struct transfer *transfer = &archiving->transfer;
	int code = transfer_sources (transfer, error);
	if (code == 0 && archiving->bundle.count && !transfer_stopped (transfer))
		finish_bundle (archiving);
	pool_drain (transfer->pool);             /* all is written before it is summed up */
	for (struct task *task = archiving->bundle.first, *next; task; task = next) {
		next = task->next;
		item_free ((struct item *) (void *) task);
	}
	bundle_end (&archiving->bundle);
	return code;
}

/* What goes before it was paid for long enough: by a rule of its own store. */
static const char *
find_warning (struct archiving *archiving, struct larder_arena *arena)
{
	const struct price *price = archiving->bill.price;
	const struct schema_store *section = store_section (archiving->transfer.store);
	const struct config *config = larder_configuration (archiving->transfer.larder);
	for (const struct config_section *at = NULL; price && price->least && section && (at = config_next (config, "lifecycle", at));) {
		int64_t expire = ((const struct schema_lifecycle *) config_struct (at))->expire;
		if (expire > 0 && expire < price->least && text_is_listed (section->lifecycle, config_name (at)))
			return arena_printf (arena, "[lifecycle \"%s\"] of %s removes them after %" PRIi64 " days, and they are paid for %" PRIi64, config_name (at), config_where_key (at, "expire"),
				expire / NS_PER_DAY, price->least / NS_PER_DAY);
	}
	return NULL;
}

/* Of what is not small it is the same. */
static struct bill
other_way (const struct archiving *archiving)
{
	struct bill other = archiving->bill;
	const struct bill *small = &archiving->small;
	if (archiving->request->flags & LARDER_ARCHIVE_PACK) {
		bill_take (&other, &archiving->apart);
		return other;
	}
	uint64_t left = small->bytes + small->objects * AROUND_MEMBER, most = archiving->request->bundle;
	other.objects -= small->objects, other.bytes -= small->bytes, other.billed -= small->billed;
	for (; left > most; left -= most)
		bill_add (&other, most);
	bill_add (&other, left);
	return other;
}

/* A bundle is one object. */
static void
sum_up (struct archiving *archiving, struct larder_arena *arena, struct larder_archived *ret)
{
	struct bill *bill = &archiving->bill;
	const struct bill other = other_way (archiving);
	bool packs = archiving->apart.objects || archiving->small.objects > 1;
	if (archiving->request->flags & LARDER_DRY_RUN && archiving->bundle.length)
		bill_add (&archiving->bundles, archiving->bundle.length);
	bill_take (bill, &archiving->bundles);
	const struct larder_archived sum = {
		.size = sizeof sum, .objects = bill->objects, .bytes = bill->bytes, .bundles = archiving->bundles.objects, .members = archiving->members,
		.storage_class = arena_copy (arena, archiving->class), .month = bill_month (bill, arena), .currency = bill->prices ? bill->prices->currency : NULL,
		.billed = bill->price ? bill->billed : 0, .least = bill->price ? bill->price->least : 0, .warning = find_warning (archiving, arena),
		.instead = packs ? bill_month (&other, arena) : NULL, .instead_objects = packs ? other.objects : 0,
	};
	larder_give (ret, &sum);
}

/* The class that the request names, or its store has. */
static int
begin_bills (struct archiving *archiving, struct larder_arena *arena, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	const struct config_section *store;
	const struct config *config = larder_configuration (archiving->transfer.larder);
	int code = larder_address_parse (archiving->transfer.larder, arena, archiving->copies.to, &address, error);
	archiving->class = archiving->request->storage_class;
	if (code == 0 && !archiving->class && config && config_find (config, "store", address.store, &store, NULL) == 0)
		archiving->class = store_class (archiving->transfer.larder, store);
	if (code == 0)
		code = bill_begin (&archiving->bill, archiving->transfer.larder, arena, archiving->class, error);
	archiving->bundles = archiving->apart = archiving->small = archiving->bill;
	return code;
}

static int
begin (struct archiving *archiving, struct larder_archive *request, struct larder *larder, struct larder_arena *arena, struct larder_error *error)
{
	const char *to = NULL;
	int code = store_check_class (request->storage_class, error);
	if (code == 0)
		code = find_prefix (larder, arena, request->to, &to, error);
	request->bundle = request->bundle ? request->bundle : BUNDLE;
	request->small = request->small ? request->small : request->bundle < SMALL ? request->bundle : SMALL;
	if (code == 0 && (request->bundle > BUNDLE_MOST || request->small > request->bundle))
		code = larder_fail_next (error, LARDER_E_INVALID, "up to 1 GiB, and no less than what is packed", "a bundle of %llu bytes, of files below %llu bytes",
			(unsigned long long) request->bundle, (unsigned long long) request->small);
	archiving->request = request;
	archiving->copies = (struct larder_transfer) {
		.size = sizeof archiving->copies, .flags = request->flags & (LARDER_RECURSIVE | LARDER_DRY_RUN), .from = request->from, .count = request->count, .to = to,
		.attributes = { .size = sizeof archiving->copies.attributes, .storage_class = request->storage_class },
	};
	return code < 0 ? code : transfer_begin (&archiving->transfer, larder, &archiving->copies, on_event, archiving, error);
}

int
larder_archive_put (struct larder *larder, struct larder_arena *arena, const struct larder_archive *request, larder_event_fn event, void *context,
                    struct larder_archived *ret, struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_archive whole = { .size = sizeof whole };
	struct archiving archiving = { .event = event, .context = context };
	larder_give (&whole, request);
	int code = begin (&archiving, &whole, larder, arena, error);
	if (code < 0)
		return code;
	archiving.transfer.take = take;
	archiving.transfer.leaves = "archive-put";
	bundle_begin (&archiving.bundle);
	code = begin_bills (&archiving, arena, error);
	if (code == 0)
		code = run (&archiving, error);
	if (archiving.transfer.store)
		sum_up (&archiving, arena, ret);
	return transfer_end (&archiving.transfer, code, ret_summary, error);
}
