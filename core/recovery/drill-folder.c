/* drill-folder.c: what a restore of a file system made: one folder of its own, below where the file system is mounted, and nothing else is compared. */
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "store.h"
#include "text.h"

/* As services call such a folder: "aws-backup-restore_2025-03-03T10-20-30-000Z". */
#define RESTORED_LIKE "*-restore_*"
enum { EXCLUDED_MOST = 1000 };

/* ---- which ---- */

struct looking { struct drilling *all; int root; const char *where; const char *one, *other; bool inside; };

bool
drill_is_restored (int root, const char *name)
{
	struct stat facts;
	return fnmatch (RESTORED_LIKE, name, 0) == 0 && fstatat (root, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (facts.st_mode);
}

static int
on_name (void *context, const char *name, struct larder_error *error)
{
	struct looking *looking = context;
	struct drilling *all = looking->all;
	if (drill_is_restored (looking->root, name)) {
		const char **ret = looking->one ? &looking->other : &looking->one;
		*ret = arena_copy (all->arena, name);
		return *ret ? 0 : larder_fail_memory (error);
	}
	const char *path = looking->inside ? NULL : arena_printf (all->each, "%s/%s", looking->where, name);
	const struct larder_event event = { .size = sizeof event, .action = "skipped", .from = path, .reason = "beside what was restored" };
	return path && all->event ? all->event (all->context, &event) : 0;
}

static bool
is_one_folder (int root, const char *path)
{
	struct stat one, other;
	return fstat (root, &one) == 0 && stat (path, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* One that a restore made; of two nobody knows which, and what both hold together was never one file system. */
static int
find_one (struct drilling *all, int root, struct larder_error *error)
{
	const char *where = all->asked.restored;
	struct looking looking = { .all = all, .root = root, .where = where, .inside = is_one_folder (root, all->asked.source) };
	int code = file_each_name (root, ".", on_name, &looking, error);
	if (code < 0)
		return code;
	if (!looking.one)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "a restore makes a folder NAME-restore_TIME where the file system is mounted: is this that place, and is the restore done?",
			"no restore made a folder in '%s': nothing was restored", where);
	if (looking.other)
		return larder_fail_next (error, LARDER_E_CONFLICT, "--restored with the path of the one that is meant", "several restores made folders in '%s': '%s' and '%s'", where, looking.one, looking.other);
	all->tree_path = arena_printf (all->arena, "%s/%s", where, looking.one);
	return all->tree_path ? 0 : larder_fail_memory (error);
}

/* As somebody may write a folder: a slash at its end hides its name. */
static const char *
cut_slashes (struct larder_arena *arena, const char *path)
{
	size_t length = strlen (path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	return arena_copy_bytes (arena, path, length);
}

static int
find_restored (struct drilling *all, struct larder_error *error)
{
	all->asked.restored = cut_slashes (all->arena, all->asked.restored);
	if (!all->asked.restored)
		return larder_fail_memory (error);
	CLEANUP_CLOSE int root = open (all->asked.restored, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return larder_fail_errno (error, errno, "cannot open the folder '%s'", all->asked.restored);
	all->tree_path = all->asked.restored;
	return fnmatch (RESTORED_LIKE, text_last (all->asked.restored), 0) == 0 ? 0 : find_one (all, root, error);
}

/* ---- what is no part of the source ---- */

struct excluding { struct drilling *all; int root; const char **at; size_t count; };

/* What larder itself notes of a file system, and what restores put into it. */
#define OURS ".larder/*"

static int
exclude (void *context, const char *name, struct larder_error *error)
{
	struct excluding *excluding = context;
	CLEANUP_BUFFER struct buffer glob;
	buffer_init (&glob, 4096);
	if (!drill_is_restored (excluding->root, name))
		return 0;
	if (excluding->count == EXCLUDED_MOST)
		return larder_fail_next (error, LARDER_E_LIMIT, "remove what is not needed any more", "more than %d restores left their folders in '%s'", EXCLUDED_MOST, excluding->all->asked.source);
	text_glob (&glob, name);
	buffer_add_text (&glob, "/*");
	const char *text = glob.failed ? NULL : arena_copy (excluding->all->arena, buffer_text (&glob));
	if (!text)
		return larder_fail_memory (error);
	excluding->at[excluding->count++] = text;
	return 0;
}

static int
exclude_restored (struct drilling *all, struct larder_error *error)
{
	struct excluding excluding = { .all = all, .at = arena_alloc (all->arena, EXCLUDED_MOST * sizeof *excluding.at) };
	CLEANUP_CLOSE int root = open (all->asked.source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	excluding.root = root;
	if (!excluding.at)
		return larder_fail_memory (error);
	excluding.at[excluding.count++] = OURS;
	if (root < 0)
		return larder_fail_errno (error, errno, "cannot open the folder '%s'", all->asked.source);
	int code = file_each_name (root, ".", exclude, &excluding, error);
	all->exclude = excluding.at, all->exclude_count = excluding.count;
	return code;
}

/* When it was kept nothing tells but the service: of what somebody else restored, that is before the folder came. */
static int
begin_compare (struct drilling *all, struct larder_error *error)
{
	struct stat facts;
	if (all->head.newest == 0 && stat (all->tree_path, &facts) == 0)
		all->head.newest = facts.st_ctim.tv_sec * NS_PER_S + facts.st_ctim.tv_nsec;
	all->place = arena_printf (all->arena, "%s/", all->tree_path);
	return all->place ? exclude_restored (all, error) : larder_fail_memory (error);
}

/* ---- where it is ---- */

/* Of a driver whose file systems are folders here: its root. */
static int
find_source (struct drilling *all, struct larder_error *error)
{
	const struct config *config = larder_configuration (all->larder);
	const struct config_section *at, *backend = NULL;
	int code = config_find (config, "filesystem", all->asked.what, &at, error);
	const struct schema_filesystem *facts = code == 0 ? config_struct (at) : NULL;
	if (code == 0 && facts->backend && !all->asked.source)
		code = config_find (config, "backend", facts->backend, &backend, error);
	if (code == 0 && backend)
		all->asked.source = config_text (backend, "root");
	if (code == 0 && !all->asked.source)
		code = larder_fail_next (error, LARDER_E_INVALID, "--source FOLDER", "[filesystem \"%s\"] does not tell where its files are seen here", all->asked.what);
	return code;
}

bool
drill_is_of_folder (const struct drilling *all)
{
	const struct config *config = larder_configuration (all->larder);
	const struct config_section *at;
	struct larder_error none = LARDER_ERROR_INIT;
	return !strchr (all->asked.what, ':') && config && config_find (config, "store", all->asked.what, &at, &none) < 0 && config_find (config, "filesystem", all->asked.what, &at, &none) == 0;
}

static int
compare (struct drilling *all, struct larder_error *error)
{
	int code = begin_compare (all, error);
	if (code == 0)
		code = drill_compare_source (all, error);
	if (code == 0 && all->head.taken == 0)
		code = larder_fail_next (error, LARDER_E_INTEGRITY, "look at the restore job: it may have taken another backup, or nothing", "there is no file in '%s': nothing was restored", all->tree_path);
	return code;
}

int
drill_folder (struct drilling *all, struct larder_error *error)
{
	all->prefix = "", all->of_folder = true;
	all->head.begun = clock_wall ();
	int code = find_source (all, error);
	if (code == 0)
		code = all->asked.restored ? find_restored (all, error) : drill_point (all, error);
	return code == 0 && !(all->asked.flags & LARDER_DRY_RUN) ? compare (all, error) : code;
}
