/* drill-compare.c: is what was restored what was kept, and what its source still has? */
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bundle.h"
#include "error.h"
#include "index.h"
#include "clock.h"
#include "store.h"
#include "text.h"

const char *const finding_words[FINDINGS] = { "differs", "missing", "extra", "failed" };

/* ---- what is found ---- */

#define FOUND "found"

/* A name that no file can have has no mark, and no source has it. */
void
drill_mark (const struct drilling *all, const char *key)
{
	const char *mark = arena_printf (all->each, "unproven/%s", key);
	if (mark)
		(void) file_publish (all->scratch, mark, "", 0, 0600, FILE_REPLACE, false, NULL);
}

/* A record each: the number of its bytes, and those: the key with its NUL, and what the sort has. */
static int
keep_found (struct drilling *all, const char *key, const char *record, size_t length)
{
	const size_t sizes[] = { strlen (key) + 1, length };
	const struct iovec parts[] = { { (void *) (uintptr_t) sizes, sizeof sizes }, { (void *) (uintptr_t) key, sizes[0] }, { (void *) (uintptr_t) record, length } };
	ssize_t whole = (ssize_t) (sizeof sizes + sizes[0] + length);
	if (writev (all->found, parts, 3) != whole)
		return larder_fail_next (&all->why, LARDER_E_NOSPACE, "free space in the state folder", "cannot write down what the drill found");
	return 0;
}

static bool
is_unproven (const struct drilling *all, const char *key)
{
	const char *mark = arena_printf (all->each, "unproven/%s", key);
	return mark && all->scratch >= 0 && drill_is_there (all->scratch, mark);
}

int
drill_found_before (struct drilling *all, struct larder_error *error)
{
	size_t sizes[2];
	char text[2 * SORT_RECORD_MOST];
	uint64_t at = 0;
	int code = 0;
	all->found = openat (all->folder, FOUND, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (all->found < 0)
		return larder_fail_errno (error, errno, "cannot open the state of the drill of '%s'", all->asked.what);
	/* Of a last one that broke off the same is found again. */
	while (code == 0 && file_pread_all (all->found, sizes, sizeof sizes, at) == (int64_t) sizeof sizes && sizes[0] + sizes[1] <= sizeof text
	       && file_pread_all (all->found, text, sizes[0] + sizes[1], at + sizeof sizes) == (int64_t) (sizes[0] + sizes[1])) {
		code = sort_add (all->findings, text, text + sizes[0], sizes[1], error);
		at += sizeof sizes + sizes[0] + sizes[1];
	}
	if (code == 0 && ftruncate (all->found, (off_t) at) < 0)
		code = larder_fail_errno (error, errno, "cannot write the state of the drill of '%s'", all->asked.what);
	return code;
}

/* Of several of one key the first word counts, whichever came first: see drill_report. */
int
drill_found (struct drilling *all, enum finding finding, const char *key, const struct larder_error *why)
{
	struct larder_error told = *why;
	char record[sizeof told.message + sizeof told.next + 32];
	const char *address = arena_printf (all->each, "%s%s", all->place, key);
	int length = snprintf (record, sizeof record, "%c%c%c%s%c%s", '0' + (int) finding, '0' - (int) why->code, '0' + (int) all->of_member, why->message, '\0', why->next);
	int code = address ? sort_add (all->findings, key, record, (size_t) length + 1, &all->why) : larder_fail_memory (&all->why);
	if (code == 0 && all->found >= 0)
		drill_mark (all, key);
	/* What failed of a sync is tried again by whoever goes on. */
	if (code == 0 && all->of_job)
		code = keep_found (all, key, record, (size_t) length + 1);
	all->of_member = false;
	if (code < 0)
		return all->code = code;
	const struct larder_event event = { .size = sizeof event, .action = finding_words[finding], .from = address, .error = &told };
	return all->event ? all->event (all->context, &event) : 0;
}

/* ---- the source ---- */

struct comparing { struct drilling *all; const char *tree; size_t tree_length, source_length; };

/* Below the prefix, where the two trees are to be alike. Of a total loss nothing made it. */
static int
find_tree (struct comparing *comparing, struct larder_error *error)
{
	struct drilling *all = comparing->all;
	comparing->tree = all->of_folder ? all->tree_path : arena_printf (all->arena, "%s/%s", all->tree_path, all->prefix);
	if (!comparing->tree)
		return larder_fail_memory (error);
	comparing->tree_length = strlen (comparing->tree);
	return all->of_folder || !*all->prefix ? 0 : file_make_parents (all->tree, all->prefix, 0700, false, error);
}

/* Of a name in a tree, what stands below it. */
static const char *
below (const char *name, const char *tree, size_t length)
{
	if (!name || strncmp (name, tree, length) != 0)
		return NULL;
	return name + length + (name[length] == '/' && (length == 0 || tree[length - 1] != '/'));
}

static int64_t
time_of (struct drilling *all, const char *name)
{
	struct larder_address address = { .size = sizeof address };
	struct larder_info info = { .size = sizeof info };
	struct larder_store *store = NULL;
	struct stat facts;
	int code = larder_address_parse (all->larder, all->each, name, &address, NULL);
	if (code == 0 && !address.store)
		return lstat (name, &facts) == 0 ? facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec : 0;
	if (code == 0)
		code = larder_store_open (all->larder, address.store, &store, NULL);
	if (code == 0)
		code = larder_stat (store, all->each, address.path, NULL, &info, NULL);
	larder_store_close (store);
	return code == 0 ? info.mtime : 0;
}

/* What was changed since it was kept cannot be what was kept; whether that is well only the operator knows. */
static int
found_unlike (struct comparing *comparing, enum finding finding, const char *key, const char *source, int64_t kept)
{
	struct drilling *all = comparing->all;
	struct larder_error why = LARDER_ERROR_INIT;
	char when[32];
	bool newer = time_of (all, source) > kept;
	if (newer && all->asked.flags & LARDER_DRILL_NEWER) {
		all->sum.source_newer++;
		const struct larder_event event = { .size = sizeof event, .action = "skipped", .from = source, .reason = "changed since it was kept" };
		return all->event ? all->event (all->context, &event) : 0;
	}
	int in_store = all->of_folder ? 0 : drill_is_in_store (all, key, &why);
	if (finding == FOUND_MISSING && (in_store == 1 || is_unproven (all, key)))
		return 0;
	all->of_member = finding == FOUND_MISSING || (!all->of_folder && in_store == 0);
	if (finding == FOUND_MISSING && in_store < 0)
		return drill_found (all, FOUND_FAILED, key, &why);
	text_from_time (kept, when);
	const char *next = newer ? "its source was changed since: keep it again, or --newer lets such pass" : "one of them is damaged, or never was the other: read both, and keep again the one that is right";
	if (finding == FOUND_DIFFERS)
		larder_fail_next (&why, LARDER_E_INTEGRITY, next, "'%s%s', kept %s, is not what its source '%s' has", all->place, key, when, source);
	if (finding == FOUND_MISSING)
		larder_fail_next (&why, LARDER_E_INTEGRITY, next, "'%s' is not among what was kept until %s", source, when);
	return drill_found (all, finding, key, &why);
}

/* A store keeps what its source removed; a file system that comes back has nothing more than it had. */
static int
found_extra (struct drilling *all, const char *key)
{
	struct larder_error why = LARDER_ERROR_INIT;
	larder_fail_next (&why, LARDER_E_INTEGRITY, "was it removed since it was kept, or did the restore take another backup?", "'%s%s' was restored, and '%s' has nothing of that name", all->place, key, all->asked.source);
	return drill_found (all, FOUND_EXTRA, key, &why);
}

bool
drill_is_index (const char *key)
{
	char name[64];
	const char *last = text_last (key);
	return text_ends (last, BUNDLE_INDEX) && snprintf (name, sizeof name, "%.*s", (int) (strlen (last) - strlen (BUNDLE_INDEX)), last) < (int) sizeof name && index_is_bundle (name);
}

static void
count_restored (struct drilling *all, const char *path)
{
	struct stat facts;
	if (lstat (path, &facts) < 0)
		return;
	int64_t changed = facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec;
	all->newest = changed > all->newest ? changed : all->newest;
	all->head.taken++;
	all->sum.bytes += (uint64_t) facts.st_size;
}

static int
on_compared (void *context, const struct larder_event *event)
{
	struct comparing *comparing = context;
	struct drilling *all = comparing->all;
	const char *restored = below (event->from, comparing->tree, comparing->tree_length);
	arena_clear (all->each);
	if (strcmp (event->action, "progress") == 0 || strcmp (event->action, "skipped") == 0)
		return all->event ? all->event (all->context, event) : 0;
	if (restored && all->of_folder)
		count_restored (all, event->from);
	if (strcmp (event->action, "missing") == 0 && restored)
		return all->of_folder ? found_extra (all, restored) : (all->sum.source_gone += !drill_is_index (restored), 0);
	all->sum.with_source += strcmp (event->action, "same") == 0 || strcmp (event->action, "differs") == 0;
	const char *rest = restored ? restored : below (event->from, all->asked.source, comparing->source_length);
	const char *key = arena_printf (all->each, "%s%s", all->prefix, rest ? rest : event->from);
	if (!event->error || event->error->code >= 0 || !key)
		return key ? 0 : (all->code = larder_fail_memory (&all->why));
	if (strcmp (event->action, "differs") == 0)
		return found_unlike (comparing, FOUND_DIFFERS, key, event->to, time_of (all, event->from));
	if (strcmp (event->action, "missing") == 0)
		return found_unlike (comparing, FOUND_MISSING, key, event->from, all->head.newest);
	return drill_found (all, FOUND_FAILED, key, event->error);
}

static int
on_source (void *context, const struct larder_info *info)
{
	(void) context, (void) info;
	return 1;
}

/* Nothing came back, and its source has nothing either: is that because it is empty? */
static bool
source_is_there (struct drilling *all)
{
	struct larder_address address = { .size = sizeof address };
	struct larder_store *store = NULL;
	int code = larder_address_parse (all->larder, all->each, all->asked.source, &address, NULL);
	if (code < 0 || !address.store)
		return code == 0 && access (address.path, F_OK) == 0;
	const struct larder_listing listing = { .size = sizeof listing, .prefix = address.path, .delimiter = "" };
	code = larder_store_open (all->larder, address.store, &store, NULL);
	if (code == 0)
		code = larder_list (store, &listing, on_source, NULL, NULL);
	larder_store_close (store);
	return code >= 0;
}

/* Of all keys what the source has besides was never kept. */
int
drill_compare_source (struct drilling *all, struct larder_error *error)
{
	struct comparing comparing = { .all = all, .source_length = strlen (all->asked.source) };
	struct larder_summary sum = { .size = sizeof sum };
	int code = find_tree (&comparing, error);
	if (code < 0)
		return code;
	const struct larder_sync request = {
		.size = sizeof request, .flags = LARDER_VERIFY_DOWNLOAD | (all->asked.sample ? LARDER_VERIFY_SOURCE : 0), .from = comparing.tree, .to = all->asked.source,
		.exclude = all->exclude, .exclude_count = all->exclude_count,
	};
	code = larder_verify (all->larder, &request, on_compared, &comparing, &sum, error);
	if (all->code < 0 && error)
		*error = all->why;
	if (all->code < 0)
		return all->code;
	bool told = sum.ended == 0 && sum.failed + sum.refused > 0, nothing = code == LARDER_E_NOTFOUND && sum.scanned == 0 && source_is_there (all);
	return told || nothing ? 0 : code;
}

int
drill_compare (struct drilling *all, struct larder_error *error)
{
	int code = drill_prove (all, error);
	if (code == 0 && all->code < 0 && error)
		*error = all->why;
	if (code == 0 && all->code == 0 && all->asked.source)
		code = drill_compare_source (all, error);
	return all->code < 0 ? all->code : code;
}
