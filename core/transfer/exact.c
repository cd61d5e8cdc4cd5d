/* exact.c: the time of a file, to the nanosecond, in the metadata of its object: name and form are rclone's, so that both tools
 * understand each other's uploads. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "store.h"

#define NAME "mtime"

/* ---- the text: seconds since 1970, a dot, nanoseconds ---- */

void
exact_text (int64_t time, char ret[EXACT_ROOM])
{
	uint64_t whole = time < 0 ? -(uint64_t) time : (uint64_t) time;
	snprintf (ret, EXACT_ROOM, "%s%" PRIu64 ".%09" PRIu64, time < 0 ? "-" : "", whole / NS_PER_S, whole % NS_PER_S);
}

bool
exact_parse (const char *text, int64_t *ret)
{
	bool before = *text == '-';
	int64_t whole = 0, unit = NS_PER_S;
	const char *at = text + before;
	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow (whole, 10, &whole) || __builtin_add_overflow (whole, *at - '0', &whole))
			return false;
	if (__builtin_mul_overflow (whole, NS_PER_S, &whole))
		return false;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			if (__builtin_add_overflow (whole, (*at - '0') * (unit /= 10), &whole))
				return false;
	*ret = before ? -whole : whole;
	return *at == '\0';
}

/* ---- what is kept ---- */

static bool
kept_in (const struct larder_info *info, int64_t *ret)
{
	for (size_t i = 0; i < info->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		if (strcmp (pair->name, NAME) == 0)
			return exact_parse (pair->value, ret);
	}
	return false;
}

int
exact_keep (struct item *item, struct larder_attributes *attributes, struct larder_error *error)
{
	char text[EXACT_ROOM];
	exact_text (item->facts.st_mtim.tv_sec * NS_PER_S + item->facts.st_mtim.tv_nsec, text);
	item->kept = (struct larder_pair) { NAME, arena_copy (item->arena, text) };
	attributes->metadata = (struct larder_pairs) { &item->kept, 1, sizeof item->kept };
	attributes->metadata_given = true;
	return item->kept.value ? 0 : larder_fail_memory (error);
}

void
exact_of_object (struct item *item, const struct larder_info *info)
{
	int64_t time;
	item->dated = true;
	item->mtime = kept_in (info, &time) ? time : info->mtime;
}

/* ---- are the times the same? ---- */

/* The object of the listing as a look tells it: what is fetched later is that one. */
static int
look (struct item *item, struct larder_info *info, struct larder_error *error)
{
	int code = larder_stat (item->store, item->arena, item->info.key, NULL, info, error);
	if (code < 0)
		return code;
	info->key = item->info.key;
	exact_of_object (item, info);
	item->looked = true;
	return item_of_object (item, item->store, info) ? 0 : larder_fail_memory (error);
}

int
exact_look (struct item *item, bool *ret_same, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	(void) ret_same;
	return look (item, &info, error);
}

static int
time_of_file (const struct item *item, int64_t *ret, struct larder_error *error)
{
	struct stat facts;
	int code = target_root (item->transfer, error);
	if (code < 0)
		return code;
	CLEANUP_CLOSE int fd = file_open_beneath (item->transfer->root, item->path, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0 || fstat (fd, &facts) < 0)
		return larder_fail_errno (error, fd < 0 ? -fd : errno, "cannot look at '%s'", item->to);
	*ret = facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec;
	return 0;
}

/* Two objects: the times both keep; where neither does, what a listing would say. */
static bool
objects_same (const struct larder_info *from, const struct larder_info *to)
{
	int64_t one, other;
	bool here = kept_in (from, &one), there = kept_in (to, &other);
	return here || there ? here && there && one == other : !sync_objects_differ (from, to);
}

int
exact_same (struct item *item, bool *ret_same, struct larder_error *error)
{
	struct larder_info from = { .size = sizeof from }, to = { .size = sizeof to };
	struct larder_store *store = item->transfer->store;
	int64_t time;
	int code = item->store ? look (item, &from, error) : item_open (item, error);
	if (code == 0)
		code = store ? larder_stat (store, item->arena, item->path, NULL, &to, error) : time_of_file (item, &time, error);
	if (code < 0)
		return code;
	if (!store)
		*ret_same = from.length == (uint64_t) item->info.length && item->mtime == time;
	else if (item->store)
		*ret_same = from.length == to.length && objects_same (&from, &to);
	else
		*ret_same = (uint64_t) item->facts.st_size == to.length && kept_in (&to, &time) && time == item->facts.st_mtim.tv_sec * NS_PER_S + item->facts.st_mtim.tv_nsec;
	return 0;
}
