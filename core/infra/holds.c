/* holds.c: what a bucket holds. As long as it is kept by that, so is who may read it, and what is copied from it: neither is taken from objects that stay. A plan tells all
 * of it as left. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "instance.h"

enum { COUNTED_MOST = 1000 };    /* a page: who holds more is told as such */

struct held { size_t versions, markers; };

static int
count_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	struct held *held = context;
	(void) error;
	*(info->flags & LARDER_INFO_DELETE_MARKER ? &held->markers : &held->versions) += 1;
	return 0;
}

/* Old versions and delete markers keep a bucket, too. */
static int
count (struct larder_infra *infra, const struct resource *one, uint32_t most, struct held *ret, struct larder_error *error)
{
	struct instance *instance = one->instance;
	struct larder_arena *arena = arena_new ();
	struct larder_call call = larder_call_begin (infra->larder, arena);
	struct larder_page page = { .size = sizeof page };
	if (!arena)
		return larder_fail_memory (error);
	const struct larder_list request = {
		.size = sizeof request, .bucket = one->identity, .prefix = "", .delimiter = "", .most = most, .versions = instance->caps & LARDER_CAP_VERSIONS,
	};
	instance_enter (instance);
	int code = instance->module->driver->list (instance->self, &call, &request, count_item, ret, &page, error);
	instance_leave (instance);
	arena_free (arena);
	return code;
}

static bool
is_part (const struct resource *one)
{
	return !one->driver && (strcmp (one->type, "access") == 0 || strcmp (one->type, "replication") == 0);
}

static bool
is_of_same_bucket (const struct resource *one, const struct resource *other)
{
	bool bucket = is_part (one) || (!one->driver && strcmp (one->type, "bucket") == 0);
	return bucket && strcmp (one->identity, other->identity) == 0 && strcmp (one->backend, other->backend) == 0;
}

const struct resource *
resource_whole (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; is_part (one) && n < infra->count; n++)
		if (!is_part (&infra->at[n]) && is_of_same_bucket (&infra->at[n], one))
			return &infra->at[n];
	return NULL;
}

/* Was it looked for already in this run, for another part of the same bucket? That one is over: they follow each other. */
static bool
was_empty (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; n < infra->count; n++)
		if (is_of_same_bucket (&infra->at[n], one) && infra->at[n].holds_nothing)
			return true;
	return false;
}

static int
fail_held (const struct resource *one, const struct held *held, struct larder_error *error)
{
	char next[sizeof error->next];
	bool all = held->versions + held->markers < COUNTED_MOST;
	snprintf (next, sizeof next, EMPTIES_IT ", when all of it is to go", one->section);
	if (all && !held->versions)
		return larder_fail_next (error, LARDER_E_CONFLICT, next, "bucket '%s' holds no objects, but %zu delete marker%s", one->identity, held->markers, held->markers == 1 ? "" : "s");
	if (!all)
		return larder_fail_next (error, LARDER_E_CONFLICT, next, "bucket '%s' holds objects: at least %zu versions and delete markers", one->identity, held->versions + held->markers);
	return larder_fail_next (error, LARDER_E_CONFLICT, next, "bucket '%s' holds objects: %zu version%s, %zu delete marker%s", one->identity, held->versions, held->versions == 1 ? "" : "s",
		held->markers, held->markers == 1 ? "" : "s");
}

int
resource_refuse_held (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	struct held held = { 0 };
	bool asked = is_part (one) || (one->left && resource_is_held (infra, one) > 0);       /* an empty bucket its service removes, or refuses to */
	if (!asked || !one->instance->module->driver->list || was_empty (infra, one))
		return 0;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = count (infra, one, COUNTED_MOST, &held, &why);
	one->holds_nothing = code == 0 && !held.versions && !held.markers;
	if (held.versions || held.markers)
		return fail_held (one, &held, error);
	if (code < 0 && code != LARDER_E_NOTFOUND && error)
		larder_give (error, &why);
	return code == LARDER_E_NOTFOUND ? 0 : code;
}

/* ---- told by a plan ---- */

/* Who asks for all of a bucket: the first that may go. */
static const struct resource *
asker (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; n < infra->count; n++) {
		const struct resource *other = &infra->at[n];
		if (is_of_same_bucket (other, one) && !other->aside && !other->watched && !other->protect && !other->cut && other->instance)
			return other;
	}
	return NULL;
}

int
resource_look_held (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	bool goes = infra->flags & LARDER_INFRA_DESTROY && one->state != LARDER_RESOURCE_ABSENT;
	if (!goes || asker (infra, one) != one || !one->instance->module->driver->list)
		return 0;
	for (;;) {
		struct larder_error why = LARDER_ERROR_INIT;
		struct held held = { 0 };
		int code = count (infra, one, 1, &held, &why);
		int again = code < 0 ? resource_again (infra, one, code, &why) : 0;
		one->holds = code == 0 ? held.versions + held.markers > 0 : code == LARDER_E_NOTFOUND ? 0 : -1;
		if (again > 0)
			continue;
		if (one->holds < 0)
			larder_give (error, &why);
		return one->holds < 0 ? again < 0 ? again : code : 0;
	}
}

int
resource_is_held (const struct larder_infra *infra, const struct resource *one)
{
	const struct resource *asked = infra->flags & LARDER_INFRA_DESTROY ? asker (infra, one) : NULL;
	return asked && is_of_same_bucket (one, asked) ? asked->holds : 0;
}
