/* drill.c: larder_backup_drill: which keys, what it costs, fetched, compared, told. */
#include "drill.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "error.h"
#include "store.h"
#include "text.h"

enum { SORT_MEMORY = 1 << 20 };

/* ---- what it is of ---- */

static int
read_address (struct drilling *all, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	const char *what = all->asked.what, *text = strchr (what, ':') ? what : arena_printf (all->arena, "%s:", what);
	int code = text ? larder_address_parse (all->larder, all->arena, text, &address, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	if (!address.store)
		return larder_fail_next (error, LARDER_E_INVALID, "STORE, or STORE:PREFIX/", "'%s' is in no store", what);
	if (*address.path && !text_ends (address.path, "/"))
		return larder_fail_next (error, LARDER_E_INVALID, "a prefix ends in '/'", "a drill is of a whole tree, and '%s' is none", what);
	all->prefix = address.path;
	code = larder_store_open (all->larder, address.store, &all->store, error);
	all->place = code == 0 ? store_prefix (all->store) : NULL;
	return code;
}

/* One that is not there would take all for gone. */
static int
check_source (struct drilling *all, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	struct stat facts;
	int code = all->asked.source ? larder_address_parse (all->larder, all->arena, all->asked.source, &address, error) : 1;
	if (code != 0 || address.store)
		return code < 0 ? code : 0;
	if (stat (address.path, &facts) < 0)
		return larder_fail_errno (error, errno, "cannot read the source '%s'", address.path);
	return S_ISDIR (facts.st_mode) ? 0 : larder_fail_next (error, LARDER_E_INVALID, "name the folder", "the source '%s' is no folder", address.path);
}

/* ---- the whole ---- */

/* What came while it was listed is as old as nothing, and so is what a clock tells that goes with ours, give or take a second. */
void
drill_measure (struct drilling *all)
{
	int64_t ahead = all->head.newest - clock_wall ();
	all->head.ahead = ahead > NS_PER_S ? ahead : 0;
}

static int
begin (struct drilling *all, struct larder_error *error)
{
	all->head.begun = clock_wall ();
	int code = drill_find_keys (all, error);
	drill_measure (all);
	if (code == 0)
		code = drill_estimate (all, error);
	if (code < 0 || all->asked.flags & LARDER_DRY_RUN)
		drill_drop (all);
	return code;
}

static void
sum_up (struct drilling *all)
{
	struct larder_drilled *sum = &all->sum;
	const struct drill_head *head = &all->head;
	sum->what = all->asked.what, sum->source = all->asked.source;
	sum->point = head->point && *head->point ? head->point : NULL;
	sum->begun = head->begun, sum->ended = clock_wall (), sum->newest = head->newest;
	sum->listed = head->listed, sum->taken = head->taken;
	sum->rpo = head->ahead ? -head->ahead : sum->begun > sum->newest ? sum->begun - sum->newest : 0;
	sum->rto = sum->ended - sum->begun;
}

static int
drill (struct drilling *all, struct larder_error *error)
{
	int code = drill_fetch (all, error);
	if (code == 0)
		code = drill_compare (all, error);
	sum_up (all);
	if (code == 0)
		code = drill_report (all, error);
	if (code == 0)
		drill_end (all);
	return code;
}

static int
tell_plan (struct drilling *all)
{
	sum_up (all);
	all->counts.scanned = all->counts.done = all->head.taken;
	all->counts.bytes = all->sum.bytes = all->head.bytes;
	return 0;
}

static int
drill_of_folder (struct drilling *all, struct larder_error *error)
{
	int code = drill_folder (all, error);
	if (code < 0)
		return code;
	if (!*all->head.point) {
		all->head.newest = all->newest;
		drill_measure (all);
	}
	if (all->asked.flags & LARDER_DRY_RUN)
		return tell_plan (all);
	all->head.listed = all->head.taken;
	sum_up (all);
	code = drill_report (all, error);
	if (code == 0 && *all->head.point)
		drill_point_end (all);
	return code;
}

static int
run (struct drilling *all, struct larder_error *error)
{
	bool is_new = false;
	if (drill_is_of_folder (all))
		return drill_of_folder (all, error);
	int code = read_address (all, error);
	if (code == 0)
		code = check_source (all, error);
	if (code == 0)
		code = drill_open (all, &is_new, error);
	bool dry = all->asked.flags & LARDER_DRY_RUN;
	if (code == 0 && is_new)
		code = begin (all, error);
	else if (code == 0 && !dry)
		code = drill_scratch (all, error);
	if (code < 0)
		return code;
	return dry ? tell_plan (all) : drill (all, error);
}

int
larder_backup_drill (struct larder *larder, struct larder_arena *arena, const struct larder_drill *request, larder_archive_estimate_fn estimate, larder_event_fn event, void *context,
                     struct larder_drilled *ret, struct larder_summary *ret_summary, struct larder_error *error)
{
	struct drilling all = {
		.larder = larder, .asked = { .size = sizeof all.asked }, .estimate = estimate, .event = event, .context = context, .arena = arena, .each = arena_new (), .state = -1, .folder = -1,
		.tree = -1, .scratch = -1, .found = -1, .list = -1, .asking = FILE_DRAFT_NONE, .head = { .point = "" }, .findings = sort_new (SORT_MEMORY), .sum = { .size = sizeof all.sum }, .counts = { .size = sizeof all.counts }, .why = LARDER_ERROR_INIT,
	};
	larder_give (&all.asked, request);
	int code = all.each && all.findings ? run (&all, error) : larder_fail_memory (error);
	if (code < 0)
		all.counts.ended = code;
	if (ret_summary)
		larder_give (ret_summary, &all.counts);
	if (ret && code == 0)
		larder_give (ret, &all.sum);
	manifest_place_end (&all.manifest_place);
	drill_close (&all);
	larder_store_close (all.store);
	sort_free (all.findings);
	arena_free (all.each);
	return code;
}
