/* check.c: what a doctor asks: each backend's own check, without a bucket and with those of its stores. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "arena.h"
#include "error.h"

/* One visit. */
struct visit {
	struct larder *larder;
	const char *backend;               /* under way */
	const char *store;                 /* whose bucket, or NULL */
	larder_checked_fn checked;
	void *context;
	int stopped;                       /* code of the caller's function */
};

static int
tell (struct visit *visit, const struct larder_checked *checked)
{
	struct larder_checked one = *checked;
	one.size = sizeof one;
	one.backend = visit->backend;
	one.store = visit->store;
	return visit->stopped = visit->checked (visit->context, &one);
}

static int
on_finding (void *context, uint32_t verdict, const char *what, const char *detail, const char *next)
{
	const struct larder_checked checked = { .verdict = verdict, .what = what, .detail = detail ? detail : "", .next = next && *next ? next : NULL };
	return tell (context, &checked);
}

/* A check that cannot go on is a finding, too: the next backend may be well. */
static int
tell_failure (struct visit *visit, int code, const struct larder_error *why, struct larder_error *error)
{
	const struct larder_checked checked = { .verdict = LARDER_FAIL, .what = "check", .detail = why->message, .next = *why->next ? why->next : NULL, .error = why };
	if (code != LARDER_E_CANCELLED)
		return tell (visit, &checked);
	if (error)
		larder_give (error, why);
	return code;
}

static int
ask (struct visit *visit, const char *bucket, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct instance *instance;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	struct larder_call call = larder_call_begin (visit->larder, arena);
	int code = backend_open (visit->larder, visit->backend, &instance, &why);
	if (code < 0)
		return tell_failure (visit, code, &why, error);
	const struct larder_driver *driver = instance->module->driver;
	if (!driver->check)
		return on_finding (visit, LARDER_NOTE, "check", "this driver has nothing to look at", NULL);
	instance_enter (instance);
	code = driver->check (instance->self, &call, bucket, on_finding, visit, &why);
	instance_leave (instance);
	if (code == 0 || visit->stopped)
		return visit->stopped;
	return tell_failure (visit, code, &why, error);
}

static int
on_store (void *context, const struct larder_store_facts *facts)
{
	struct visit *visit = context;
	if (facts->view_of || strcmp (facts->backend, visit->backend) != 0)
		return 0;
	visit->store = facts->name;
	int code = ask (visit, facts->bucket, NULL);
	visit->store = NULL;
	return code;
}

static int
note_user (void *context, const struct larder_store_facts *facts)
{
	return strcmp (facts->backend, context) == 0;
}

int
larder_check (struct larder *larder, const char *backend, bool stores, larder_checked_fn checked, void *context, struct larder_error *error)
{
	struct visit visit = { .larder = larder, .checked = checked, .context = context };
	const struct config_section *section;
	if (!larder->config)
		return larder_fail_next (error, LARDER_E_INVALID, "open one with a configuration", "this handle has no configuration");
	int code = backend ? config_find (larder->config, "backend", backend, &section, error) : 0;
	for (section = NULL; code == 0 && (section = config_next (larder->config, "backend", section));) {
		visit.backend = config_name (section);
		bool wanted = backend ? strcmp (backend, visit.backend) == 0 : larder_store_each (larder, note_user, (void *) (uintptr_t) visit.backend, NULL) == 1;
		if (wanted)
			code = ask (&visit, NULL, error);
		if (wanted && code == 0 && stores)
			code = larder_store_each (larder, on_store, &visit, error);
	}
	return code;
}
