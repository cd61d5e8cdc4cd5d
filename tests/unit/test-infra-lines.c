/* test-infra-lines.c: sorted lines, paths of members and their patterns, what lies between two lists, and what needs what in a circle. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "resource.h"
#include "unit.h"

START_TEST (order)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	struct larder_error error = LARDER_ERROR_INIT;
	lines_begin (&lines, arena);
	lines_add (&lines, "versioning", "yes");
	lines_add_in (&lines, "tag", "a]b%", "", "1");
	lines_add (&lines, "encryption", "AES256");
	lines_add (&lines, "versioning", "yes");
	lines_add (&lines, "nothing", "");
	lines_add (&lines, "nothing", NULL);
	ck_assert_int_eq (lines_sort (&lines, &error), 0);
	ck_assert_uint_eq (lines.count, 3);
	ck_assert_str_eq (lines.at[0].path, "encryption");
	ck_assert_str_eq (lines.at[1].path, "tag[a%5Db%25]");
	ck_assert_str_eq (lines_find (&lines, "versioning")->value, "yes");
	ck_assert_ptr_null (lines_find (&lines, "version"));
	ck_assert (lines_have_below (&lines, "tag[a%5Db%25]", path_member_length ("tag[a%5Db%25].x")));
	lines_add (&lines, "encryption", "aws:kms");
	ck_assert_int_eq (lines_sort (&lines, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "encryption"));
}
END_TEST

static const struct { const char *pattern, *path; bool fits; } patterns[] = {
	{ "versioning", "versioning", true }, { "versioning", "version", false }, { "version", "versioning", false },
	{ "tag[*]", "tag[Name]", true }, { "tag[*]", "tag", false }, { "tag[*]", "tag[Name].x", false }, { "tag[*]", "tag[Name", false },
	{ "rule[*].transition[*].days", "rule[a.b].transition[GLACIER_IR].days", true }, { "rule[*].days", "rule[a].transition[b].days", false },
	{ "behavior[*].order", "behavior[*/thumbnails/*].order", true }, { "", "", true }, { "[*]", "[x]", true },
};

START_TEST (patterns_fit)
{
	ck_assert_msg (path_matches (patterns[_i].pattern, patterns[_i].path) == patterns[_i].fits, "%s %s", patterns[_i].pattern, patterns[_i].path);
}
END_TEST

/* ---- times of a day and of a week ---- */

static const struct { const char *one, *other; bool overlap; } windows[] = {
	{ "03:00-04:00", "sun:03:30-sun:04:30", true }, { "03:00-04:00", "sun:04:00-sun:04:30", false }, { "03:00-04:00", "mon:02:00-mon:03:00", false },
	{ "03:00-04:00", "tue:02:00-tue:03:01", true }, { "03:00-04:00", "sun:03:15-sun:03:45", true }, { "23:30-00:30", "mon:00:00-mon:00:20", true },
	{ "23:30-00:30", "sun:23:00-sun:23:30", false }, { "00:00-00:30", "sun:23:45-mon:00:15", true }, { "03:00-04:00", "sat:22:00-sun:02:00", false },
	{ "03:00-04:00", "sat:22:00-mon:02:00", true }, { "sun:01:00-sun:02:00", "mon:01:00-mon:02:00", false }, { "01:00-02:00", "01:59-03:00", true },
	{ "03:00-04:00", "", false }, { "soon", "sun:03:00-sun:04:00", false }, { "03:00-04:00", "day:03:00-day:04:00", false },
};

START_TEST (windows_that_overlap)
{
	ck_assert (windows_overlap (windows[_i].one, windows[_i].other) == windows[_i].overlap);
	ck_assert (windows_overlap (windows[_i].other, windows[_i].one) == windows[_i].overlap);
}
END_TEST

static const struct { const char *text; bool fits; } day_windows[] = {
	{ "03:00-04:00", true }, { "23:45-00:15", true }, { "03:00-03:30", true }, { "03:00-03:29", false }, { "03:00-03:00", false }, { "3:00-4:00", false },
	{ "24:00-25:00", false }, { "03:60-04:30", false }, { "03:00-04:00 ", false }, { "03:00", false }, { "03:00-", false }, { "", false }, { "sun:03:00-sun:04:00", false },
	{ "-03:00-04:00", false }, { "03:00-mon:04:00", false },
};

START_TEST (window_of_a_day)
{
	ck_assert_msg (window_is_of_a_day (day_windows[_i].text, 30) == day_windows[_i].fits, "%s", day_windows[_i].text);
}
END_TEST

static const struct { const char *zone, *text, *here; } clocks[] = {
	{ "KST-9", "03:00-04:00", "12:00-13:00 KST" }, { "KST-9", "18:30-19:00", "03:30-04:00 KST" }, { "NST3:30", "02:45-03:45", "23:15-00:15 NST" },
	{ "UTC0", "03:00-04:00", NULL }, { "UTC0", "cron(0 2 * * ? *)", "02:00 UTC" }, { "KST-9", "sun:03:00-sun:04:00", NULL }, { "KST-9", "soon", NULL },
	{ "KST-9", "cron(0 2 * * ? *)", "02:00 UTC, 11:00 KST" }, { "KST-9", "cron(30 15,23 1 * ? *)", "15:30, 23:30 UTC, 00:30, 08:30 KST" }, { "NST3:30", "cron(5 03 ? * MON *)", "03:05 UTC, 23:35 NST" },
	{ "KST-9", "cron(0 */6 * * ? *)", NULL }, { "KST-9", "cron(* 2 * * ? *)", NULL }, { "KST-9", "cron(0 2-4 * * ? *)", NULL }, { "KST-9", "cron(0 24 * * ? *)", NULL },
	{ "KST-9", "cron(0 2,24 * * ? *)", NULL }, { "KST-9", "cron(60 2 * * ? *)", NULL }, { "KST-9", "cron(0 2, * * ? *)", NULL }, { "KST-9", "cron(0 2", NULL }, { "KST-9", "cron(0 ", NULL },
	{ "KST-9", "cron(0", NULL }, { "KST-9", "cron(", NULL }, { "KST-9", "cro", NULL }, { "KST-9", "cron(0 002 * * ? *)", NULL }, { "KST-9", "", NULL },
};

START_TEST (window_by_the_clock_here)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	setenv ("TZ", clocks[_i].zone, 1);
	tzset ();
	ck_assert_pstr_eq (window_here (arena, clocks[_i].text), clocks[_i].here);
}
END_TEST

/* ---- what is desired, and what is there ---- */

static const struct larder_path_rule thing_paths[] = {
	{ "counted", LARDER_INT, LARDER_PATH_COMPUTED, "" }, { "filled", LARDER_STRING, LARDER_PATH_OPTIONAL, "" }, { "fixed", LARDER_STRING, LARDER_PATH_IMMUTABLE, "" },
	{ "plain", LARDER_STRING, 0, "" }, { "rule[*].beside", LARDER_STRING, LARDER_PATH_DOCUMENT, "" }, { "rule[*].days", LARDER_INT, 0, "" }, { "rule[*].filled", LARDER_STRING, LARDER_PATH_OPTIONAL, "" },
	{ "rule[*].kept", LARDER_INT, LARDER_PATH_OPTIONAL | LARDER_PATH_INSTEAD, "" }, { "rule[*].policy", LARDER_STRING, LARDER_PATH_INSTEAD, "" },
	{ "rule[*].prefix", LARDER_STRING, LARDER_PATH_NARROWS, "" }, { 0 }
};

/* The value "no": not by this service. */
static int
thing_supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	(void) self, (void) resource;
	return line && strcmp (line->value, "no") == 0 ? larder_fail (error, LARDER_E_UNSUPPORTED, "not here") : 0;
}

static const struct larder_resource_type thing = { .name = "thing", .paths = thing_paths, .path_stride = sizeof *thing_paths, .supports = thing_supports };
static struct instance nowhere = { .self = &nowhere };

struct pair { const char *path, *value; };

static void
thing_begin (struct resource *one, const struct pair desired[3], const struct pair observed[3])
{
	*one = (struct resource) { .type = "thing", .identity = "a", .section = "a", .means = &thing, .instance = &nowhere, .state = LARDER_RESOURCE_READY, .arena = arena_new (), .seen = arena_new (), .wanted = arena_new (), .desires = true };
	lines_begin (&one->desired, one->wanted);
	lines_begin (&one->observed, one->seen);
	for (size_t n = 0; n < 3 && desired && desired[n].path; n++)
		lines_add (&one->desired, desired[n].path, desired[n].value);
	for (size_t n = 0; n < 3 && observed && observed[n].path; n++)
		lines_add (&one->observed, observed[n].path, observed[n].value);
}

static void
thing_end (struct resource *one)
{
	arena_free (one->arena);
	arena_free (one->seen);
	arena_free (one->wanted);
}

/* `path`: of the one change; NULL: none. */
static const struct { struct pair desired[3], observed[3]; uint32_t flags, mark; const char *path; uint32_t change; } merged[] = {
	{ { { "counted", "1" } }, { { 0 } }, 0, LARDER_INFRA_SAME, NULL, 0 },
	{ { { 0 } }, { { "counted", "1" } }, LARDER_INFRA_ADOPT, LARDER_INFRA_SAME, NULL, 0 },
	{ { { 0 } }, { { "filled", "x" } }, LARDER_INFRA_ADOPT, LARDER_INFRA_SAME, NULL, 0 },
	{ { { "filled", "x" } }, { { 0 } }, 0, LARDER_INFRA_UPDATE, "filled", LARDER_INFRA_CREATE },
	{ { { "fixed", "x" } }, { { "fixed", "y" } }, 0, LARDER_INFRA_REPLACED, "fixed", LARDER_INFRA_REPLACED },
	{ { { "fixed", "x" } }, { { 0 } }, 0, LARDER_INFRA_REPLACED, "fixed", LARDER_INFRA_REPLACED },
	{ { { "plain", "x" } }, { { "plain", "y" } }, 0, LARDER_INFRA_UPDATE, "plain", LARDER_INFRA_UPDATE },
	{ { { "plain", "x" } }, { { "plain", "x" } }, 0, LARDER_INFRA_SAME, NULL, 0 },
	{ { { 0 } }, { { "plain", "x" } }, 0, LARDER_INFRA_SAME, "plain", LARDER_INFRA_UNMANAGED },
	{ { { 0 } }, { { "plain", "x" } }, LARDER_INFRA_ADOPT, LARDER_INFRA_UPDATE, "plain", LARDER_INFRA_REMOVE },
	{ { { "rule[a].days", "1" } }, { { "rule[a].days", "1" }, { "rule[a].prefix", "x" } }, 0, LARDER_INFRA_UPDATE, "rule[a].prefix", LARDER_INFRA_REMOVE },
	{ { { "rule[a].days", "1" } }, { { "rule[a].days", "1" }, { "rule[b].days", "2" } }, 0, LARDER_INFRA_SAME, "rule[b].days", LARDER_INFRA_UNMANAGED },
	{ { { "rule[a].days", "1" } }, { { "rule[a].beside", "x" }, { "rule[a].days", "1" } }, 0, LARDER_INFRA_SAME, "rule[a].beside", LARDER_INFRA_UNMANAGED },
	{ { { "rule[a].days", "1" } }, { { "rule[a].beside", "x" }, { "rule[a].days", "1" } }, LARDER_INFRA_ADOPT, LARDER_INFRA_UPDATE, "rule[a].beside", LARDER_INFRA_REMOVE },
	{ { { "rule[a].beside", "y" } }, { { "rule[a].beside", "x" } }, 0, LARDER_INFRA_UPDATE, "rule[a].beside", LARDER_INFRA_UPDATE },
	{ { { "rule[a].days", "1" } }, { { "rule[a].days", "1" }, { "rule[a].filled", "x" } }, LARDER_INFRA_ADOPT, LARDER_INFRA_SAME, NULL, 0 },
	{ { { "rule[a].policy", "p" } }, { { "rule[a].kept", "1" }, { "rule[a].policy", "p" } }, 0, LARDER_INFRA_UPDATE, "rule[a].kept", LARDER_INFRA_REMOVE },
	{ { { "rule[a].policy", "p" } }, { { "rule[a].policy", "p" }, { "rule[b].kept", "1" } }, 0, LARDER_INFRA_SAME, NULL, 0 },
	{ { { "rule[a].days", "1" } }, { { "rule[a].days", "1" }, { "rule[a].kept", "1" } }, 0, LARDER_INFRA_SAME, NULL, 0 },
	{ { { 0 } }, { { "unknown", "x" } }, LARDER_INFRA_ADOPT, LARDER_INFRA_SAME, NULL, 0 },
};

START_TEST (between_both)
{
	struct larder_infra infra = { .flags = merged[_i].flags };
	struct resource one;
	thing_begin (&one, merged[_i].desired, merged[_i].observed);
	ck_assert_int_eq (resource_compare (&infra, &one, NULL), 0);
	ck_assert_uint_eq (one.mark, merged[_i].mark);
	ck_assert_uint_eq (one.changes.count, merged[_i].path != NULL);
	if (merged[_i].path) {
		ck_assert_str_eq (one.changes.at[0].path, merged[_i].path);
		ck_assert_uint_eq (one.changes.at[0].mark, merged[_i].change);
	}
	thing_end (&one);
}
END_TEST

/* What is there beside what is desired, fixed and rule[a].days: is it written with an update, without and with --adopt? */
static const struct { const char *path; bool stays, adopted; } written[] = {
	{ "counted", false, false }, { "filled", true, true }, { "fixed", false, false }, { "plain", true, false }, { "rule[a].beside", true, false }, { "rule[a].days", false, false }, { "rule[a].filled", true, true },
	{ "rule[a].prefix", false, false }, { "rule[b].beside", true, false }, { "rule[b].days", true, false },
	{ "rule[b].filled", true, false }, { "unknown", false, false },
};

START_TEST (what_is_written)
{
	static const struct pair desired[3] = { { "fixed", "x" }, { "rule[a].days", "1" } };
	const struct pair observed[3] = { { written[_i].path, "there" } };
	for (int adopt = 0; adopt < 2; adopt++) {
		struct larder_infra infra = { .flags = adopt ? LARDER_INFRA_ADOPT : 0 };
		struct resource one;
		struct lines target;
		thing_begin (&one, desired, observed);
		ck_assert_int_eq (resource_target (&infra, &one, &target, NULL), 0);
		ck_assert_str_eq (lines_value (&target, "rule[a].days"), "1");
		ck_assert_uint_eq (target.count, 2 + (size_t) (adopt ? written[_i].adopted : written[_i].stays));
		thing_end (&one);
	}
}
END_TEST

/* A line that is not supported, and what goes with it of its member, of three: as bits. */
static const struct { struct pair desired[3]; unsigned kept; bool empty; } sifted[] = {
	{ { { "plain", "no" }, { "rule[a].days", "1" }, { "rule[a].prefix", "x" } }, 6, false },
	{ { { "rule[a].days", "1" }, { "rule[a].prefix", "no" }, { "rule[b].days", "1" } }, 4, false },      /* to more than was asked for */
	{ { { "rule[a].days", "no" }, { "rule[a].prefix", "x" }, { "rule[b].prefix", "x" } }, 4, false },    /* nothing to do, for some */
	{ { { "rule[a].days", "no" }, { "rule[a].filled", "x" }, { "rule[a].prefix", "x" } }, 6, false },
	{ { { "plain", "no" }, { "unknown", "x" } }, 0, true },
};

/* A table of before there were patterns has rows of two texts: what stands behind one is the next, and demands nothing. */
START_TEST (words_of_an_older_table)
{
	static const struct { const char *path, *words; } old[] = { { "plain", "abb|c" }, { "rule[*]", "a" }, { "rule[]", NULL }, { NULL, NULL } };
	static const struct pair desired[3] = { { "plain", "abb" }, { "rule[a].days", "1" } };
	const struct larder_resource_type wordy = { .name = "thing", .paths = thing_paths, .path_stride = sizeof *thing_paths, .words = (const void *) old, .words_stride = sizeof *old };
	struct larder_infra infra = { .flags = 0 };
	struct resource one;
	thing_begin (&one, desired, NULL);
	one.means = &wordy;
	one.means_stride = sizeof wordy;
	ck_assert_int_eq (words_check (&infra, &one, NULL), 0);
	thing_end (&one);
}
END_TEST

/* A value that another resource tells is whatever it will be; an older module has no words, wherever its table ends. */
START_TEST (words_of_others)
{
	static const struct larder_words words[] = { { .path = "plain", .words = "a|b" }, { 0 } };
	static const struct pair desired[3] = { { "plain", "c" } };
	const struct larder_resource_type wordy = { .name = "thing", .paths = thing_paths, .path_stride = sizeof *thing_paths, .words = words, .words_stride = sizeof *words };
	struct larder_infra infra = { .flags = 0 };
	struct resource one;
	thing_begin (&one, NULL, NULL);
	one.means = &wordy;
	one.means_stride = sizeof wordy;
	lines_add_from (&one.desired, "plain", "store/a#id");
	ck_assert_int_eq (words_check (&infra, &one, NULL), 0);
	one.desired.at[0].value = "c";
	ck_assert_int_eq (words_check (&infra, &one, NULL), 0);
	thing_end (&one);
	thing_begin (&one, desired, NULL);
	one.means = &wordy;
	one.means_stride = offsetof (struct larder_resource_type, words_stride);
	ck_assert_int_eq (words_check (&infra, &one, NULL), 0);
	thing_end (&one);
}
END_TEST

START_TEST (what_it_lacks)
{
	struct larder_module head = { .name = "thing" };
	struct larder_driver driver = { .name = "thing" };
	struct module module = { .driver = &driver, .head = &head };
	struct larder_infra infra = { .flags = 0 };
	struct resource one;
	nowhere.module = &module;
	thing_begin (&one, sifted[_i].desired, NULL);
	ck_assert_int_eq (resource_sift (&infra, &one, NULL), 0);
	for (size_t n = 0; n < 3 && sifted[_i].desired[n].path; n++)
		ck_assert_msg ((lines_find (&one.desired, sifted[_i].desired[n].path) != NULL) == !!(sifted[_i].kept & 1u << n), "%s", sifted[_i].desired[n].path);
	ck_assert (one.empty == sifted[_i].empty);
	thing_end (&one);
}
END_TEST

static const struct pair digested[3] = { { "counted", "1" }, { "plain", "x" } };
static const struct { const char *type, *identity; struct pair observed[3]; uint32_t state; bool same; } digests[] = {
	{ "thing", "a", { { "counted", "2" }, { "plain", "x" } }, LARDER_RESOURCE_READY, true },
	{ "thing", "a", { { "plain", "x" } }, LARDER_RESOURCE_PENDING, true },
	{ "other", "a", { { "plain", "x" } }, LARDER_RESOURCE_READY, false },
	{ "thing", "b", { { "plain", "x" } }, LARDER_RESOURCE_READY, false },
	{ "thing", "a", { { "plain", "x" } }, LARDER_RESOURCE_ABSENT, false },
	{ "thing", "a", { { "fixed", "x" } }, LARDER_RESOURCE_READY, false },
	{ "thing", "a", { { "plain", "y" } }, LARDER_RESOURCE_READY, false },
	{ "thing", "a", { { "fixed", "x" }, { "plain", "x" } }, LARDER_RESOURCE_READY, false },
	{ "thing", "a", { { "unknown", "x" }, { "plain", "x" } }, LARDER_RESOURCE_READY, false },
};

/* Of what was observed: what the service counts by itself is no part of it. */
START_TEST (digest)
{
	struct resource one, other;
	thing_begin (&one, NULL, digested);
	one.state = LARDER_RESOURCE_READY;
	resource_digest (&one);
	thing_begin (&other, NULL, digests[_i].observed);
	other.type = digests[_i].type;
	other.identity = digests[_i].identity;
	other.state = digests[_i].state;
	resource_digest (&other);
	ck_assert ((memcmp (one.digest, other.digest, sizeof one.digest) == 0) == digests[_i].same);
	thing_end (&one);
	thing_end (&other);
}
END_TEST

/* Of what others ask for, and of all where the plan is to be told, nothing is forgotten. */
START_TEST (forgotten)
{
	static const struct { uint32_t flags; bool told; size_t left; } cases[] = { { 0, false, 2 }, { LARDER_INFRA_LEAN, true, 2 }, { LARDER_INFRA_LEAN, false, 0 } };
	for (size_t n = 0; n < COUNT_OF (cases); n++) {
		struct larder_infra infra = { .flags = cases[n].flags };
		struct resource one;
		thing_begin (&one, NULL, digested);
		one.told = cases[n].told;
		resource_forget (&infra, &one);
		ck_assert_uint_eq (one.observed.count, cases[n].left);
		thing_end (&one);
	}
}
END_TEST

/* Only what a service said, and only that it has too much to do; not what never reached it, nor a fourth time. */
START_TEST (not_asked_again)
{
	static const struct { int code, status; unsigned again; } cases[] = {
		{ LARDER_E_UNAVAILABLE, 0, 0 }, { LARDER_E_DENIED, 403, 0 }, { LARDER_E_CONFLICT, 409, 0 }, { LARDER_E_UNAVAILABLE, 503, 3 },
	};
	const struct larder_infra infra = { .flags = 0 };
	for (size_t n = 0; n < COUNT_OF (cases); n++) {
		struct resource one = { .again = cases[n].again };
		struct larder_error error = { .size = sizeof error, .code = cases[n].code, .status = cases[n].status };
		ck_assert_int_eq (resource_again (&infra, &one, cases[n].code, &error), 0);
		ck_assert_uint_eq (one.again, cases[n].again);
	}
}
END_TEST

/* ---- what needs what ---- */

/* Of resources without a configuration: only what needs what. */
static void
three (struct larder_infra *infra, struct resource all[3], size_t needs[3], size_t last)
{
	static const char *const names[] = { "a", "b", "c" };
	memset (infra, 0, sizeof *infra);
	for (size_t n = 0; n < 3; n++) {
		needs[n] = n == 2 ? last : n + 1;
		all[n] = (struct resource) { .type = "bucket", .section = names[n], .needs = &needs[n], .need_count = n < 2 || last < 3 };
	}
	infra->at = all;
	infra->count = 3;
}

START_TEST (circle)
{
	struct larder_infra infra;
	struct resource all[3];
	size_t needs[3];
	struct larder_error error = LARDER_ERROR_INIT;
	three (&infra, all, needs, 3);
	ck_assert_int_eq (order_check (&infra, &error), 0);
	three (&infra, all, needs, 0);
	ck_assert_int_eq (order_check (&infra, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "circle"));
	ck_assert_ptr_nonnull (strstr (error.message, "'a'"));
	ck_assert_ptr_nonnull (strstr (error.message, "'c'"));
}
END_TEST

struct seen { size_t at[3], count, skipped; };

static int
each (void *context, struct resource *resource)
{
	struct seen *seen = context;
	size_t at = __atomic_fetch_add (&seen->count, 1, __ATOMIC_SEQ_CST);
	seen->at[at] = (size_t) (*resource->section - 'a');
	return *resource->section == 'x' ? LARDER_E_DENIED : 0;
}

static void
skipped (void *context, struct resource *resource, const struct resource *because)
{
	(void) resource, (void) because;
	((struct seen *) context)->skipped++;
}

START_TEST (one_after_the_other)
{
	struct larder_infra infra;
	struct resource all[3];
	size_t needs[3];
	struct seen seen = { .count = 0 };
	struct order run = { .each = each, .skipped = skipped, .context = &seen };
	three (&infra, all, needs, 3);
	ck_assert_int_eq (order_run (&infra, &run, NULL), 0);
	ck_assert_uint_eq (seen.count, 3);
	ck_assert (seen.at[0] == 2 && seen.at[1] == 1 && seen.at[2] == 0);
	seen = (struct seen) { .count = 0 };
	run.backwards = true;
	ck_assert_int_eq (order_run (&infra, &run, NULL), 0);
	ck_assert (seen.at[0] == 0 && seen.at[1] == 1 && seen.at[2] == 2);
	seen = (struct seen) { .count = 0 };
	all[0].section = "x";
	ck_assert_int_eq (order_run (&infra, &run, NULL), 0);
	ck_assert_uint_eq (seen.count, 1);
	ck_assert_uint_eq (seen.skipped, 2);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-infra-lines-order", order, 0 },
		{ "test-infra-lines-patterns", patterns_fit, COUNT_OF (patterns) },
		{ "test-infra-windows-overlap", windows_that_overlap, COUNT_OF (windows) },
		{ "test-infra-windows-of-a-day", window_of_a_day, COUNT_OF (day_windows) },
		{ "test-infra-windows-here", window_by_the_clock_here, COUNT_OF (clocks) },
		{ "test-infra-lines-between-both", between_both, COUNT_OF (merged) },
		{ "test-infra-lines-written", what_is_written, COUNT_OF (written) },
		{ "test-infra-lines-lacking", what_it_lacks, COUNT_OF (sifted) },
		{ "test-infra-lines-words-of-others", words_of_others, 0 },
		{ "test-infra-lines-words-of-an-older-table", words_of_an_older_table, 0 },
		{ "test-infra-lines-digest", digest, COUNT_OF (digests) },
		{ "test-infra-lines-forgotten", forgotten, 0 },
		{ "test-infra-lines-not-asked-again", not_asked_again, 0 },
		{ "test-infra-order-circle", circle, 0 },
		{ "test-infra-order-one-after-the-other", one_after_the_other, 0 },
	};
	return unit_run ("test-infra-lines", cases, COUNT_OF (cases));
}
