/* versions.c: going through the versions below an address, page by page, in memory for one page. A path ends at a separator, as
 * everywhere: `logs` is the object logs and what is below logs/. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "versions.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include <larder/driver.h>

const char *
versions_name (struct versions *versions, const char *key)
{
	const char *name = arena_printf (versions->page, "%s%s", store_prefix (versions->store), key);
	return name ? name : key;
}

void
versions_done (struct versions *versions, const char *done, const char *would, const char *key, const char *version, uint64_t bytes)
{
	bool dry = versions->request->flags & LARDER_DRY_RUN;
	count_event (&versions->transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .action = dry ? would : done, .from = versions_name (versions, key), .bytes = bytes, .version = version,
	});
}

void
versions_upload (struct versions *versions, const char *key)
{
	versions->seen++;
	count_event (&versions->transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .action = versions->request->flags & LARDER_DRY_RUN ? "would-remove" : "removed", .from = versions_name (versions, key),
		.reason = "an upload that nobody ended",
	});
}

void
versions_skipped (struct versions *versions, const char *key, const char *reason)
{
	count_skipped (&versions->transfer, versions_name (versions, key), reason);
}

void
versions_failed (struct versions *versions, const char *name, const char *version, int code, const struct larder_error *error)
{
	struct larder_error whole = LARDER_ERROR_INIT;
	if (error)
		larder_give (&whole, error);
	if (version && !strstr (whole.message, version))
		snprintf (whole.message + strlen (whole.message), sizeof whole.message - strlen (whole.message), " (version %s)", version);
	count_failed (&versions->transfer, name, NULL, &whole, code, false);
}

/* ---- a listing ---- */

static int
on_info (void *context, const struct larder_info *info)
{
	struct versions *versions = context;
	if (versions->only && strcmp (info->key, versions->only) != 0)
		return 1;
	versions->seen++;
	int code = versions->way->one (versions, info);
	versions->starved = versions->starved || code == LARDER_E_LIMIT;
	return code ? code : transfer_stopped (&versions->transfer);
}

static int
on_page (void *context, bool last, struct larder_error *error)
{
	struct versions *versions = context;
	int code = versions->way->act (versions, last, error);
	arena_clear (versions->page);
	return code ? code : transfer_stopped (&versions->transfer);
}

int
versions_walk (struct versions *versions, const char *prefix, const char *only, struct larder_error *error)
{
	const struct larder_listing request = { .size = sizeof request, .prefix = prefix, .delimiter = "", .versions = true };
	versions->only = only;
	int code = store_list (versions->store, &request, on_info, on_page, versions, error);
	if (code == 1)     /* another key ended it */
		code = on_page (versions, true, error);
	if (versions->starved)
		return larder_fail_memory (error);
	return versions->transfer.stop ? 0 : code;
}

/* ---- an address ---- */

int
versions_need (struct versions *versions, bool on, struct larder_error *error)
{
	uint32_t state = LARDER_VERSIONING_ON;
	bool known;
	int code = store_versioning (versions->store, &state, &known, error);
	if (code < 0 || !known || state == LARDER_VERSIONING_ON || (state == LARDER_VERSIONING_SUSPENDED && !on))
		return code;
	if (state == LARDER_VERSIONING_SUSPENDED)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "turn versioning on for the bucket first; one object: larder cp --version",
			"versions of store '%s' are suspended: what a roll back replaces could be lost", store_name (versions->store));
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "turn versioning on for the bucket: it helps from then on; for now, look into backups",
		"store '%s' keeps no versions: what is removed from it is gone", store_name (versions->store));
}

static int
stop_at_first (void *context, const struct larder_info *info)
{
	(void) context;
	(void) info;
	return 1;
}

static int
fail_nothing (struct versions *versions, const char *path, struct larder_error *error)
{
	const char *next = "'larder versions -r' lists what is there";
	if (versions->request->flags & LARDER_RECURSIVE)
		return larder_fail_next (error, LARDER_E_NOTFOUND, next, "nothing at '%s', and nothing was", versions->address);
	struct larder_listing below = { .size = sizeof below, .prefix = arena_printf (versions->page, "%s/", path), .delimiter = "", .versions = true };
	if (below.prefix && larder_list (versions->store, &below, stop_at_first, NULL, NULL) == 1)
		next = "for everything below it: --recursive";
	return larder_fail_next (error, LARDER_E_NOTFOUND, next, "no version of '%s', and no trace of one", versions->address);
}

static int
walk_address (struct versions *versions, const char *path, struct larder_error *error)
{
	bool recursive = versions->request->flags & LARDER_RECURSIVE;
	size_t length = strlen (path);
	bool folder = length == 0 || path[length - 1] == '/';
	if (!recursive && length == 0)
		return larder_fail_next (error, LARDER_E_INVALID, "name one object, or --recursive for everything in it", "'%s' is a whole store", versions->address);
	int code = versions->way->begin (versions, error);
	if (code == 0 && (!recursive || !folder))
		code = versions_walk (versions, path, path, error);
	if (code == 0 && recursive && !versions->transfer.stop) {
		const char *below = folder ? path : arena_printf (versions->transfer.arena, "%s/", path);
		code = below ? versions_walk (versions, below, NULL, error) : larder_fail_memory (error);
	}
	if (code == 0 && recursive && length == 0 && versions->way->whole && !versions->transfer.stop)
		code = versions->way->whole (versions, error);
	return code < 0 || versions->seen > 0 || versions->transfer.stop ? code : fail_nothing (versions, path, error);
}

int
transfer_store_address (struct transfer *transfer, const char *address, struct larder_address *ret, struct larder_store **ret_store,
                        struct larder_error *error)
{
	*ret = (struct larder_address) { .size = sizeof *ret };
	int code = larder_address_parse (transfer->larder, transfer->arena, address, ret, error);
	if (code < 0)
		return code;
	if (!ret->store)
		return larder_fail_next (error, LARDER_E_INVALID, "write STORE:KEY; 'larder store list' names the stores",
			"'%s' is not in a store", address);
	return larder_store_open (transfer->larder, ret->store, ret_store, error);
}

static void
take_address (struct versions *versions, const char *address)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_address parsed;
	versions->address = address;
	versions->seen = 0;
	arena_clear (versions->page);
	int code = transfer_store_address (&versions->transfer, address, &parsed, &versions->store, &error);
	if (code == 0)
		code = walk_address (versions, parsed.path, &error);
	if (code < 0)
		count_failed (&versions->transfer, address, NULL, &error, code, false);
	larder_store_close (versions->store);
	versions->store = NULL;
}

int
versions_run (struct larder *larder, const struct larder_versions *request, const struct versions_way *way, void *state,
              larder_event_fn event, void *context, struct larder_summary *ret_summary, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new (), *page = arena_new ();
	const struct larder_transfer whole = { .size = sizeof whole, .flags = request->flags };
	struct versions versions = {
		.transfer = {
			.larder = larder, .request = &whole, .state = larder_state (larder), .event = event, .context = context, .arena = arena, .root = -1,
			.sum = { .size = sizeof versions.transfer.sum }, .mutex = PTHREAD_MUTEX_INITIALIZER,
		},
		.request = request, .way = way, .page = page, .state = state,
	};
	if (!arena || !page)
		return larder_fail_memory (error);
	for (size_t i = 0; i < request->count && !transfer_stopped (&versions.transfer); i++)
		take_address (&versions, request->addresses[i]);
	pool_free (versions.transfer.pool);
	return count_end (&versions.transfer, 0, ret_summary, error);
}

int
versions_check_request (const struct larder_transfer *request, struct larder_error *error)
{
	bool one = request->count == 1 && !(request->flags & (LARDER_RECURSIVE | LARDER_MOVE));
	return one || !request->version ? 0 : larder_fail_next (error, LARDER_E_INVALID, "name the one object that it is a version of, and copy it",
		"a version is of one object");
}
