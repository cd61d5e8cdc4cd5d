/* drill-point.c: the newest that a [backup] keeps of a file system, restored into that one, in a folder of its own: which point, which restore, which folder. */
#include "drill.h"
#include "action.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "resource.h"
#include "store.h"
#include "text.h"

#define BEFORE "before"     /* folders that were there when it began, one a line */
enum { BEFORE_MOST = 1 << 20 };

/* ---- which backup, and of what ---- */

static int
find_backup (struct drilling *all, const char **ret, struct larder_error *error)
{
	const struct config *config = larder_configuration (all->larder);
	const struct config_section *file_system, *at = NULL;
	int code = config_find (config, "filesystem", all->asked.what, &file_system, error);
	if (code < 0)
		return code;
	*ret = config_text (file_system, "backup");
	while (!*ret && (at = config_next (config, "backup", at)))
		for (size_t n = 0; config_item (at, "resources", n); n++)
			if (section_is_named (config_item (at, "resources", n), "filesystem", all->asked.what))
				*ret = config_name (at);
	return *ret ? 0 : larder_fail_next (error, LARDER_E_INVALID, "backup = NAME in it, and a section [backup \"NAME\"]; or restore it by hand, and --restored FOLDER", "nothing backs up [filesystem \"%s\"]", all->asked.what);
}

struct finding_point { struct drilling *all; const char *names[2]; };

static int
on_line (void *context, const struct larder_infra_change *line, struct larder_error *error)
{
	struct finding_point *finding = context;
	size_t which = line->path && strcmp (line->path, "id") == 0 ? 0 : 1;
	if (!line->was || strcmp (line->kind, "filesystem") != 0 || !line->path || (which == 1 && strcmp (line->path, "arn") != 0))
		return 0;
	finding->names[which] = arena_copy (finding->all->arena, line->was);
	return finding->names[which] ? 0 : larder_fail_memory (error);
}

/* What its service calls it, which the section does not tell. */
static int
find_names (struct finding_point *finding, struct larder_error *error)
{
	struct larder_infra *infra = NULL;
	const char *only = arena_printf (finding->all->arena, "filesystem/%s", finding->all->asked.what);
	const struct larder_infra_request request = { .size = sizeof request, .only = only };
	int code = only ? larder_infra_open (finding->all->larder, &request, &infra, error) : larder_fail_memory (error);
	if (code == 0)
		code = larder_infra_observed (infra, on_line, finding, error);
	larder_infra_free (infra);
	return code;
}

/* They come the newest first. */
static int
on_kept (void *context, const char *section, const struct larder_backup *kept, struct larder_error *error)
{
	struct finding_point *finding = context;
	struct drill_head *head = &finding->all->head;
	bool ours = false;
	(void) section;
	for (size_t n = 0; n < 2; n++)
		ours = ours || (finding->names[n] && kept->resource && strcmp (kept->resource, finding->names[n]) == 0);
	if (!ours || kept->state != LARDER_ACTION_DONE)
		return 0;
	head->listed++;
	if (*head->point)
		return 0;
	head->point = arena_copy (finding->all->arena, kept->id);
	head->taker = arena_copy (finding->all->arena, kept->resource);
	head->newest = kept->begun;
	head->bytes = kept->bytes == UINT64_MAX ? 0 : kept->bytes;
	return head->point && head->taker ? 0 : larder_fail_memory (error);
}

static int
find_point (struct drilling *all, const char *backup, struct larder_error *error)
{
	struct finding_point finding = { .all = all };
	const struct larder_kept request = { .size = sizeof request, .kind = "backup", .name = backup };
	all->head.point = all->head.taker = "";
	int code = find_names (&finding, error);
	if (code == 0)
		code = larder_kept (all->larder, &request, on_kept, &finding, error);
	if (code < 0 || *all->head.point)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "larder backup ls tells what is kept; larder backup start makes one", "[backup \"%s\"] keeps nothing of '%s' that can be restored: an empty backup proves nothing",
		backup, all->asked.what);
}

/* ---- which folder ---- */

static int
open_mount (const struct drilling *all, struct larder_error *error)
{
	const char *mount = all->asked.scratch ? all->asked.scratch : all->asked.source;
	int fd = open (mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : larder_fail_errno (error, errno, "cannot open the folder '%s'", mount);
}

struct noting { int root; struct buffer *names; };

static int
note (void *context, const char *name, struct larder_error *error)
{
	struct noting *noting = context;
	if (!drill_is_restored (noting->root, name))
		return 0;
	text_percent (noting->names, name);
	buffer_add_char (noting->names, '\n');
	return noting->names->failed ? larder_fail_next (error, LARDER_E_LIMIT, "remove what is not needed any more", "too many restores left their folders") : 0;
}

static int
note_before (struct drilling *all, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer names;
	buffer_init (&names, BEFORE_MOST);
	buffer_add_char (&names, '\n');
	CLEANUP_CLOSE int root = open_mount (all, error);
	struct noting noting = { .root = root, .names = &names };
	int code = root < 0 ? root : file_each_name (root, ".", note, &noting, error);
	return code == 0 ? file_publish (all->folder, BEFORE, names.at, names.length, 0600, FILE_REPLACE, true, error) : code;
}

struct comparing { struct drilling *all; int root; const char *before, *one, *other; };

static int
find_new (void *context, const char *name, struct larder_error *error)
{
	struct comparing *comparing = context;
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, 4096);
	if (!drill_is_restored (comparing->root, name))
		return 0;
	buffer_add_char (&line, '\n');
	text_percent (&line, name);
	buffer_add_char (&line, '\n');
	if (line.failed || strstr (comparing->before, line.at))
		return 0;
	const char **ret = comparing->one ? &comparing->other : &comparing->one;
	*ret = arena_copy (comparing->all->arena, name);
	return *ret ? 0 : larder_fail_memory (error);
}

/* The one that came since. Of two one is another restore's, and nothing tells which. */
static int
find_folder (struct drilling *all, struct larder_error *error)
{
	CLEANUP_FREE char *before = NULL;
	size_t length;
	const char *mount = all->asked.scratch ? all->asked.scratch : all->asked.source;
	CLEANUP_CLOSE int root = open_mount (all, error);
	int code = root < 0 ? root : file_slurp (all->folder, BEFORE, BEFORE_MOST, &before, &length, error);
	struct comparing comparing = { .all = all, .root = root, .before = before };
	if (code == 0)
		code = file_each_name (root, ".", find_new, &comparing, error);
	if (code < 0)
		return code;
	if (!comparing.one)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "is this where the root of the file system is mounted? --to FOLDER, where it is", "the service says that '%s' was restored, and no folder came in '%s'", all->head.point, mount);
	if (comparing.other)
		return larder_fail_next (error, LARDER_E_CONFLICT, "--restored with the path of the one that is meant", "two restores made folders in '%s' meanwhile: '%s' and '%s'", mount, comparing.one, comparing.other);
	all->tree_path = arena_printf (all->arena, "%s/%s", mount, comparing.one);
	return all->tree_path ? 0 : larder_fail_memory (error);
}

/* ---- the restore ---- */

static int
on_step (void *context, const struct larder_recovery_event *step, struct larder_error *error)
{
	struct drilling *all = context;
	const char *action = step->step == LARDER_RECOVERY_STARTED ? "asked" : step->step == LARDER_RECOVERY_DONE ? "restored" : NULL;
	const struct larder_event event = { .size = sizeof event, .action = action, .from = step->from, .to = step->to, .bytes = all->head.bytes };
	int code = action && all->event ? all->event (all->context, &event) : 0;
	return code < 0 ? larder_fail_cancelled (error) : 0;
}

/* One that came to nothing is forgotten: the next is another. */
static int
restore (struct drilling *all, const char *backup, struct larder_error *error)
{
	char mark[48];
	bool failed;
	snprintf (mark, sizeof mark, "%s-%" PRId64, all->id, all->head.begun);
	const struct larder_backup_restore request = {
		.size = sizeof request, .name = backup, .flags = all->asked.flags & LARDER_ARCHIVE_WAIT ? LARDER_RECOVERY_WAIT : 0, .point = all->head.point, .to = all->head.taker, .role = all->asked.role, .mark = mark,
	};
	int code = recovery_restore (all->larder, &request, "once what the service tells is mended: the same command asks for another restore", on_step, all, &failed, error);
	if (failed)
		file_remove_tree (all->state, all->id);
	if (code == LARDER_E_NOTREADY)
		larder_explain (error, LARDER_DETAIL_NEXT, "the same command goes on with it; --wait waits for it");
	return code;
}

static int
begin (struct drilling *all, const char *backup, struct larder_error *error)
{
	all->head.begun = clock_wall ();
	all->head.scratch = "";
	int code = find_point (all, backup, error);
	drill_measure (all);
	if (code == 0 && !(all->asked.flags & LARDER_DRY_RUN))
		code = note_before (all, error);
	if (code == 0 && !(all->asked.flags & LARDER_DRY_RUN))
		code = drill_write_head (all, error);
	if (code < 0 || all->asked.flags & LARDER_DRY_RUN)
		drill_drop (all);
	all->head.taken = all->asked.flags & LARDER_DRY_RUN ? 1 : 0;
	return code;
}

int
drill_point (struct drilling *all, struct larder_error *error)
{
	const char *backup = NULL;
	bool is_new;
	int code = find_backup (all, &backup, error);
	if (code == 0)
		code = drill_open (all, &is_new, error);
	if (code == 0 && is_new)
		code = begin (all, backup, error);
	if (code < 0 || all->asked.flags & LARDER_DRY_RUN)
		return code;
	code = restore (all, backup, error);
	if (code == 0 && (code = find_folder (all, error)) < 0)
		file_remove_tree (all->state, all->id);
	return code;
}

/* What differs is looked at, and what is another's is not ours to remove: only what is found again in its source, byte for byte, is. */
void
drill_point_end (struct drilling *all)
{
	bool same = all->counts.failed == 0 && all->sum.source_newer == 0 && all->tree_path;
	const char *name = all->tree_path ? text_last (all->tree_path) : "";
	CLEANUP_CLOSE int root = same && !(all->asked.flags & LARDER_DRILL_KEEP) ? open_mount (all, NULL) : -1;
	if (root >= 0)
		file_remove_tree (root, name);
	else
		all->sum.scratch = all->tree_path;
	file_remove_tree (all->state, all->id);
}
