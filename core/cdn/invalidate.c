/* invalidate.c: what edges hold is forgotten: which paths of which CDN, then one lot after the other, each by the driver of the [cdn]. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "paths.h"
#include "prices.h"
#include "random.h"
#include "store.h"
#include "text.h"

enum {
	PATHS_MOST = 1000,               /* from there on folders are cheaper: as many are free in a month where they are counted */
	BELOW_MOST = 15                  /* of which CDNs take few at a time */
};
#define WAIT_MOST (30 * 60 * NS_PER_S)

struct target {
	const struct config_section *cdn;
	const char *identity;
	struct instance *instance;
	struct cdn_paths paths;
	uint64_t started, wildcards;     /* of the paths */
	const char *token;
	struct target *next;
};

struct invalidating {
	struct larder *larder;
	struct larder_arena *arena;
	struct larder_cdn_invalidate asked;
	larder_cdn_fn event;
	void *context;
	struct target *first;
	int64_t began, told, pause;      /* of this wait, by the boot clock */
};

/* ---- which paths of which CDN ---- */

static int
find_driver (struct invalidating *all, struct target *target, struct larder_error *error)
{
	const struct schema_cdn *schema = config_struct (target->cdn);
	if (!schema->backend)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "a profile in which it has a backend", "[cdn \"%s\"] of %s has no backend: nothing holds copies", config_name (target->cdn),
			config_where (target->cdn));
	int code = backend_open (all->larder, schema->backend, &target->instance, error);
	if (code < 0)
		return code;
	const struct larder_driver *driver = target->instance->module->driver;
	if (driver->action_start && driver->action_poll)
		return 0;
	return larder_fail (error, LARDER_E_UNSUPPORTED, "the driver %s of [cdn \"%s\"] invalidates nothing", driver->name, config_name (target->cdn));
}

static int
target_of (struct invalidating *all, const struct config_section *cdn, struct target **ret, struct larder_error *error)
{
	struct target **at = &all->first;
	while (*at && (*at)->cdn != cdn)
		at = &(*at)->next;
	if (!*at) {
		struct target *made = arena_alloc (all->arena, sizeof *made);
		char *identity = cdn_identity (all->larder, all->arena, config_name (cdn));
		if (!made || !identity)
			return larder_fail_memory (error);
		*made = (struct target) { .cdn = cdn, .identity = identity, .paths = { .arena = all->arena } };
		int code = find_driver (all, made, error);
		if (code < 0)
			return code;
		*at = made;
	}
	*ret = *at;
	return 0;
}

/* Of a key that edges would not match for sure what begins so goes instead. That is known before anything is counted: a hundred of one folder are one wildcard, which is paid for once. */
static int
make_sure (const struct invalidating *all, const struct target *target, const struct larder_store *store, const char *key, size_t *length, bool *below, struct larder_error *error)
{
	const char *unmatched = target->instance->module->driver->unmatched;
	size_t sure = unmatched ? strcspn (key, unmatched) : *length;
	if (sure >= *length)
		return 0;
	if (!(all->asked.flags & LARDER_CDN_ABOUT)) {
		const char *next = arena_printf (all->arena, "all else that begins so goes with it: '%s%.*s*'", store_prefix (store), (int) sure, key);
		return larder_fail_next (error, LARDER_E_INVALID, next, "the edges of [cdn \"%s\"] cannot be told '%s' alone: they match no name with '%c'", config_name (target->cdn), key, key[sure]);
	}
	*length = sure, *below = true;
	return 0;
}

static int
add_key (struct invalidating *all, const struct larder_store *store, const char *key, struct larder_error *error)
{
	const struct config_section *cdn = store_cdn (store);
	struct target *target = NULL;
	size_t length = strlen (key);
	bool below = length && key[length - 1] == '*';
	length -= below;
	if (!cdn)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "cdn = NAME in its section", "no [cdn] serves [store \"%s\"]", store_name (store));
	if (!*key)
		return larder_fail_next (error, LARDER_E_INVALID, "STORE:KEY, or 'STORE:*' for all of it", "'%s:' names no object", store_name (store));
	int code = target_of (all, cdn, &target, error);
	if (code == 0)
		code = make_sure (all, target, store, key, &length, &below, error);
	return code < 0 ? code : cdn_paths_add (&target->paths, key, length, below, error);
}

static int
add_address (struct invalidating *all, const char *text, struct larder_error *error)
{
	struct larder_store *store = NULL;
	struct larder_address address = { .size = sizeof address };
	int code = larder_address_parse (all->larder, all->arena, text, &address, error);
	if (code == 0 && !address.store)
		return larder_fail_next (error, LARDER_E_INVALID, "STORE:KEY", "'%s' is no object of a store", text);
	if (code == 0)
		code = larder_store_open (all->larder, address.store, &store, error);
	if (code == 0)
		code = add_key (all, store, address.path, error);
	larder_store_close (store);
	return code;
}

/* ---- what is told ---- */

static int
tell (const struct invalidating *all, const struct target *target, struct larder_cdn_event event, struct larder_error *error)
{
	event.size = sizeof event, event.cdn = config_name (target->cdn), event.token = target->token;
	return all->event ? all->event (all->context, &event, error) : 0;
}

static int
tell_step (const struct invalidating *all, const struct target *target, uint32_t step, struct larder_error *error)
{
	return tell (all, target, (struct larder_cdn_event) { .step = step, .paths = target->started, .wildcards = target->wildcards }, error);
}

static int
plan (struct invalidating *all, struct target *target, const struct prices *prices, struct larder_error *error)
{
	int code = cdn_paths_least (&target->paths, PATHS_MOST, BELOW_MOST, error);
	struct larder_cdn_event event = { .step = LARDER_CDN_PLANNED, .paths = target->paths.count, .wildcards = cdn_paths_below (&target->paths) };
	const struct price *price = prices_find (prices, "invalidation");
	const char *sum = price && code == 0 ? price_times (all->arena, price, event.paths) : NULL;
	if (sum)
		event.price = arena_printf (all->arena, "%s %s", sum, prices->currency), event.per = price->unit;
	return code < 0 ? code : tell (all, target, event, error);
}

/* ---- one lot ---- */

static void
wait_begins (struct invalidating *all)
{
	all->began = clock_boot (), all->told = -1, all->pause = 0;
}

static int
wait_more (struct invalidating *all, const struct target *target, struct larder_error *error)
{
	char text[32];
	int64_t waited = clock_boot () - all->began, left = all->asked.wait - waited;
	if (left <= 0)
		return larder_fail_next (error, LARDER_E_NOTREADY, "a longer --wait; the service goes on by itself with what it has begun, and to ask for the same again is harmless",
			"[cdn \"%s\"]: %zu of %zu paths were begun, and the last are not done after %s", config_name (target->cdn), (size_t) target->started, target->paths.count,
			text_from_duration (waited, text));
	int code = tell (all, target, (struct larder_cdn_event) { .step = LARDER_CDN_RUNNING, .paths = target->started, .wildcards = target->wildcards, .waited = waited, .before = all->told,
		.most = all->asked.wait }, error);
	all->told = waited;
	return code < 0 ? code : larder_rest_longer (all->larder, &all->pause, left, error);
}

/* 1: done; 0: not yet. */
static int
poll_one (struct invalidating *all, const struct target *target, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (all->larder, all->arena);
	struct larder_progress progress = { .size = sizeof progress };
	instance_enter (target->instance);
	int code = target->instance->module->driver->action_poll (target->instance->self, &call, "invalidate", target->token, &progress, error);
	instance_leave (target->instance);
	if (code == 0 && progress.state == LARDER_ACTION_FAILED)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "[cdn \"%s\"] could not do it: %s", config_name (target->cdn), progress.message ? progress.message : "the service does not say why");
	return code < 0 ? code : progress.state == LARDER_ACTION_DONE;
}

static int
wait_until_done (struct invalidating *all, const struct target *target, struct larder_error *error)
{
	int code;
	wait_begins (all);
	while ((code = poll_one (all, target, error)) == 0)
		if ((code = wait_more (all, target, error)) < 0)
			return code;
	return code < 0 ? code : tell_step (all, target, LARDER_CDN_DONE, error);
}

static struct larder_pair *
pairs_of (const struct invalidating *all, const struct target *target)
{
	size_t count = target->paths.count - target->started;
	struct larder_pair *pairs = arena_alloc (all->arena, count * sizeof *pairs);
	for (size_t n = 0; pairs && n < count; n++) {
		const struct cdn_path *at = &target->paths.at[target->started + n];
		pairs[n] = (struct larder_pair) { .name = at->below ? "below" : "path", .value = at->key };
	}
	return pairs;
}

/* As many as the service takes at a time. While it does all it can already it is asked again. */
static int
start_lot (struct invalidating *all, struct target *target, struct larder_error *error)
{
	unsigned char bytes[16];
	char name[2 * sizeof bytes + 1];
	size_t taken = 0;
	struct larder_pair *pairs = pairs_of (all, target);
	if (!pairs)
		return larder_fail_memory (error);
	random_bytes (bytes, sizeof bytes);
	text_hex (bytes, sizeof bytes, name);
	const struct larder_action action = {
		.size = sizeof action, .kind = "invalidate", .target = target->identity, .client_token = name, .ret_taken = &taken,
		.arguments = { pairs, target->paths.count - target->started, sizeof *pairs },
	};
	int code;
	wait_begins (all);
	do {
		struct larder_call call = larder_call_begin (all->larder, all->arena);
		instance_enter (target->instance);
		code = target->instance->module->driver->action_start (target->instance->self, &call, &action, &target->token, error);
		instance_leave (target->instance);
	} while (code == LARDER_E_NOTREADY && (code = wait_more (all, target, error)) == 0);
	if (code == 0 && (taken == 0 || taken > action.arguments.count))
		return larder_fail (error, LARDER_E_INTEGRITY, "the driver %s took %zu of %zu paths", target->instance->module->driver->name, taken, action.arguments.count);
	for (size_t n = 0; code == 0 && n < taken; n++)
		target->wildcards += target->paths.at[target->started + n].below;
	target->started += code == 0 ? taken : 0;
	return code;
}

/* The next lot waits for this one: what is under way is counted. */
static int
invalidate (struct invalidating *all, struct target *target, struct larder_error *error)
{
	int code = 0;
	while (code == 0 && target->started < target->paths.count) {
		code = start_lot (all, target, error);
		if (code == 0)
			code = tell_step (all, target, LARDER_CDN_STARTED, error);
		if (code == 0 && (all->asked.flags & LARDER_CDN_WAIT || target->started < target->paths.count))
			code = wait_until_done (all, target, error);
	}
	return code;
}

/* ---- all ---- */

static int
run (struct invalidating *all, struct larder_error *error)
{
	const struct schema_larder *settings = larder_settings_of (all->larder);
	const struct prices *prices = NULL;
	int code = settings && settings->prices ? prices_read (all->arena, config_path (larder_configuration (all->larder)), settings->prices, &prices, error) : 0;
	for (size_t n = 0; code == 0 && n < all->asked.count; n++)
		code = add_address (all, all->asked.addresses[n], error);
	for (struct target *target = all->first; code == 0 && target; target = target->next)
		code = plan (all, target, prices, error);
	for (struct target *target = all->asked.flags & LARDER_CDN_PLAN ? NULL : all->first; code == 0 && target; target = target->next)
		code = invalidate (all, target, error);
	return code;
}

int
larder_cdn_invalidate (struct larder *larder, const struct larder_cdn_invalidate *request, larder_cdn_fn event, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct invalidating all = { .larder = larder, .arena = arena, .asked = { .size = sizeof all.asked }, .event = event, .context = context };
	larder_give (&all.asked, request);
	all.asked.wait = all.asked.wait > 0 ? all.asked.wait : WAIT_MOST;
	return arena ? run (&all, error) : larder_fail_memory (error);
}
