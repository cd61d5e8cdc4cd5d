/* clocks.c: backends that play a service on a clock of their own: what it tells, and moving it. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "cleanup.h"
#include "error.h"

#define PROFILE "use a profile whose backends play a service, as mock does"

struct clock { struct larder_clock told; struct instance *instance; struct clock *next; };

struct clocks {
	struct larder *larder;
	struct larder_arena *arena;
	struct larder_clock_move asked;
	struct clock *first, **last;
};

/* ---- what is asked of the driver ---- */

static int
start (const struct clocks *all, const struct clock *clock, const char *argument, const char *value, struct larder_error *error)
{
	const struct larder_pair pair = { argument, value };
	const struct larder_action action = { .size = sizeof action, .kind = "clock", .arguments = { &pair, argument ? 1 : 0, sizeof pair } };
	struct larder_call call = larder_call_begin (all->larder, all->arena);
	const char *token;
	instance_enter (clock->instance);
	int code = clock->instance->module->driver->action_start (clock->instance->self, &call, &action, &token, error);
	instance_leave (clock->instance);
	return code;
}

static int64_t
result (const struct larder_progress *progress, const char *name)
{
	const char *value = pairs_value (&progress->results, name);
	return value ? strtoll (value, NULL, 10) : 0;
}

static int
look (const struct clocks *all, struct clock *clock, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (all->larder, all->arena);
	struct larder_progress progress = { .size = sizeof progress };
	instance_enter (clock->instance);
	int code = clock->instance->module->driver->action_poll (clock->instance->self, &call, "clock", "", &progress, error);
	instance_leave (clock->instance);
	clock->told.now = result (&progress, "now");
	clock->told.ahead = result (&progress, "ahead");
	return code;
}

int
store_ahead (struct larder_store *store, int64_t *ret, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct clocks all = { .larder = store->larder, .arena = arena };
	struct clock clock = { .instance = store->instance };
	struct larder_error none = LARDER_ERROR_INIT;
	*ret = 0;
	if (!arena)
		return larder_fail_memory (error);
	if (!store->driver->action_start || !store->driver->action_poll || start (&all, &clock, NULL, NULL, &none) == LARDER_E_UNSUPPORTED)
		return 0;
	int code = look (&all, &clock, error);
	*ret = clock.told.ahead;
	return code;
}

/* ---- which have one ---- */

/* UNSUPPORTED of those that have none. */
static int
add (struct clocks *all, const char *backend, struct larder_error *error)
{
	struct clock *clock = arena_alloc (all->arena, sizeof *clock);
	if (!clock)
		return larder_fail_memory (error);
	*clock = (struct clock) { .told = { .size = sizeof clock->told, .backend = backend } };
	int code = backend_open (all->larder, backend, &clock->instance, error);
	if (code < 0)
		return code;
	const struct larder_driver *driver = clock->instance->module->driver;
	code = driver->action_start && driver->action_poll ? start (all, clock, NULL, NULL, error) : LARDER_E_UNSUPPORTED;
	if (code == LARDER_E_UNSUPPORTED)
		return larder_fail_next (error, code, PROFILE, "backend '%s' has no clock that can be moved: its driver is %s", backend, driver->name);
	if (code < 0)
		return code;
	*all->last = clock;
	all->last = &clock->next;
	return 0;
}

/* Without opening it, which may need what nobody who asks for a clock has. */
static bool
has_actions (struct larder *larder, const struct config_section *section)
{
	struct instance *instance = NULL;
	bool has = backend_make (larder, section, &instance, NULL) == 0 && instance->module->driver->action_start && instance->module->driver->action_poll;
	instance_free (instance);
	return has;
}

static int
add_all (struct clocks *all, struct larder_error *error)
{
	for (const struct config_section *section = NULL; (section = config_next (all->larder->config, "backend", section));) {
		struct larder_error why = LARDER_ERROR_INIT;
		int code = has_actions (all->larder, section) ? add (all, config_name (section), &why) : LARDER_E_UNSUPPORTED;
		if (code < 0 && code != LARDER_E_UNSUPPORTED && error)
			larder_give (error, &why);
		if (code < 0 && code != LARDER_E_UNSUPPORTED)
			return code;
	}
	return all->first ? 0 : larder_fail_next (error, LARDER_E_UNSUPPORTED, PROFILE, "no backend of this profile has a clock that can be moved");
}

/* A store's, or one by its own name. */
static int
add_named (struct clocks *all, const char *name, struct larder_error *error)
{
	struct larder_store *store = NULL;
	const struct config_section *section;
	if (config_find (all->larder->config, "store", name, &section, NULL) < 0 && config_find (all->larder->config, "backend", name, &section, NULL) == 0)
		return add (all, config_name (section), error);
	int code = larder_store_open (all->larder, name, &store, error);
	const char *backend = code == 0 ? arena_copy (all->arena, store->backend_name) : NULL;
	larder_store_close (store);
	return code < 0 ? code : backend ? add (all, backend, error) : larder_fail_memory (error);
}

/* ---- moving ---- */

/* Two backends of one root have one clock: it is asked to be where it is to be, and not to go on by so much. */
static int
set (const struct clocks *all, struct clock *clock, struct larder_error *error)
{
	char text[24];
	if (all->asked.flags & LARDER_DRY_RUN || (!all->asked.reset && !all->asked.by))
		return 0;
	if (all->asked.reset)
		return start (all, clock, "reset", "", error);
	snprintf (text, sizeof text, "%" PRId64, clock->told.ahead);
	return start (all, clock, "ahead", text, error);
}

static int
aim (const struct clocks *all, struct clock *clock, struct larder_error *error)
{
	struct larder_clock *told = &clock->told;
	int code = all->asked.reset && !(all->asked.flags & LARDER_DRY_RUN) ? 0 : look (all, clock, error);     /* also one that cannot be told is reset */
	int64_t by = all->asked.reset ? -told->ahead : all->asked.by;
	if (code == 0 && (__builtin_add_overflow (told->ahead, by, &told->ahead) || __builtin_add_overflow (told->now, by, &told->now)))
		return larder_fail_next (error, LARDER_E_INVALID, "less", "the clock of backend '%s' cannot go on by so much", told->backend);
	return code;
}

static int
run (struct clocks *all, larder_clock_fn fn, void *context, struct larder_error *error)
{
	int code = all->asked.name ? add_named (all, all->asked.name, error) : add_all (all, error);
	for (struct clock *clock = all->first; code == 0 && clock; clock = clock->next)
		code = aim (all, clock, error);
	for (struct clock *clock = all->first; code == 0 && clock; clock = clock->next)
		code = set (all, clock, error);
	for (struct clock *clock = all->first; code == 0 && clock; clock = clock->next) {
		code = all->asked.flags & LARDER_DRY_RUN ? 0 : look (all, clock, error);
		if (code == 0)
			code = fn (context, &clock->told, error);
	}
	return code;
}

int
larder_clock (struct larder *larder, const struct larder_clock_move *request, larder_clock_fn clock, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct clocks all = { .larder = larder, .arena = arena, .asked = { .size = sizeof all.asked }, .last = &all.first };
	larder_give (&all.asked, request);
	if (!arena)
		return larder_fail_memory (error);
	if (!larder->config)
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration");
	return run (&all, clock, context, error);
}
