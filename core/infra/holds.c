/* holds.c: what a bucket holds. As long as it is kept by that, so is who may read it, and what is copied from it: neither is taken from objects that stay. A plan tells all
 * of it as left. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"
#include "instance.h"

enum { COUNTED_MOST = 1000 };    /* a page: who holds more is told as such */

static int
count_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	size_t *count = context;
	(void) info, (void) error;
	(*count)++;
	return 0;
}

/* Old versions and delete markers keep a bucket, too. */
static int
count (struct larder_infra *infra, const struct resource *one, uint32_t most, size_t *ret, struct larder_error *error)
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

int
resource_refuse_held (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	size_t held = 0;
	if (!is_part (one) || !one->instance->module->driver->list || was_empty (infra, one))
		return 0;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = count (infra, one, COUNTED_MOST, &held, &why);
	one->holds_nothing = code == 0 && !held;
	if (held)
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder rm -r --all-versions empties it, when all of it is to go", "bucket '%s' holds objects: %zu%s, old versions counted",
			one->identity, held, held < COUNTED_MOST ? "" : " or more");
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
		size_t held = 0;
		int code = count (infra, one, 1, &held, &why);
		int again = code < 0 ? resource_again (infra, one, code, &why) : 0;
		one->holds = code == 0 ? held > 0 : code == LARDER_E_NOTFOUND ? 0 : -1;
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
