/* drill-job.c: what is left of a drill when its process ends: STATE/drills/ID, held locked while one is at it, and the scratch that its head names. */
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <jansson.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "random.h"
#include "store.h"
#include "text.h"

#define HEAD "drill"
enum { HEAD_MOST = 64 << 10 };

/* ---- whose it is ---- */

/* One drill of one thing at a time, whatever else was asked for. */
static void
name_drill (struct drilling *all)
{
	struct sha256 sha;
	char sum[65];
	sha256_begin (&sha);
	sha256_add_text (&sha, all->asked.what);
	sha256_add_text (&sha, config_profile (larder_configuration (all->larder)));
	sha256_end_hex (&sha, sum);
	snprintf (all->id, sizeof all->id, "%.16s", sum);
}

static const char *
digest_of (const struct drilling *all)
{
	const struct larder_drill *asked = &all->asked;
	struct sha256 sha;
	char sum[65], numbers[48];
	snprintf (numbers, sizeof numbers, "%" PRIu64 " %u", asked->sample, (unsigned) asked->days);
	sha256_begin (&sha);
	sha256_add_text (&sha, numbers);
	sha256_add_text (&sha, asked->source);
	sha256_add_text (&sha, asked->scratch);
	sha256_add_text (&sha, asked->tier);
	sha256_add_text (&sha, asked->role);
	sha256_end_hex (&sha, sum);
	return arena_copy (all->arena, sum);
}

/* ---- the folder ---- */

/* One that just ended took its folder away. */
static int
hold (struct drilling *all, struct larder_error *error)
{
	struct stat facts;
	if (mkdirat (all->state, all->id, 0700) < 0 && errno != EEXIST)
		return larder_fail_errno (error, errno, "cannot make a folder for the state of the drill of '%s'", all->asked.what);
	all->folder = openat (all->state, all->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (all->folder < 0 && errno != ENOENT)
		return larder_fail_errno (error, errno, "cannot open the state of the drill of '%s'", all->asked.what);
	if (all->folder < 0 || flock (all->folder, LOCK_EX | LOCK_NB) < 0 || fstat (all->folder, &facts) < 0 || facts.st_nlink == 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "wait until it is done; the same command goes on with what it leaves", "another process is at a drill of '%s'", all->asked.what);
	return 0;
}

static int
open_state (struct drilling *all, struct larder_error *error)
{
	CLEANUP_FREE char *path = NULL;
	const char *state = larder_state (all->larder);
	if (!state)
		return larder_fail_next (error, LARDER_E_INVALID, "--state FOLDER, or set HOME", "there is no folder to keep the state of a drill in");
	if (asprintf (&path, "%s/drills", state) < 0)
		return larder_fail_memory (error);
	all->state = file_open_made (path, 0700, error);
	name_drill (all);
	return all->state < 0 ? all->state : hold (all, error);
}

/* ---- its head ---- */

/* 1; 0: there is none, or none that can be read, and it begins anew. */
static int
read_head (struct drilling *all, struct drill_head *ret, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	const char *asked, *scratch, *point, *taker;
	json_int_t begun, newest, ahead = 0, listed, taken, bytes;
	size_t length;
	int archived, code = file_slurp_if_there (all->folder, HEAD, HEAD_MOST, &text, &length, error);
	json_t *head = code > 0 ? json_loads (text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	bool well = head && json_unpack (head, "{s:s, s:s, s:s, s:s, s:I, s:I, s?I, s:I, s:I, s:I, s:b}", "asked", &asked, "scratch", &scratch, "point", &point, "taker", &taker, "begun", &begun, "newest", &newest, "ahead", &ahead, "listed", &listed,
		"taken", &taken, "bytes", &bytes, "archived", &archived) == 0;
	if (well)
		*ret = (struct drill_head) { .asked = arena_copy (all->arena, asked), .scratch = arena_copy (all->arena, scratch), .begun = begun, .newest = newest, .ahead = ahead, .listed = (uint64_t) listed,
			.taken = (uint64_t) taken, .bytes = (uint64_t) bytes, .archived = archived, .point = arena_copy (all->arena, point), .taker = arena_copy (all->arena, taker) };
	json_decref (head);
	if (code < 0)
		return code;
	return well && (!ret->asked || !ret->scratch || !ret->point || !ret->taker) ? larder_fail_memory (error) : well;
}

int
drill_write_head (struct drilling *all, struct larder_error *error)
{
	const struct drill_head *head = &all->head;
	json_t *json = json_pack ("{s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "larder-drill", 1, "what", all->asked.what, "asked", head->asked, "scratch", head->scratch, "point", head->point ? head->point : "", "taker", head->taker ? head->taker : "", "begun",
		(json_int_t) head->begun, "newest", (json_int_t) head->newest, "ahead", (json_int_t) head->ahead, "listed", (json_int_t) head->listed, "taken", (json_int_t) head->taken, "bytes", (json_int_t) head->bytes, "archived", head->archived);
	CLEANUP_FREE char *text = json ? json_dumps (json, JSON_COMPACT) : NULL;
	json_decref (json);
	return text ? file_publish (all->folder, HEAD, text, strlen (text), 0600, FILE_REPLACE, true, error) : larder_fail_memory (error);
}

/* ---- its scratch ---- */

/* Only what a head names, which no other folder is called as. */
static void
remove_scratch (const char *scratch)
{
	CLEANUP_FREE char *parent = strndup (scratch, (size_t) (text_last (scratch) - scratch));
	CLEANUP_CLOSE int fd = parent && *parent ? open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0)
		file_remove_tree (fd, text_last (scratch));
}

/* What was restored would be taken for a part of the source, which was never kept. */
static int
check_apart (const struct drilling *all, const char *scratch, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	int code = all->asked.source ? larder_address_parse (all->larder, all->arena, all->asked.source, &address, error) : 1;
	if (code != 0 || address.store)
		return code < 0 ? code : 0;
	CLEANUP_FREE char *source = realpath (address.path, NULL);
	size_t length = source ? strlen (source) : 0;
	if (length == 0 || strncmp (scratch, source, length) != 0 || (scratch[length] && scratch[length] != '/' && source[length - 1] != '/'))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "--to a folder that lies elsewhere", "what is restored would lie in the source '%s': '%s'", all->asked.source, scratch);
}

/* Where it is to be, as it is without links. What is refused was not made; a `..` behind what is not there yet tells only then where it leads. */
static int
make_base (const struct drilling *all, const char *base, char **ret, struct larder_error *error)
{
	CLEANUP_FREE char *before = file_absolute (base);
	int code = before ? check_apart (all, before, error) : larder_fail_memory (error);
	if (code == 0)
		code = file_make_folders (base, 0700, error);
	if (code < 0)
		return code;
	*ret = realpath (base, NULL);
	return *ret ? check_apart (all, *ret, error) : larder_fail_errno (error, errno, "cannot find the folder '%s'", base);
}

/* A name that nobody can have given before it is written down. */
static int
name_scratch (struct drilling *all, struct larder_error *error)
{
	CLEANUP_FREE char *beside = NULL, *whole = NULL;
	unsigned char some[8];
	char hex[17];
	if (!all->asked.scratch && asprintf (&beside, "%s/scratch", larder_state (all->larder)) < 0)
		return larder_fail_memory (error);
	int code = make_base (all, beside ? beside : all->asked.scratch, &whole, error);
	if (code < 0)
		return code;
	random_bytes (some, sizeof some);
	text_hex (some, sizeof some, hex);
	all->head.scratch = arena_printf (all->arena, "%s/larder-drill-%s", whole, hex);
	return all->head.scratch ? 0 : larder_fail_memory (error);
}

int
drill_scratch (struct drilling *all, struct larder_error *error)
{
	all->tree_path = arena_printf (all->arena, "%s/restored", all->head.scratch);
	all->tree = all->tree_path ? file_open_made (all->tree_path, 0700, error) : larder_fail_memory (error);
	all->scratch = all->tree < 0 ? all->tree : file_open_made (all->head.scratch, 0700, error);
	return all->scratch < 0 ? all->scratch : 0;
}

/* ---- the whole ---- */

int
drill_open (struct drilling *all, bool *ret_new, struct larder_error *error)
{
	struct drill_head head = { .asked = digest_of (all) }, found = { 0 };
	struct stat facts;
	int code = head.asked ? open_state (all, error) : larder_fail_memory (error);
	int there = code == 0 ? read_head (all, &found, error) : code;
	if (there < 0)
		return there;
	/* Where its scratch is gone, a job of the archive would take for fetched what is not there. */
	*ret_new = !there || strcmp (found.asked, head.asked) != 0 || (*found.scratch && lstat (found.scratch, &facts) < 0);
	if (there && *ret_new && !(all->asked.flags & LARDER_DRY_RUN)) {
		(void) file_unlink_beneath (all->folder, HEAD);
		remove_scratch (found.scratch);
	}
	all->head = *ret_new ? head : found;
	return 0;
}

int
drill_begin (struct drilling *all, struct larder_error *error)
{
	int code = name_scratch (all, error);
	if (code == 0)
		code = drill_write_head (all, error);
	return code < 0 ? code : drill_scratch (all, error);
}

void
drill_end (struct drilling *all)
{
	bool kept = all->asked.flags & LARDER_DRILL_KEEP;
	if (!kept && all->head.scratch)
		remove_scratch (all->head.scratch);
	file_remove_tree (all->state, all->id);
	all->sum.scratch = kept ? all->tree_path : NULL;
}

void
drill_drop (struct drilling *all)
{
	(void) file_unlink_beneath (all->folder, drill_keys_name (all));
	(void) unlinkat (all->state, all->id, AT_REMOVEDIR);
}

void
drill_close (struct drilling *all)
{
	const int held[] = { all->tree, all->scratch, all->folder, all->state };
	for (size_t n = 0; n < sizeof held / sizeof *held; n++)
		if (held[n] >= 0)
			close (held[n]);
}
