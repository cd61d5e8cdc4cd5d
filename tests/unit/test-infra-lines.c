/* test-infra-lines.c: sorted lines, paths of members and their patterns, and what needs what in a circle. */
#include <stdlib.h>
#include <string.h>

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
		{ "test-infra-order-circle", circle, 0 },
		{ "test-infra-order-one-after-the-other", one_after_the_other, 0 },
	};
	return unit_run ("test-infra-lines", cases, COUNT_OF (cases));
}
