/* expect.c: what a plan says of both sides must still be so when its turn has come. A look tells early and with words; the
 * condition of the request or of the publishing decides, where the storage can. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "store.h"
#include <larder/driver.h>

static int
fail_drift (const char *address, const char *how, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_CONFLICT, "look what changed, then plan again with 'larder sync --plan'", "'%s' %s since the plan was made", address, how);
}

/* The etag where both are known: it is of the bytes. Else size and time. */
static bool
is_as_seen (const struct seen *seen, uint64_t length, int64_t mtime, const char *etag)
{
	if (length != seen->length)
		return false;
	if (seen->etag && etag)
		return strcmp (seen->etag, etag) == 0;
	return sync_same_time (seen->mtime, mtime);
}

static int64_t
time_of (const struct stat *facts)
{
	return facts->st_mtim.tv_sec * NS_PER_S + facts->st_mtim.tv_nsec;
}

/* ---- the target ---- */

static const char *
how_file (const struct seen *seen, const struct stat *facts)
{
	if (!seen->there)
		return facts ? "has come" : NULL;
	if (!facts)
		return "has gone";
	return S_ISREG (facts->st_mode) && is_as_seen (seen, (uint64_t) facts->st_size, time_of (facts), NULL) ? NULL : "has changed";
}

int
expect_file (const struct item *item, int folder, const char *name, struct larder_error *error)
{
	struct stat facts;
	if (!item->expected)
		return 0;
	bool there = fstatat (folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno != ENOENT)
		return larder_fail_errno (error, errno, "cannot look at '%s'", item->to);
	const char *how = how_file (&item->expected->to, there ? &facts : NULL);
	return how ? fail_drift (item->to, how, error) : 0;
}

static int
look_at_path (const struct item *item, const char **ret_how, struct larder_error *error)
{
	struct stat facts;
	bool there = fstatat (AT_FDCWD, item->to, &facts, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno != ENOENT && errno != ENOTDIR)
		return larder_fail_errno (error, errno, "cannot look at '%s'", item->to);
	*ret_how = how_file (&item->expected->to, there ? &facts : NULL);
	return 0;
}

static int
look_at_object (const struct item *item, const char **ret_how, struct larder_error *error)
{
	const struct seen *seen = &item->expected->to;
	struct larder_info info = { .size = sizeof info };
	int code = larder_stat (item->transfer->store, item->arena, item->path, NULL, &info, error);
	if (code < 0 && code != LARDER_E_NOTFOUND)
		return code;
	if (code == LARDER_E_NOTFOUND)
		*ret_how = seen->there ? "has gone" : NULL;
	else
		*ret_how = !seen->there ? "has come" : is_as_seen (seen, info.length, info.mtime, info.etag) ? NULL : "has changed";
	return 0;
}

/* NULL: as it was. */
static int
look_at_target (const struct item *item, const char **ret_how, struct larder_error *error)
{
	return item->transfer->store ? look_at_object (item, ret_how, error) : look_at_path (item, ret_how, error);
}

/* ---- the source ---- */

static int
check_source (struct item *item, struct larder_error *error)
{
	const struct seen *seen = &item->expected->from;
	struct larder_info info = { .size = sizeof info };
	int code = item->store ? larder_stat (item->store, item->arena, item->info.key, NULL, &info, error) : item_open (item, error);
	if (code == LARDER_E_NOTFOUND)
		return fail_drift (item->from, "has gone", error);
	if (code < 0)
		return code;
	bool same = item->store ? is_as_seen (seen, info.length, info.mtime, info.etag)
		: S_ISREG (item->facts.st_mode) && is_as_seen (seen, (uint64_t) item->facts.st_size, time_of (&item->facts), NULL);
	if (!same)
		return fail_drift (item->from, "has changed", error);
	if (item->store && !item_of_object (item, item->store, &info))
		return larder_fail_memory (error);
	if (item->store && item->transfer->keep_times)
		exact_of_object (item, &info);
	item->looked = item->store != NULL;
	return 0;
}

/* ---- both ---- */

/* The target is not as it was. With the very bytes of the source it is what an earlier run made of it. */
static int
judge_changed (struct item *item, const char *how, bool *ret_same, struct larder_error *error)
{
	struct stat facts;
	if (strcmp (how, "has gone") == 0)
		return fail_drift (item->to, how, error);
	if (!item->transfer->store && item->to[strlen (item->to) - 1] == '/') {    /* stands for a folder */
		*ret_same = stat (item->to, &facts) == 0 && S_ISDIR (facts.st_mode);
		return *ret_same ? 0 : fail_drift (item->to, how, error);
	}
	int code = item_same (item, ret_same, error);
	return code < 0 || *ret_same ? code : fail_drift (item->to, how, error);
}

int
expect_both (struct item *item, bool *ret_same, struct larder_error *error)
{
	const char *how = NULL;
	int code = look_at_target (item, &how, error);
	if (code < 0)
		return code;
	if (item->removal) {
		*ret_same = how && strcmp (how, "has gone") == 0;
		return how && !*ret_same ? fail_drift (item->to, how, error) : 0;
	}
	code = check_source (item, error);
	return code == 0 && how ? judge_changed (item, how, ret_same, error) : code;
}

bool
expect_holds (struct item *item)
{
	struct larder_error none = LARDER_ERROR_INIT;
	const char *how = NULL;
	int code = look_at_target (item, &how, &none);
	if (code == 0 && !item->removal)
		code = check_source (item, &none);
	return code == 0 && !how;
}

int
expect_remove (struct item *item, struct larder_error *error)
{
	const struct transfer *transfer = item->transfer;
	if (transfer->store) {
		bool conditional = store_caps (transfer->store) & LARDER_CAP_REMOVE_IF_MATCH;
		return store_remove_if (transfer->store, item->path, conditional ? item->expected->to.etag : NULL, error);
	}
	int code = target_root (item->transfer, error);
	if (code < 0)
		return code;
	int failed = file_unlink_beneath (transfer->root, item->path);
	if (failed < 0)
		return larder_fail_errno (error, -failed, "cannot remove '%s'", item->to);
	file_trim_parents (transfer->root, item->path);
	failed = file_settle_removal (transfer->root, item->path);
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot make the removal of '%s' durable", item->to) : 0;
}

bool
expect_create_only (const struct item *item)
{
	const struct larder_store *to = item->transfer->store;
	if (!item->expected || item->expected->to.there || !(store_caps (to) & LARDER_CAP_CREATE_ONLY))
		return false;
	/* Where a copy within the storage cannot be conditional, the look has to do: not every byte goes through here for it. */
	return !item->store || store_instance (item->store) != store_instance (to) || store_caps (to) & LARDER_CAP_COPY_CREATE_ONLY;
}

const char *
expect_if_match (const struct item *item)
{
	bool decides = item->expected && item->expected->to.there && store_caps (item->transfer->store) & LARDER_CAP_IF_MATCH;
	return decides ? item->expected->to.etag : NULL;
}
