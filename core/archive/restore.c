/* restore.c: larder_archive_restore: which objects, what it costs, asked for, looked at, fetched. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bill.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "job.h"
#include "store.h"
#include "text.h"

enum { CLASSES_MOST = 16 };
#define PAUSE_MOST (300 * NS_PER_S)
#define SHORT (3600 * NS_PER_S)

struct class { const char *name; uint64_t objects, bytes; bool is_archived; };

struct restoring {
	struct larder *larder;
	struct larder_archive_restore asked;
	larder_archive_estimate_fn estimate;
	larder_event_fn event;
	void *context;
	struct larder_arena *arena;
	struct larder_arena *each;       /* of one object */
	const char *store_name;
	struct larder_store *store;
	struct job job;
	/* while it is begun */
	struct class classes[CLASSES_MOST];
	size_t count;
	/* of the pass that is under way */
	uint64_t states[128], objects, bytes;
	int ready;                       /* file of the keys to fetch, or -1 */
	bool waiting;                    /* it is not the first */
	int code;                        /* what most failed with */
	struct larder_error why;
};

/* ---- events ---- */

static int
tell (struct restoring *all, const char *action, const char *key, uint64_t bytes, const struct larder_error *error)
{
	const char *from = arena_printf (all->each, "%s%s", store_prefix (all->store), key);
	const struct larder_event event = { .size = sizeof event, .action = action, .from = from, .bytes = bytes, .error = error };
	return all->event && from ? all->event (all->context, &event) : 0;
}

/* ---- which job ---- */

/* The same request is the same job. */
static void
name_job (const struct restoring *all, char ret[JOB_ID_ROOM])
{
	const struct larder_archive_restore *asked = &all->asked;
	struct sha256 sha;
	char sum[65], numbers[40];
	sha256_begin (&sha);
	for (size_t n = 0; n < asked->count; n++)
		sha256_add_text (&sha, asked->addresses[n]);
	snprintf (numbers, sizeof numbers, "%u %u", (unsigned) asked->days, (unsigned) (asked->flags & (LARDER_RECURSIVE | LARDER_ARCHIVE_EXACT)));
	sha256_add_text (&sha, numbers);
	sha256_add_text (&sha, asked->list);
	sha256_add_text (&sha, asked->tier);
	sha256_add_text (&sha, asked->to);
	sha256_add_text (&sha, config_profile (larder_configuration (all->larder)));
	sha256_end_hex (&sha, sum);
	snprintf (ret, JOB_ID_ROOM, "%.16s", sum);
}

/* ---- which objects ---- */

static int
open_store (struct restoring *all, const struct larder_address *address, const char *text, struct larder_error *error)
{
	if (!address->store)
		return larder_fail_next (error, LARDER_E_INVALID, "STORE:KEY", "'%s' is in no store", text);
	if (all->store && strcmp (all->store_name, address->store) != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "one restore for each store", "'%s' is not in '%s', as those before it are", text, all->store_name);
	if (all->store)
		return 0;
	all->store_name = arena_copy (all->arena, address->store);
	return all->store_name ? larder_store_open (all->larder, address->store, &all->store, error) : larder_fail_memory (error);
}

static void
count_class (struct restoring *all, const struct larder_info *info)
{
	const char *name = info->storage_class ? info->storage_class : "STANDARD";
	size_t n = 0;
	while (n < all->count && strcmp (all->classes[n].name, name) != 0)
		n++;
	if (n == CLASSES_MOST)
		return;
	if (n == all->count)
		all->classes[all->count++] = (struct class) { .name = arena_copy (all->arena, name) };
	all->classes[n].objects++;
	all->classes[n].bytes += info->length;
}

static int
add_object (void *context, const struct larder_info *info)
{
	struct restoring *all = context;
	bool there = info->restore_state != LARDER_RESTORE_NONE;
	const struct job_object object = { .state = JOB_WANTED, .key = info->key, .version = info->version, .etag = info->etag, .storage_class = info->storage_class, .length = info->length };
	if (!there)
		count_class (all, info);
	all->objects++;
	return restore_add (&all->job, &object, &all->why);
}

static int
add_below (struct restoring *all, const char *prefix, struct larder_error *error)
{
	const struct larder_listing listing = { .size = sizeof listing, .prefix = prefix, .delimiter = "" };
	int code = larder_list (all->store, &listing, add_object, all, error);
	if (code == all->why.code && code < 0 && error)
		*error = all->why;
	return code;
}

static int
add_address (struct restoring *all, const char *text, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	struct larder_info info = { .size = sizeof info };
	arena_clear (all->each);
	int code = larder_address_parse (all->larder, all->each, text, &address, error);
	if (code == 0)
		code = open_store (all, &address, text, error);
	if (code < 0)
		return code;
	size_t length = strlen (address.path);
	bool below = length == 0 || (address.path[length - 1] == '/' && !(all->asked.flags & LARDER_ARCHIVE_EXACT));
	if (below || all->asked.flags & LARDER_RECURSIVE)
		return add_below (all, address.path, error);
	code = larder_stat (all->store, all->each, address.path, NULL, &info, error);
	info.key = address.path;
	return code < 0 ? code : add_object (all, &info);
}

static int
each_line (struct restoring *all, char *line, int (*each) (struct restoring *all, const char *text, struct larder_error *error), struct larder_error *error)
{
	line[strcspn (line, "\n")] = '\0';
	if (all->asked.flags & LARDER_ARCHIVE_EXACT && !text_from_percent (line))
		return larder_fail_next (error, LARDER_E_INVALID, "a percent sign is written %25", "'%s' in '%s' is not percent-encoded", line, all->asked.list);
	return *line ? each (all, line, error) : 0;
}

/* Each address of the request, of the words and then of the list; a code of `each` ends it, and 1, well. */
static int
each_address (struct restoring *all, int (*each) (struct restoring *all, const char *text, struct larder_error *error), struct larder_error *error)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	int code = 0;
	for (size_t n = 0; code == 0 && n < all->asked.count; n++)
		code = each (all, all->asked.addresses[n], error);
	if (code != 0 || !all->asked.list)
		return code < 0 ? code : 0;
	FILE *file = fopen (all->asked.list, "re");
	if (!file)
		return larder_fail_errno (error, errno, "cannot read '%s'", all->asked.list);
	while (code == 0 && getline (&line, &room, file) > 0)
		code = each_line (all, line, each, error);
	if (code == 0 && ferror (file))
		code = larder_fail_errno (error, errno, "cannot read '%s'", all->asked.list);
	(void) fclose (file);
	return code < 0 ? code : 0;
}

/* ---- what it comes to ---- */

static int
tell_estimate (struct restoring *all, const struct bill *bill, struct class *class, uint64_t *sum, bool *known)
{
	uint64_t price = 0;
	int64_t within = 0;
	class->is_archived = bill_is_archived (bill->prices, class->name);
	if (!class->is_archived)
		return 0;
	bool is_known = bill_retrieval (bill->prices, class->name, all->asked.tier, class->objects, class->bytes, all->asked.days, &price, &within);
	const struct larder_archive_estimate estimate = {
		.size = sizeof estimate, .storage_class = class->name, .tier = all->asked.tier, .objects = class->objects, .bytes = class->bytes,
		.price = is_known ? price_text (all->arena, price) : NULL, .currency = bill->prices ? bill->prices->currency : NULL, .within = within,
	};
	*sum += price;
	*known = *known && is_known;
	return all->estimate ? all->estimate (all->context, &estimate) : 0;
}

static int
check_most (const struct restoring *all, uint64_t sum, bool known, const char *currency, struct larder_error *error)
{
	const struct price one = { .amount = all->asked.most };
	uint64_t most;
	if (!all->asked.most)
		return 0;
	if (!price_is_amount (all->asked.most) || !price_share (&one, 1, 1, &most))
		return larder_fail_next (error, LARDER_E_INVALID, "as 5.00", "'%s' is no sum of money", all->asked.most);
	if (!known)
		return larder_fail_next (error, LARDER_E_INVALID, "name a table that knows, [larder] prices = NAME; or leave the ceiling away", "nobody knows what it costs: nothing was asked for");
	return sum <= most ? 0 : larder_fail_next (error, LARDER_E_INVALID, "another tier, fewer objects, or a higher ceiling", "it would cost %s %s, and may cost %s: nothing was asked for",
		price_text (all->arena, sum), currency, all->asked.most);
}

static int
estimate_all (struct restoring *all, struct larder_error *error)
{
	struct bill bill;
	uint64_t sum = 0;
	bool known = true;
	int code = bill_begin (&bill, all->larder, all->arena, NULL, error);
	for (size_t n = 0; code == 0 && n < all->count; n++)
		code = tell_estimate (all, &bill, &all->classes[n], &sum, &known);
	return code < 0 ? code : check_most (all, sum, known, bill.prices ? bill.prices->currency : "", error);
}

/* ---- a new job ---- */

static int
find_objects (struct restoring *all, struct larder_error *error)
{
	int code = each_address (all, add_address, error);
	if (code == 0 && all->objects == 0)
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "there is nothing to restore");
	return code;
}

static json_t *
head_of (const struct restoring *all)
{
	char now[32];
	text_from_time (clock_wall (), now);
	return json_pack ("{s:i, s:s, s:s, s:s, s:s, s:i}", "larder-restore", 1, "begun", now, "tier", all->asked.tier, "store", all->store_name, "to", all->asked.to ? all->asked.to : "",
		"days", (int) all->asked.days);
}

/* All that it is for lies in one store: which, the first address tells. */
static int
open_first (struct restoring *all, const char *text, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	int code = larder_address_parse (all->larder, all->arena, text, &address, error);
	if (code == 0)
		code = open_store (all, &address, text, error);
	return code < 0 ? code : 1;
}

static int
first_store (struct restoring *all, struct larder_error *error)
{
	int code = each_address (all, open_first, error);
	return code < 0 || all->store ? code : larder_fail_next (error, LARDER_E_NOTFOUND, "an address a line: STORE:KEY", "'%s' names nothing", all->asked.list ? all->asked.list : "");
}

/* All that it would come to. */
static void
count_archived (struct restoring *all)
{
	for (size_t n = 0; n < all->count; n++)
		all->objects += all->classes[n].is_archived ? all->classes[n].objects : 0;
	all->states[JOB_READY] = all->objects;
}

static int
begin_job (struct restoring *all, int folder, const char *id, struct larder_error *error)
{
	int code = first_store (all, error);
	json_t *head = code == 0 ? head_of (all) : NULL;
	if (code == 0)
		code = head ? restore_begin (&all->job, folder, id, head, error) : larder_fail_memory (error);
	json_decref (head);
	if (code == 0)
		code = find_objects (all, error);
	if (code == 0)
		code = estimate_all (all, error);
	all->objects = 0;
	if (code == 0 && all->asked.flags & LARDER_DRY_RUN)
		count_archived (all);
	else if (code == 0)
		code = restore_end (&all->job, error);
	return code;
}

/* ---- an object ---- */

static int
fail_object (struct restoring *all, const struct job_object *object, int code, const struct larder_error *why)
{
	if (all->code == 0)
		all->code = code;
	(void) tell (all, "failed", object->key, 0, why);
	return JOB_FAILED;
}

static int
fail_overwritten (struct restoring *all, const struct job_object *object)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_fail_next (&why, LARDER_E_CONFLICT, "restore it again, if the new one is wanted", "'%s' was overwritten since its restore began", object->key);
	return fail_object (all, object, code, &why);
}

/* Its state by now, or a code that ends the run: what goes for one goes for all. */
static int
ask (struct restoring *all, const struct job_object *object, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = store_restore (all->store, object->key, object->version, all->asked.tier, all->asked.days, &why);
	if (code == 0)
		return tell (all, "asked", object->key, object->length, NULL) < 0 ? LARDER_E_CANCELLED : JOB_ASKED;
	if (code == LARDER_E_CONFLICT)
		return JOB_PLAIN;
	if (code == LARDER_E_NOTFOUND)
		return fail_object (all, object, code, &why);
	if (error)
		*error = why;
	return code;
}

/* It may be gone before it is fetched. */
static bool
is_short (const struct larder_info *info)
{
	return info->restore_expiry > 0 && info->restore_expiry - clock_wall () < SHORT;
}

/* The days of a copy that is there are counted anew. */
static int
extend (struct restoring *all, const struct job_object *object, struct larder_error *error)
{
	int code = store_restore (all->store, object->key, object->version, all->asked.tier, all->asked.days, error);
	return code < 0 ? code : JOB_READY;
}

static int
look (struct restoring *all, const struct job_object *object, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_stat (all->store, all->each, object->key, NULL, &info, &why);
	if (code == LARDER_E_NOTFOUND)
		return fail_object (all, object, code, &why);
	if (code < 0 && error)
		*error = why;
	if (code < 0)
		return code;
	enum job_state seen = restore_seen (object, &info);
	if (seen == JOB_FAILED)
		return fail_overwritten (all, object);
	if (object->state == JOB_PLAIN)
		return JOB_PLAIN;
	if (seen == JOB_READY && is_short (&info))
		return extend (all, object, error);
	return seen == JOB_WANTED ? ask (all, object, error) : (int) seen;
}

static bool
is_ready (int state)
{
	return state == JOB_READY || state == JOB_PLAIN;
}

static int
list_ready (const struct restoring *all, const char *key, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, 64 << 10);
	text_percent (&line, key);
	buffer_add_char (&line, '\n');
	int status = line.failed ? -ENOMEM : file_write_all (all->ready, line.at, line.length);
	return status < 0 ? larder_fail_errno (error, -status, "cannot write a list of keys in TMPDIR") : 0;
}

/* What is ready stays so while it is waited for the rest. */
static bool
is_settled (const struct restoring *all, const struct job_object *object)
{
	return object->state == JOB_FETCHED || object->state == JOB_FAILED || (all->waiting && is_ready (object->state));
}

static int
advance (void *context, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = context;
	arena_clear (all->each);
	if (larder_is_cancelled (all->larder))
		return larder_fail_cancelled (error);
	int state = is_settled (all, object) ? (int) object->state : look (all, object, error);
	if (state < 0)
		return state;
	int code = restore_set (&all->job, object, (enum job_state) state, error);
	if (is_ready (state) && !is_ready (object->state))
		(void) tell (all, "restored", object->key, object->length, NULL);
	all->states[state]++;
	all->objects++;
	all->bytes += object->length;
	return code == 0 && is_ready (state) && all->ready >= 0 ? list_ready (all, object->key, error) : code;
}

/* ---- fetching ---- */

static int
mark_fetched (void *context, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = context;
	if (!is_ready (object->state))
		return 0;
	all->states[object->state]--;
	all->states[JOB_FETCHED]++;
	return restore_set (&all->job, object, JOB_FETCHED, error);
}

/* As a sync of just these keys: what an earlier run fetched is the same already. */
static int
fetch (struct restoring *all, struct larder_error *error)
{
	char list[40];
	struct larder_summary sum = { .size = sizeof sum };
	snprintf (list, sizeof list, "/proc/self/fd/%d", all->ready);
	const struct larder_sync request = { .size = sizeof request, .from = arena_printf (all->arena, "%s:", all->store_name), .to = all->asked.to, .only = list };
	if (!request.from)
		return larder_fail_memory (error);
	int code = larder_sync (all->larder, &request, all->event, all->context, &sum, error);
	uint64_t ready = all->states[JOB_READY] + all->states[JOB_PLAIN];
	if (code == 0 && sum.scanned < ready)
		code = larder_fail_next (error, LARDER_E_CONFLICT, "run it again: it tells which", "%" PRIu64 " of %" PRIu64 " that could be read were gone before they were fetched", ready - sum.scanned, ready);
	return code < 0 ? code : restore_each (&all->job, mark_fetched, all, error);
}

/* ---- rounds ---- */

static int
go_round (struct restoring *all, struct larder_error *error)
{
	memset (all->states, 0, sizeof all->states);
	all->objects = all->bytes = 0;
	all->ready = all->asked.to ? file_temporary (error) : -1;
	int code = all->asked.to && all->ready < 0 ? all->ready : restore_each (&all->job, advance, all, error);
	if (code == 0 && all->ready >= 0 && all->states[JOB_READY] + all->states[JOB_PLAIN] > 0)
		code = fetch (all, error);
	if (all->ready >= 0)
		close (all->ready);
	return code;
}

static int
not_ready (const struct restoring *all, struct larder_error *error)
{
	char next[200];
	snprintf (next, sizeof next, "larder archive status %s tells how far it is; the same command goes on with it", all->job.id);
	return larder_fail_next (error, LARDER_E_NOTREADY, next, "%" PRIu64 " of %" PRIu64 " objects are on their way", all->states[JOB_ASKED] + all->states[JOB_WANTED], all->objects);
}

/* Hours, as a rule: from a second on twice as long each time, up to five minutes. */
static int
go_on (struct restoring *all, struct larder_error *error)
{
	int64_t pause = NS_PER_S, began = clock_boot (), wait = all->asked.wait;
	for (;;) {
		int code = go_round (all, error);
		if (code < 0)
			return code;
		if (all->states[JOB_ASKED] + all->states[JOB_WANTED] == 0)
			return 0;
		int64_t left = wait ? began + wait - clock_boot () : pause;
		if (!(all->asked.flags & LARDER_ARCHIVE_WAIT) || left <= 0)
			return not_ready (all, error);
		code = larder_rest (all->larder, left < pause ? left : pause, error);
		if (code < 0)
			return code;
		pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST;
		all->waiting = true;
	}
}

/* ---- the whole ---- */

static int
count_unfinished (void *context, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = context;
	(void) error;
	all->states[object->state]++;
	return 0;
}

/* One that came to its end begins anew: copies last for their days alone. */
static int
open_job (struct restoring *all, int folder, const char *id, bool *ret_new, struct larder_error *error)
{
	struct larder_error none = LARDER_ERROR_INIT;
	int code = restore_open (&all->job, folder, id, false, &none);
	*ret_new = code == LARDER_E_NOTFOUND;
	if (*ret_new)
		return 0;
	if (code == 0)
		code = restore_each (&all->job, count_unfinished, all, &none);
	*ret_new = code == 0 && all->states[JOB_WANTED] + all->states[JOB_ASKED] == 0 && (!all->asked.to || all->states[JOB_READY] + all->states[JOB_PLAIN] == 0);
	if (*ret_new)
		restore_close (&all->job);
	if (code < 0 && error)
		*error = none;
	return code;
}

static int
tell_job (const struct restoring *all, larder_archive_job_fn fn, struct larder_error *error)
{
	const struct larder_archive_job told = restore_facts (&all->job, all->states, all->objects, all->bytes);
	return fn ? fn (all->context, &told, error) : 0;
}

static int
run (struct restoring *all, int folder, larder_archive_job_fn job, struct larder_error *error)
{
	char id[JOB_ID_ROOM];
	bool is_new;
	name_job (all, id);
	int code = open_job (all, folder, id, &is_new, error);
	if (code == 0 && is_new)
		code = begin_job (all, folder, id, error);
	if (code < 0 || all->asked.flags & LARDER_DRY_RUN)
		return code;
	if (!all->store && (all->store_name = restore_text (&all->job, "store")))
		code = larder_store_open (all->larder, all->store_name, &all->store, error);
	if (code == 0)
		code = go_on (all, error);
	if (is_new && code < 0 && all->states[JOB_ASKED] + all->states[JOB_READY] + all->states[JOB_FETCHED] == 0)
		restore_drop (&all->job);
	int told = all->job.head && (code == 0 || code == LARDER_E_NOTREADY) ? tell_job (all, job, error) : 0;
	if (code == 0 && all->states[JOB_FAILED])
		code = larder_fail_next (error, all->code ? all->code : LARDER_E_CONFLICT, "each was told with its own next step, when it was found", "%" PRIu64 " of %" PRIu64 " failed",
			all->states[JOB_FAILED], all->objects);
	return code < 0 ? code : told;
}

static void
sum_up (const struct restoring *all, struct larder_summary *ret)
{
	const struct larder_summary sum = {
		.size = sizeof sum, .scanned = all->objects, .done = all->states[JOB_READY] + all->states[JOB_PLAIN] + all->states[JOB_FETCHED], .failed = all->states[JOB_FAILED],
		.skipped = all->states[JOB_ASKED] + all->states[JOB_WANTED], .bytes = all->bytes, .code = all->code,
	};
	if (ret)
		larder_give (ret, &sum);
}

int
larder_archive_restore (struct larder *larder, const struct larder_archive_restore *request, larder_archive_estimate_fn estimate, larder_archive_job_fn job,
                        larder_event_fn event, void *context, struct larder_summary *ret_summary, struct larder_error *error)
{
	struct restoring all = {
		.larder = larder, .asked = { .size = sizeof all.asked }, .estimate = estimate, .event = event, .context = context, .arena = arena_new (), .each = arena_new (),
		.job = JOB_NONE, .ready = -1, .why = LARDER_ERROR_INIT,
	};
	larder_give (&all.asked, request);
	int code = all.arena && all.each ? restore_folder (larder_state (larder), error) : larder_fail_memory (error);
	int folder = code;
	if (code >= 0)
		code = run (&all, folder, job, error);
	sum_up (&all, ret_summary);
	restore_close (&all.job);
	if (folder >= 0)
		close (folder);
	if (all.store)
		larder_store_close (all.store);
	arena_free (all.each);
	arena_free (all.arena);
	return code;
}
