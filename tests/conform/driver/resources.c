/* resources.c: the promises of resource types, tried with the states of a file: `larder-driver-test --resources FILE`. A section `[TYPE IDENTITY]` has
 * a line for each path, `PATH = VALUE`, or `PATH = VALUE -> OTHER` where another value is tried, too. */
#include "suite.h"

#include <ctype.h>
#include <poll.h>
#include <regex.h>
#include <stddef.h>
#include <stdlib.h>

#include "clock.h"
#include "lines.h"

enum { LINES_MOST = 256, WISHES_MOST = 32 };
#define WAIT_MOST (120 * NS_PER_S)

struct wish_line { char *path, *value, *other; };
struct wish { char *type, *identity; struct wish_line at[LINES_MOST]; size_t count; };

/* What is fed to the driver, and what it told. */
struct fed { const char *path[LINES_MOST], *value[LINES_MOST]; size_t count, next; };
struct told { char *path[LINES_MOST], *value[LINES_MOST]; size_t count; uint32_t state; bool unsorted; };

static struct wish wishes[WISHES_MOST];
static size_t wish_count;
static const struct wish *wish;          /* the one that is tried */
static const struct larder_resource_type *means;

/* ---- the file ---- */

static char *
trimmed (char *text)
{
	while (isspace ((unsigned char) *text))
		text++;
	for (size_t length = strlen (text); length && isspace ((unsigned char) text[length - 1]); length--)
		text[length - 1] = '\0';
	return text;
}

static bool
take_head (char *text)
{
	char *space = strchr (text, ' '), *close = strrchr (text, ']');
	if (!space || !close || wish_count == WISHES_MOST)
		return false;
	*space = *close = '\0';
	wishes[wish_count++] = (struct wish) { .type = strdup (text + 1), .identity = strdup (trimmed (space + 1)) };
	return true;
}

/* A path may hold " = " in the name of a member, a value may not begin with it. */
static bool
take_line (char *text)
{
	struct wish *to = wish_count ? &wishes[wish_count - 1] : NULL;
	char *equals = strstr (text, " = "), *arrow = strstr (text, " -> ");
	if (!to || !equals || to->count == LINES_MOST)
		return false;
	*equals = '\0';
	if (arrow)
		*arrow = '\0';
	to->at[to->count++] = (struct wish_line) { strdup (trimmed (text)), strdup (trimmed (equals + 3)), arrow ? strdup (trimmed (arrow + 4)) : NULL };
	return true;
}

static int
by_path (const void *a, const void *b)
{
	return strcmp (((const struct wish_line *) a)->path, ((const struct wish_line *) b)->path);
}

int
resources_read (const char *path)
{
	char line[2000];
	FILE *file = fopen (path, "re");
	bool good = file != NULL;
	while (good && fgets (line, sizeof line, file)) {
		char *text = trimmed (line);
		if (*text && *text != ';')
			good = *text == '[' ? take_head (text) : take_line (text);
	}
	if (file)
		fclose (file);
	for (size_t n = 0; n < wish_count; n++)
		qsort (wishes[n].at, wishes[n].count, sizeof *wishes[n].at, by_path);
	return good && wish_count ? 0 : -1;
}

/* ---- one call ---- */

static int
next_line (void *context, struct larder_line *ret_line, struct larder_error *error)
{
	struct fed *fed = context;
	(void) error;
	if (fed->next >= fed->count)
		return 0;
	const struct larder_line line = { .size = sizeof line, .path = fed->path[fed->next], .value = fed->value[fed->next] };
	fed->next++;
	larder_give (ret_line, &line);
	return 1;
}

static void
rewind_lines (void *context)
{
	((struct fed *) context)->next = 0;
}

static int
keep_line (void *context, const struct larder_line *line, struct larder_error *error)
{
	struct told *told = context;
	(void) error;
	if (told->count && strcmp (told->path[told->count - 1], line->path) >= 0)
		told->unsorted = true;
	if (told->count < LINES_MOST) {
		told->path[told->count] = strdup (line->path);
		told->value[told->count++] = strdup (line->value);
	}
	return 0;
}

static void
told_free (struct told *told)
{
	for (size_t n = 0; n < told->count; n++) {
		free (told->path[n]);
		free (told->value[n]);
	}
	told->count = 0;
}
#define CLEANUP_TOLD __attribute__ ((cleanup (told_free)))

static int
read_once (struct suite *suite, struct told *ret)
{
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	const struct larder_resource request = { .size = sizeof request, .type = wish->type, .section = "conformance", .identity = wish->identity };
	told_free (ret);
	*ret = (struct told) { .state = 99 };
	call_begin (&call);
	enter (suite);
	int code = means->read (suite->self, &call, &request, keep_line, ret, &ret->state, &error);
	leave (suite);
	call_end (&call);
	if (code < 0)
		broken (suite, "read: %s", error.message);
	return code;
}

/* Until the service is done with what it began. */
static int
read_settled (struct suite *suite, struct told *ret)
{
	int64_t end = clock_boot () + WAIT_MOST;
	int code = read_once (suite, ret);
	while (code == 0 && ret->state == LARDER_RESOURCE_PENDING && clock_boot () < end) {
		poll (NULL, 0, 200);
		code = read_once (suite, ret);
	}
	return code;
}

static int
act (struct suite *suite, int (*operation) (void *, struct larder_call *, const struct larder_resource *, struct larder_error *), const struct fed *wanted,
     const struct told *seen, bool cancelled)
{
	struct larder_call call;
	struct larder_error error = LARDER_ERROR_INIT;
	struct fed desired = *wanted, observed = { .count = 0 };
	for (size_t n = 0; seen && n < seen->count; n++)
		observed.path[n] = seen->path[n], observed.value[n] = seen->value[n], observed.count++;
	struct larder_lines desired_lines = { .size = sizeof desired_lines, .context = &desired, .next = next_line, .rewind = rewind_lines };
	struct larder_lines observed_lines = { .size = sizeof observed_lines, .context = &observed, .next = next_line, .rewind = rewind_lines };
	const struct larder_resource request = {
		.size = sizeof request, .type = wish->type, .section = "conformance", .identity = wish->identity, .desired = &desired_lines, .observed = seen ? &observed_lines : NULL,
	};
	call_begin (&call);
	call.cancelled = cancelled;
	enter (suite);
	int code = operation (suite->self, &call, &request, &error);
	leave (suite);
	call_end (&call);
	if (code < 0 && !cancelled)
		broken (suite, "%s", error.message);
	return code;
}

/* ---- states ---- */

/* The wish, with the other value of one line, or without it; SIZE_MAX: as it stands. */
static struct fed
wanted (size_t changed, bool without)
{
	struct fed fed = { .count = 0 };
	for (size_t n = 0; n < wish->count; n++) {
		if (n == changed && without)
			continue;
		fed.path[fed.count] = wish->at[n].path;
		fed.value[fed.count++] = n == changed && wish->at[n].other ? wish->at[n].other : wish->at[n].value;
	}
	return fed;
}

static const struct larder_path_rule *
rule_of (const char *path)
{
	for (const char *at = (const char *) means->paths; at && ((const struct larder_path_rule *) (const void *) at)->path; at += means->path_stride)
		if (path_matches (((const struct larder_path_rule *) (const void *) at)->path, path))
			return (const struct larder_path_rule *) (const void *) at;
	return NULL;
}

static const char *
value_of (const struct told *told, const char *path)
{
	for (size_t n = 0; n < told->count; n++)
		if (strcmp (told->path[n], path) == 0)
			return told->value[n];
	return NULL;
}

/* What is told is what was asked for, and beside it only what the service decides or fills in. */
static void
want_state (struct suite *suite, const struct fed *fed, const struct told *told, const char *when)
{
	WANT (told->state == LARDER_RESOURCE_READY, "%s: state %u, not ready", when, told->state);
	for (size_t n = 0; n < fed->count; n++) {
		const char *value = value_of (told, fed->path[n]);
		const struct larder_path_rule *rule = rule_of (fed->path[n]);
		if (rule && rule->flags & LARDER_PATH_COMPUTED)
			continue;
		WANT (value, "%s: '%s' is not told", when, fed->path[n]);
		WANT (strcmp (value, fed->value[n]) == 0, "%s: '%s' is '%s', not '%s'", when, fed->path[n], value, fed->value[n]);
	}
	for (size_t n = 0; n < told->count; n++) {
		const struct larder_path_rule *rule = rule_of (told->path[n]);
		bool asked = false;
		for (size_t k = 0; k < fed->count; k++)
			asked = asked || strcmp (fed->path[k], told->path[n]) == 0;
		WANT (rule, "%s: the table has no '%s'", when, told->path[n]);
		WANT (asked || rule->flags & (LARDER_PATH_COMPUTED | LARDER_PATH_OPTIONAL), "%s: '%s' is there, and nobody asked for it", when, told->path[n]);
	}
}

static bool
may_change (size_t line)
{
	const struct larder_path_rule *rule = rule_of (wish->at[line].path);
	return rule && !(rule->flags & (LARDER_PATH_IMMUTABLE | LARDER_PATH_COMPUTED));
}

/* ---- the promises ---- */

/* Is the row of words about a path of the table, a member of one, its value or how many there are, or about the identity? */
static bool
is_about (const char *path)
{
	size_t length = strlen (path);
	bool counted = length > 1 && strcmp (path + length - 2, "[]") == 0, valued = length && path[length - 1] == '=';
	length -= counted || valued;
	const char *at = (const char *) means->paths;
	for (; length && at && ((const struct larder_path_rule *) (const void *) at)->path; at += means->path_stride) {
		const char *known = ((const struct larder_path_rule *) (const void *) at)->path;
		if (strncmp (known, path, length) == 0 && (path[length - 1] == ']' ? !valued || !known[length] : counted || !known[length]))
			return true;
	}
	return !length;
}

/* A pattern that cannot be read demands nothing; one without a word of what to write instead helps nobody. */
static void
shape_is_read (struct suite *suite, const struct larder_words *row)
{
	regex_t compiled;
	int code = row->pattern ? regcomp (&compiled, row->pattern + (*row->pattern == '!'), REG_EXTENDED | REG_NOSUB) : -1;
	WANT (!row->pattern || code == 0, "the pattern of '%s' cannot be read: '%s'", row->path, row->pattern);
	WANT (row->say || (!row->pattern && !row->most), "nothing is said of what '%s' may be instead", row->path);
	if (code == 0)
		regfree (&compiled);
}

/* Words of a path that is in no row of the table would never be read. */
static void
words_are_read (struct suite *suite)
{
	bool newer = suite->driver->resource_stride >= offsetof (struct larder_resource_type, words_stride) + sizeof means->words_stride;
	const char *at = newer ? (const char *) means->words : NULL;
	for (; at && ((const struct larder_words *) (const void *) at)->path; at += means->words_stride) {
		const struct larder_words *row = (const struct larder_words *) (const void *) at;
		WANT (is_about (row->path), "there are words of '%s', which the table has not", row->path);
		if (means->words_stride >= sizeof *row)
			shape_is_read (suite, row);
	}
}

static void
table_is_whole (struct suite *suite)
{
	words_are_read (suite);
	WANT (means->read && means->update && means->remove, "read, update or remove is NULL");
	for (size_t n = 0; n < wish->count; n++)
		WANT (rule_of (wish->at[n].path), "the table has no '%s'", wish->at[n].path);
}

static void
want_absent (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	if (read_settled (suite, &told) == 0) {
		WANT (told.state == LARDER_RESOURCE_ABSENT, "state %u, not absent: take another identity", told.state);
		WANT (told.count == 0, "'%s' is told of what is not there", told.path[0]);
	}
}

/* What somebody else makes is there already: then one of another name. */
static void
absent_is_a_state (struct suite *suite)
{
	static char nobody[] = "larder-conformance-nobody";
	const struct wish *theirs = wish;
	struct wish other = *wish;
	other.identity = means->create ? wish->identity : nobody;
	wish = &other;
	want_absent (suite);
	wish = theirs;
}

static bool
same_told (const struct told *one, const struct told *other)
{
	bool same = one->state == other->state && one->count == other->count;
	for (size_t n = 0; same && n < one->count; n++)
		same = strcmp (one->path[n], other->path[n]) == 0 && strcmp (one->value[n], other->value[n]) == 0;
	return same;
}

/* Where somebody else makes it, its first change is what is tried instead. */
static int
make (struct suite *suite, const struct fed *fed, const struct told *before, bool cancelled)
{
	return means->create ? act (suite, means->create, fed, NULL, cancelled) : act (suite, means->update, fed, before, cancelled);
}

static void
cancelled_makes_nothing (struct suite *suite)
{
	CLEANUP_TOLD struct told before = { .count = 0 }, told = { .count = 0 };
	const struct fed fed = wanted (SIZE_MAX, false);
	if (read_settled (suite, &before) < 0)
		return;
	int64_t begun = clock_boot ();
	WANT_CODE (make (suite, &fed, &before, true), LARDER_E_CANCELLED, "cancelled before it began");
	WANT (clock_boot () - begun < NS_PER_S, "it took more than a second");
	if (read_settled (suite, &told) == 0)
		WANT (same_told (&before, &told), "it was done all the same");
}

/* Started is enough for create: what it did not set, update does. */
static void
settle (struct suite *suite, const struct fed *fed, struct told *told, const char *when)
{
	if (read_settled (suite, told) < 0)
		return;
	WANT (told->state == LARDER_RESOURCE_READY, "%s: state %u, not ready", when, told->state);
	if (act (suite, means->update, fed, told, false) == 0 && read_settled (suite, told) == 0)
		want_state (suite, fed, told, when);
}

static void
made_as_asked (struct suite *suite)
{
	CLEANUP_TOLD struct told before = { .count = 0 }, told = { .count = 0 };
	const struct fed fed = wanted (SIZE_MAX, false);
	if (read_settled (suite, &before) == 0 && make (suite, &fed, &before, false) == 0)
		settle (suite, &fed, &told, "after create");
}

static void
told_in_order (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	if (read_settled (suite, &told) == 0)
		WANT (!told.unsorted, "lines are not in byte order of their paths, or one comes twice");
}

/* As after an answer that was lost. */
static void
made_twice_is_made_once (struct suite *suite)
{
	CLEANUP_TOLD struct told before = { .count = 0 }, told = { .count = 0 };
	const struct fed fed = wanted (SIZE_MAX, false);
	if (read_settled (suite, &before) == 0 && make (suite, &fed, &before, false) == 0)
		settle (suite, &fed, &told, "after a second create");
}

static void
update_of_nothing (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	const struct fed fed = wanted (SIZE_MAX, false);
	if (read_settled (suite, &told) == 0)
		settle (suite, &fed, &told, "after an update without a difference");
}

static void
each_path_changes_alone (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	for (size_t n = 0; n < wish->count && !suite->why[0]; n++) {
		if (!wish->at[n].other || !may_change (n))
			continue;
		const struct fed changed = wanted (n, false), back = wanted (SIZE_MAX, false);
		settle (suite, &changed, &told, wish->at[n].path);
		if (!suite->why[0])
			settle (suite, &back, &told, "and back");
	}
}

static void
each_path_goes_alone (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	for (size_t n = 0; n < wish->count && !suite->why[0]; n++) {
		const struct larder_path_rule *rule = rule_of (wish->at[n].path);
		if (!may_change (n) || rule->flags & (LARDER_PATH_REQUIRED | LARDER_PATH_OPTIONAL))
			continue;
		const struct fed less = wanted (n, true), back = wanted (SIZE_MAX, false);
		settle (suite, &less, &told, wish->at[n].path);
		if (!suite->why[0])
			settle (suite, &back, &told, "and back");
	}
}

/* A removal may take several calls, each of which is seen. */
static int
remove_step (struct suite *suite, const struct fed *fed, struct told *told)
{
	CLEANUP_TOLD struct told before = *told;
	*told = (struct told) { .count = 0 };
	int code = act (suite, means->remove, fed, &before, false);
	if (code == 0)
		code = read_settled (suite, told);
	if (code == 0 && same_told (&before, told))
		broken (suite, "it is there as it was after its removal");
	return code;
}

static void
removed_is_absent (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	const struct fed fed = wanted (SIZE_MAX, false);
	unsigned steps = 0;
	int code = read_settled (suite, &told);
	while (code == 0 && told.state == LARDER_RESOURCE_READY && ++steps < 5 && !suite->why[0])
		code = remove_step (suite, &fed, &told);
	if (code == 0 && !suite->why[0])
		WANT (told.state == LARDER_RESOURCE_ABSENT && told.count == 0, "state %u after its removal", told.state);
}

static void
removed_twice_is_gone (struct suite *suite)
{
	CLEANUP_TOLD struct told told = { .count = 0 };
	const struct fed fed = wanted (SIZE_MAX, false);
	if (act (suite, means->remove, &fed, &told, false) == 0)
		want_absent (suite);
}

const struct promise resource_promises[] = {
	{ .text = "the table has each path, and the operations", .keep = table_is_whole },
	{ .text = "what is not there is absent, and no failure", .keep = absent_is_a_state },
	{ .text = "a cancelled create makes nothing", .keep = cancelled_makes_nothing },
	{ .text = "made, it is told as it was asked for", .keep = made_as_asked },
	{ .text = "lines come in byte order, each path once", .keep = told_in_order },
	{ .text = "made again, as after a lost answer, it is there once", .keep = made_twice_is_made_once },
	{ .text = "an update without a difference changes nothing", .keep = update_of_nothing },
	{ .text = "each path changes alone, and back", .keep = each_path_changes_alone },
	{ .text = "each path goes alone, and comes back", .keep = each_path_goes_alone },
	{ .text = "removed, it is absent", .keep = removed_is_absent },
	{ .text = "removed again it is gone all the same", .keep = removed_twice_is_gone },
	{ .text = NULL }
};

size_t resources_count (void) { return wish_count; }

const char *
resources_choose (struct suite *suite, size_t index)
{
	wish = &wishes[index];
	means = NULL;
	for (const char *at = (const char *) suite->driver->resources; at && ((const struct larder_resource_type *) (const void *) at)->name;
	     at += suite->driver->resource_stride)
		if (strcmp (((const struct larder_resource_type *) (const void *) at)->name, wish->type) == 0)
			means = (const struct larder_resource_type *) (const void *) at;
	return means ? wish->type : NULL;
}
