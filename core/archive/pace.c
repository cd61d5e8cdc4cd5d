/* pace.c: when a restore that is waited for is looked at again. A look is a request for each object that is on its way, and the service takes minutes or hours. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"

#include <string.h>

#include "clock.h"
#include "error.h"
#include "store.h"
#include "text.h"

#define MINUTES (60 * NS_PER_S)
#define HOURS (60 * MINUTES)
#define NAP (NS_PER_S / 4)

/* `first`: sooner than that nothing of this tier is there. Any other word is taken for Standard, which is what a service does without one. */
static const struct pace { const char *tier; int64_t first, least, most; } paces[] = {
	{ "Standard", 3 * HOURS, 15 * MINUTES, 1 * HOURS }, { "Expedited", 1 * MINUTES, 1 * MINUTES, 5 * MINUTES }, { "Bulk", 5 * HOURS, 30 * MINUTES, 2 * HOURS },
};

/* What others asked for, or an earlier run, may be there sooner than what was asked for just now; and what was refused when it was to be fetched at any time. */
static bool
is_all_fresh (const struct restoring *all)
{
	return all->fresh > 0 && all->fresh == all->states[JOB_ASKED] && all->states[JOB_WANTED] == 0;
}

/* An eighth of what was waited so far: that much later than it could have been it is found at the most, and looks are few. */
int64_t
pace_pause (const struct restoring *all, int64_t waited)
{
	const struct pace *pace = paces;
	for (size_t n = 1; n < sizeof paces / sizeof *paces; n++)
		if (strcmp (paces[n].tier, all->asked.tier) == 0)
			pace = &paces[n];
	int64_t eighth = waited / 8;
	return is_all_fresh (all) ? pace->first : eighth < pace->least ? pace->least : eighth > pace->most ? pace->most : eighth;
}

int
pace_now (struct restoring *all, int64_t *ret, struct larder_error *error)
{
	int code = store_ahead (all->store, &all->ahead, error);
	*ret = clock_boot () + all->ahead;
	return code;
}

static int
tell (struct restoring *all, int64_t pause, int64_t waited)
{
	char time[32], reason[80];
	snprintf (reason, sizeof reason, "looked at again at %s", text_from_time (clock_wall () + all->ahead + pause, time));
	const struct larder_event event = {
		.size = sizeof event, .action = "waiting", .from = store_prefix (all->store), .reason = reason, .bytes = all->objects - all->states[JOB_ASKED] - all->states[JOB_WANTED],
		.total = all->objects, .spent = waited,
	};
	return restoring_tell (all, &event);
}

/* By the clock of the storage, which may be moved meanwhile; and this machine may be suspended. Neither ends a sleep: so there are many. */
int
pace_rest (struct restoring *all, int64_t began, int64_t now, int64_t pause, struct larder_error *error)
{
	const int64_t until = now + pause;
	int code = tell (all, pause, now - began) < 0 ? larder_fail_cancelled (error) : 0;
	while (code == 0 && now < until) {
		code = larder_rest (all->larder, until - now < NAP ? until - now : NAP, error);
		if (code == 0)
			code = pace_now (all, &now, error);
	}
	return code;
}
