/* apply.c: doing what lies between: one resource after what it needs, and read again until it is so. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "text.h"

#define ACTS_MOST 4                /* creations and changes, or removals, of one resource in one run, before it is given up */

struct applying {
	struct larder_infra *infra;
	larder_infra_event_fn event;
	void *context;
	pthread_mutex_t mutex;           /* one event at a time, and the counts */
	struct larder_infra_counts counts;
	int code;                        /* of the first failure */
	struct larder_error first;
};

static void
tell_event (struct applying *applying, const struct larder_infra_event *event)
{
	pthread_mutex_lock (&applying->mutex);
	if (applying->event)
		applying->event (applying->context, event);
	pthread_mutex_unlock (&applying->mutex);
}

static void
tell (struct applying *applying, const struct resource *one, uint32_t step, const struct larder_error *error, const char *why)
{
	struct larder_infra_event event = { .size = sizeof event, .step = step, .change = infra_whole (one), .error = error };
	event.change.why = why;
	tell_event (applying, &event);
}

static void
count (struct applying *applying, uint32_t mark)
{
	struct larder_infra_counts *counts = &applying->counts;
	pthread_mutex_lock (&applying->mutex);
	counts->created += mark == LARDER_INFRA_CREATE;
	counts->updated += mark == LARDER_INFRA_UPDATE;
	counts->replaced += mark == LARDER_INFRA_REPLACED;
	counts->removed += mark == LARDER_INFRA_REMOVE;
	counts->same += mark == LARDER_INFRA_SAME;
	counts->failed += mark == LARDER_INFRA_FAILED;
	counts->left += mark == LARDER_INFRA_LEFT;
	pthread_mutex_unlock (&applying->mutex);
}

static int
broken (struct applying *applying, struct resource *one, int code, const struct larder_error *error)
{
	tell (applying, one, LARDER_INFRA_BROKEN, error, NULL);
	count (applying, one->stays ? LARDER_INFRA_LEFT : LARDER_INFRA_FAILED);
	pthread_mutex_lock (&applying->mutex);
	if (applying->code == 0) {
		applying->code = code;
		applying->first = *error;
	}
	pthread_mutex_unlock (&applying->mutex);
	return code;
}

/* ---- until the service is done ---- */

/* One pause, longer each time; the time of one resource counts over all that is done with it in this run. */
static int
wait_more (struct applying *applying, struct resource *one, struct larder_error *error)
{
	int64_t now = clock_boot (), most = applying->infra->wait;
	struct waiting *waiting = &one->waiting;
	char text[32];
	if (!waiting->pause)
		*waiting = (struct waiting) { .began = now, .told = -1 };
	struct larder_infra_event event = { .size = sizeof event, .step = LARDER_INFRA_WAITING, .change = infra_whole (one), .waited = now - waiting->began, .before = waiting->told, .most = most };
	event.change.why = infra_state (one);
	if (event.waited >= most)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "the same command goes on from there; --wait TIME lets it take longer", "%s '%s' is not ready after %s: the service tells '%s'",
			one->type, one->identity, text_from_duration (event.waited, text), infra_state (one));
	tell_event (applying, &event);
	waiting->told = event.waited;
	return larder_rest_longer (applying->infra->larder, &waiting->pause, most - event.waited, error);
}

static int
read_settled (struct applying *applying, struct resource *one, struct larder_error *error)
{
	for (;;) {
		int code = resource_read (applying->infra, one, error);
		if (code < 0 || one->state == LARDER_RESOURCE_READY || one->state == LARDER_RESOURCE_ABSENT)
			return code;
		if (one->state == LARDER_RESOURCE_FAILED)
			return resource_failed (one, error);
		code = wait_more (applying, one, error);
		if (code < 0)
			return code;
	}
}

/* ---- one resource ---- */

static int
refuse_replace (const struct larder_infra *infra, const struct resource *one, struct larder_error *error)
{
	const char *path = "";
	for (size_t n = 0; n < one->changes.count; n++)
		if (one->changes.at[n].mark == LARDER_INFRA_REPLACED)
			path = one->changes.at[n].path;
	if (one->protect)
		return larder_fail_next (error, LARDER_E_CONFLICT, "take protect = yes out first, when it is really to go", "%s '%s' is protected, and '%s' cannot be changed in place", one->type, one->identity, path);
	if (!(infra->flags & LARDER_INFRA_REPLACE))
		return larder_fail_next (error, LARDER_E_CONFLICT, "--replace removes it with what it holds and makes it anew", "'%s' of %s '%s' cannot be changed in place", path, one->type, one->identity);
	return 0;
}

/* Of a service that has too much to do what is there is read again, and gone on from. */
static int
act (struct applying *applying, struct resource *one, enum resource_act what, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = resource_act (applying->infra, one, what, &why);
	int again = code < 0 ? resource_again (applying->infra, one, code, &why) : 0;
	if (again > 0)
		return 0;
	if (code < 0)
		larder_give (error, &why);
	return again < 0 ? again : code;
}

/* Some services take it in steps: what is there still, once that is settled, is asked to go again. */
static int
remove_it (struct applying *applying, struct resource *one, struct larder_error *error)
{
	int code = 0;
	one->state = LARDER_RESOURCE_READY;
	for (unsigned acts = 0; code == 0 && one->state != LARDER_RESOURCE_ABSENT && acts < ACTS_MOST + one->again; acts++) {
		code = act (applying, one, RESOURCE_REMOVE, error);
		if (code == 0)
			code = read_settled (applying, one, error);
	}
	if (code == 0 && one->state != LARDER_RESOURCE_ABSENT)
		code = larder_fail (error, LARDER_E_NOTREADY, "%s '%s' is still there after its removal", one->type, one->identity);
	return code;
}

/* The first path that is not as desired. */
static const char *
differing (const struct resource *one)
{
	for (size_t n = 0; n < one->changes.count; n++)
		if (one->changes.at[n].mark != LARDER_INFRA_UNMANAGED)
			return one->changes.at[n].path;
	return one->mark == LARDER_INFRA_CREATE && one->desired.count ? one->desired.at[0].path : "";
}

/* As desired when nothing is left that differs. What a lost answer or a killed run left half done is seen by reading, and gone on with. */
static int
converge (struct applying *applying, struct resource *one, unsigned *ret_acts, struct larder_error *error)
{
	struct larder_infra *infra = applying->infra;
	for (*ret_acts = 0;; ++*ret_acts) {
		int code = read_settled (applying, one, error);
		if (code == 0)
			code = resource_resolve (infra, one, error);
		if (code == 0)
			code = resource_compare (infra, one, error);
		if (code < 0 || one->mark == LARDER_INFRA_SAME || one->mark == LARDER_INFRA_LACKING)
			return code;
		if (*ret_acts == ACTS_MOST + one->again)
			return larder_fail_next (error, LARDER_E_INTEGRITY, "larder infra plan shows what it tells", "%s '%s' does not become what it is asked to be: the service takes '%s' and tells otherwise",
				one->type, one->identity, differing (one));
		if (one->mark == LARDER_INFRA_REPLACED) {
			code = refuse_replace (infra, one, error);
			one->stays = code < 0;           /* as the plan told */
			if (code == 0)
				code = remove_it (applying, one, error);
		} else
			code = act (applying, one, one->mark == LARDER_INFRA_CREATE ? RESOURCE_CREATE : RESOURCE_UPDATE, error);
		if (code < 0)
			return code;
	}
}

/* Was something that it refers to made or changed in this run? Then what that tells may be another by now. */
static bool
tells_anew (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; n < one->desired.count; n++) {
		const struct resource *other = one->desired.at[n].from ? resource_told_by (infra, one->desired.at[n].from) : NULL;
		if (other && other->mark != LARDER_INFRA_SAME)
			return true;
	}
	return false;
}

static int
make_one (void *context, struct resource *one)
{
	struct applying *applying = context;
	uint32_t planned = one->mark;
	unsigned acts = 0;
	struct larder_error error = LARDER_ERROR_INIT;
	if (one->aside || one->cut || planned == LARDER_INFRA_LACKING)
		return 0;
	if (one->code < 0)
		return broken (applying, one, one->code, one->error);
	bool settled = one->state == LARDER_RESOURCE_READY || one->state == LARDER_RESOURCE_ABSENT;
	if (planned == LARDER_INFRA_SAME && settled && !tells_anew (applying->infra, one)) {
		count (applying, planned);
		return 0;
	}
	if (planned != LARDER_INFRA_SAME)
		tell (applying, one, LARDER_INFRA_BEGUN, NULL, NULL);
	int code = larder_is_cancelled (applying->infra->larder) ? larder_fail_cancelled (&error) : converge (applying, one, &acts, &error);
	if (code < 0)
		return broken (applying, one, code, &error);
	one->mark = planned != LARDER_INFRA_SAME || !acts ? planned : LARDER_INFRA_UPDATE;
	if (one->mark != LARDER_INFRA_SAME)
		tell (applying, one, LARDER_INFRA_DONE, NULL, NULL);
	count (applying, one->mark);
	resource_forget (applying->infra, one);
	resource_let_go (one);
	return 0;
}

static int
unmake_one (void *context, struct resource *one)
{
	struct applying *applying = context;
	int code = 0;
	struct larder_error error = LARDER_ERROR_INIT;
	if (one->aside || one->cut || one->mark == LARDER_INFRA_SAME)
		return 0;
	if (one->code < 0)
		return broken (applying, one, one->code, one->error);
	tell (applying, one, LARDER_INFRA_BEGUN, NULL, NULL);
	if (larder_is_cancelled (applying->infra->larder))
		code = larder_fail_cancelled (&error);
	else if (one->protect)
		code = larder_fail_next (&error, LARDER_E_CONFLICT, strcmp (one->type, "database") == 0 ? "destroy = yes, and no protect = yes, let it go, after its final snapshot" : "take protect = yes out, when it is really to go",
			"%s '%s' is protected", one->type, one->identity);
	else
		code = resource_refuse_held (applying->infra, one, &error);
	one->stays = code == LARDER_E_CONFLICT;
	if (code == 0) {
		code = remove_it (applying, one, &error);
		one->stays = code == LARDER_E_CONFLICT && one->left;      /* refused by its driver for what the plan told */
	}
	if (code < 0)
		return broken (applying, one, code, &error);
	one->mark = LARDER_INFRA_REMOVE;
	tell (applying, one, LARDER_INFRA_DONE, NULL, NULL);
	count (applying, LARDER_INFRA_REMOVE);
	return 0;
}

static void
skip_one (void *context, struct resource *one, const struct resource *because)
{
	struct applying *applying = context;
	char why[300];
	if (one->aside || one->cut)
		return;
	if (one->mark == LARDER_INFRA_SAME) {    /* as it is to be, or gone: nothing was to be done with it */
		if (!(applying->infra->flags & LARDER_INFRA_DESTROY))
			count (applying, LARDER_INFRA_SAME);
		return;
	}
	snprintf (why, sizeof why, "%s '%s' %s", because->type, because->identity, because->stays ? "stays" : "failed");
	one->stays = because->stays;
	tell (applying, one, LARDER_INFRA_SKIPPED, NULL, why);
	pthread_mutex_lock (&applying->mutex);
	applying->counts.left += one->stays;
	applying->counts.skipped += !one->stays;
	pthread_mutex_unlock (&applying->mutex);
}

/* What nothing is made of. */
static void
tell_lacking (struct applying *applying)
{
	const struct larder_infra *infra = applying->infra;
	for (size_t n = 0; n < infra->count; n++)
		if (!infra->at[n].aside && infra->at[n].mark == LARDER_INFRA_LACKING)
			tell (applying, &infra->at[n], LARDER_INFRA_LACKED, NULL, infra->at[n].why_cut);
}

/* What is not done, and is as the plan had it: begins the counts of what is. */
static void
count_undone (struct applying *applying)
{
	struct larder_infra_counts planned = { .size = sizeof planned };
	larder_infra_count (applying->infra, &planned);
	applying->counts = (struct larder_infra_counts) {
		.size = sizeof planned, .lacking = planned.lacking, .missing = applying->infra->flags & LARDER_INFRA_DESTROY ? 0 : planned.missing, .unmanaged = planned.unmanaged, .warnings = planned.warnings,
	};
}

int
larder_infra_apply (struct larder_infra *infra, larder_infra_event_fn event, void *context, struct larder_infra_counts *ret, struct larder_error *error)
{
	bool back = infra->flags & LARDER_INFRA_DESTROY;
	struct applying applying = { .infra = infra, .event = event, .context = context };
	const struct order order = { .each = back ? unmake_one : make_one, .skipped = skip_one, .context = &applying, .backwards = back };
	count_undone (&applying);
	pthread_mutex_init (&applying.mutex, NULL);
	if (!back)                               /* whoever destroys was told before he was asked */
		tell_lacking (&applying);
	int code = order_run (infra, &order, error);
	pthread_mutex_destroy (&applying.mutex);
	if (ret)
		larder_give (ret, &applying.counts);
	if (code == 0 && applying.code < 0 && error)
		larder_give (error, &applying.first);
	return code < 0 ? code : applying.code;
}
