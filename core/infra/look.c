/* look.c: all resources, looked at and compared; of what is as it is to be nothing is kept, so that a plan of a thousand buckets takes little. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <pthread.h>
#include <string.h>

#include "error.h"

/* ---- what went wrong ---- */

int
resource_broke (struct resource *resource, int code, const struct larder_error *error)
{
	static const struct larder_error no_memory = { .size = sizeof no_memory, .code = LARDER_E_LIMIT, .message = "out of memory" };
	struct larder_error *kept = arena_alloc (resource->arena, sizeof *kept);
	if (kept)
		*kept = *error;
	resource->error = kept ? kept : &no_memory;
	return code;
}

int
resource_unseen (struct resource *resource, int code, const struct larder_error *error)
{
	if (code >= 0)
		return code;
	resource->code = resource_broke (resource, code, error);
	resource->mark = LARDER_INFRA_FAILED;
	resource->why_failed = arena_printf (resource->arena, "%s%s%s%s%s%s", error->message, *error->provider ? " (" : "", error->provider, *error->request ? ", request " : "", error->request,
		*error->provider ? ")" : "");
	return code;
}

/* ---- one ---- */

/* What goes wrong for sure is told before anything is made: a thing that failed at the service, though its lines be as desired, and what the service refuses. */
static int
look_closer (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	int code = traps_find (infra, one, error);
	if (code == 0)
		code = resource_failed (one, error);
	return code == 0 ? traps_refuse (one, error) : code;
}

static void
compare_one (struct larder_infra *infra, struct resource *one)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = resource_desire (infra, one, &error);
	if (code == 0)
		code = resource_resolve (infra, one, &error);
	if (code == 0)
		code = resource_compare (infra, one, &error);
	if (code == 0 && !one->cut)
		code = alien_check (infra, one, &error);
	if (code == 0 && !one->cut && !one->watched && !(infra->flags & LARDER_INFRA_DESTROY))
		code = look_closer (infra, one, &error);
	resource_unseen (one, code, &error);
}

void
resource_forget (const struct larder_infra *infra, struct resource *one)
{
	if (!(infra->flags & LARDER_INFRA_LEAN) || one->told)
		return;
	arena_clear (one->seen);
	lines_begin (&one->observed, one->seen);
	one->changes = (struct changes) { 0 };
}

/* As it is to be, or not there. */
static bool
is_settled (const struct resource *one)
{
	bool settled = one->mark == LARDER_INFRA_SAME ? one->state == LARDER_RESOURCE_READY || one->state == LARDER_RESOURCE_ABSENT : one->mark == LARDER_INFRA_CREATE;
	return settled && !one->changes.count;
}

/* With a key that is none of its edges' all would be made as it is asked for, and every viewer refused. */
static int
look_at_key (const struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	const char *group = one->aside || infra->flags & LARDER_INFRA_DESTROY ? NULL : lines_value (&one->desired, "key-group"), *told;
	struct larder_error why = LARDER_ERROR_INIT;
	if (!group || strcmp (one->type, "cdn") != 0)
		return 0;
	int code = cdn_check_key (infra->larder, one->instance, one->arena, group, &told, &why);
	if (code == LARDER_E_INVALID) {
		one->mismatch = arena_copy (one->arena, why.message);
		one->mismatch_next = arena_copy (one->arena, why.next);
		return one->mismatch && one->mismatch_next ? 0 : larder_fail_memory (error);
	}
	if (code < 0 && code != LARDER_E_UNSUPPORTED)
		larder_give (error, &why);
	return code == LARDER_E_UNSUPPORTED ? 0 : code;
}

/* ---- all ---- */

struct looking { struct larder_infra *infra; pthread_mutex_t mutex; };

/* One of them at a time is compared, and as soon as it is read, unless others are to tell a value of it. */
static int
look (void *context, struct resource *one)
{
	struct looking *looking = context;
	struct larder_error error = LARDER_ERROR_INIT;
	if (one->cut || one->code < 0 || (one->watched && one->aside))       /* nobody asks it for a value */
		return 0;
	int code = resource_read (looking->infra, one, &error);
	if (code == 0)
		code = resource_look_held (looking->infra, one, &error);
	if (code == 0)
		code = look_at_key (looking->infra, one, &error);
	if (resource_unseen (one, code, &error) < 0)
		return code;
	resource_digest (one);
	if (one->asks)
		return 0;
	pthread_mutex_lock (&looking->mutex);
	compare_one (looking->infra, one);
	if (is_settled (one))
		resource_forget (looking->infra, one);
	resource_let_go (one);
	pthread_mutex_unlock (&looking->mutex);
	return 0;
}

static void
no_skip (void *context, struct resource *resource, const struct resource *because)
{
	(void) context, (void) resource, (void) because;
}

/* Who refers to whom; and the lines that its backend lacks go before anything is read: what others know of it is then the same at any time. A value that cannot be
 * is an error of the whole, so that nothing is made. */
static int
look_around (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	int code = resource_desire (infra, one, error);
	for (size_t n = 0; n < one->desired.count; n++) {
		const char *from = one->desired.at[n].from;
		struct resource *other = from ? resource_told_by (infra, from) : NULL;
		one->asks = one->asks || from;
		if (other)
			other->told = true;
	}
	if (code == 0 && !one->cut && one->code == 0)
		code = resource_sift (infra, one, error);
	resource_let_go (one);
	return code;
}

/* Of what is only watched nothing is said where it is not there, cannot be, or cannot be looked at any more than its bucket. */
static void
set_aside (const struct larder_infra *infra, struct resource *one)
{
	const struct resource *bucket = one->watched && one->code < 0 ? resource_find (infra, one->kind, one->section, "bucket") : NULL;
	if (one->watched && (one->cut || (bucket && bucket->code < 0) || (one->mark == LARDER_INFRA_SAME && !one->changes.count)))
		one->aside = true;
}

/* A bucket that is made anew takes with it who may read it and what is copied from it. */
static void
go_with_whole (struct larder_infra *infra, struct resource *one)
{
	const struct resource *whole = resource_whole (infra, one);
	if (!whole || !resource_made_anew (whole) || one->aside || one->cut || one->code < 0)
		return;
	one->state = LARDER_RESOURCE_ABSENT;
	lines_begin (&one->observed, one->seen);
	struct larder_error error = LARDER_ERROR_INIT;
	resource_unseen (one, resource_compare (infra, one, &error), &error);
}

/* What is there already may be called as it is; of the rest nothing is made before all have names that can be. A service may refuse already to be asked for one that cannot. */
static int
check_names (const struct larder_infra *infra, struct larder_error *error)
{
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++) {
		const struct resource *one = &infra->at[n];
		if (!one->watched && (one->code == LARDER_E_INVALID || (one->code == 0 && one->state == LARDER_RESOURCE_ABSENT)))
			code = words_check_identity (infra, one, error);
	}
	return code;
}

int
look_at_all (struct larder_infra *infra, struct larder_error *error)
{
	struct looking looking = { .infra = infra };
	const struct order order = { .each = look, .skipped = no_skip, .context = &looking, .apart = true };
	int code = 0;
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		code = look_around (infra, &infra->at[n], error);
	if (code < 0)
		return code;
	pthread_mutex_init (&looking.mutex, NULL);
	code = order_run (infra, &order, error);
	pthread_mutex_destroy (&looking.mutex);
	if (code == 0)
		code = check_names (infra, error);
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		if (infra->at[n].asks && !infra->at[n].cut && infra->at[n].code == 0)
			compare_one (infra, &infra->at[n]);
	for (size_t n = 0; code == 0 && n < infra->count; n++)
		go_with_whole (infra, &infra->at[n]);
	aliens_spread (infra);
	for (size_t n = 0; n < infra->count; n++)
		set_aside (infra, &infra->at[n]);
	return code;
}
