/* replication-versions.c: has the replica as many versions of each object as the store has? By both listings, one after the other; memory is for one key. */
#include "replication.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

/* Each key of a listing, in byte order, with how many versions it has; what only tells that it was deleted is none. */
typedef int (*counted_fn) (void *context, const char *key, uint64_t versions, struct larder_error *error);
struct counting { struct cli *cli; char *key; uint64_t versions; counted_fn counted; void *context; struct larder_error *error; };

struct comparing {
	struct cli *cli;
	const struct copying *copying;
	struct larder_arena *arena;   /* of one key */
	FILE *file;                   /* of the store's keys: "VERSIONS KEY", percent-encoded */
	char *line;
	size_t room;
	const char *key;              /* of that line; NULL: there are no more */
	uint64_t versions, untold;    /* untold: keys that the replica has not at all, where a tag selects */
	struct larder_summary sum;
};

/* ---- a listing ---- */

static int
end_key (struct counting *counting)
{
	int code = counting->key && counting->versions ? counting->counted (counting->context, counting->key, counting->versions, counting->error) : 0;
	free (counting->key);
	counting->key = NULL, counting->versions = 0;
	return code;
}

static int
on_info (void *context, const struct larder_info *info)
{
	struct counting *counting = context;
	if (cli_stopped (counting->cli))
		return larder_fail (counting->error, LARDER_E_CANCELLED, "cancelled");
	if (!counting->key || strcmp (counting->key, info->key) != 0) {
		int code = end_key (counting);
		if (code < 0)
			return code;
		counting->key = strdup (info->key);
		if (!counting->key)
			return larder_fail_memory (counting->error);
	}
	counting->versions += !(info->flags & LARDER_INFO_DELETE_MARKER);
	return 0;
}

static int
count (struct comparing *comparing, const char *name, counted_fn counted, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	struct counting counting = { .cli = comparing->cli, .counted = counted, .context = comparing, .error = &why };
	const struct larder_listing listing = { .size = sizeof listing, .prefix = comparing->copying->prefix, .delimiter = "", .versions = true };
	CLEANUP_STORE struct larder_store *store = NULL;
	int code = larder_store_open (comparing->cli->larder, name, &store, error);
	if (code == 0)
		code = larder_list (store, &listing, on_info, &counting, error);
	if (code == 0)
		code = end_key (&counting);
	free (counting.key);
	if (code < 0 && code == why.code && error)
		*error = why;
	return code;
}

/* ---- the store's ---- */

static int
write_key (void *context, const char *key, uint64_t versions, struct larder_error *error)
{
	const struct comparing *comparing = context;
	char head[32];
	snprintf (head, sizeof head, "%" PRIu64 " ", versions);
	return keys_write (comparing->file, head, key, error);
}

static int
next_key (struct comparing *comparing, struct larder_error *error)
{
	char *end;
	comparing->key = NULL;
	if (getline (&comparing->line, &comparing->room, comparing->file) <= 0)
		return feof (comparing->file) ? 0 : larder_fail_errno (error, errno, "cannot read the list of keys of '%s' again", comparing->copying->store);
	comparing->versions = strtoull (comparing->line, &end, 10);
	end[strcspn (end, "\n")] = '\0';
	if (*end != ' ' || !text_from_percent (end + 1))
		return larder_fail_next (error, LARDER_E_INTEGRITY, "run it again", "the list of keys of '%s' was damaged in its temporary file", comparing->copying->store);
	comparing->key = end + 1;
	return 0;
}

/* ---- the replica's ---- */

static const char *
versions_words (struct larder_arena *arena, uint64_t versions)
{
	return !versions ? "none" : versions == 1 ? "1 version" : arena_printf (arena, "%" PRIu64 " versions", versions);
}

static int
fail_fewer (const struct comparing *comparing, const char *from, const char *to, uint64_t versions, struct larder_error *error)
{
	const char *here = versions_words (comparing->arena, comparing->versions), *there = versions_words (comparing->arena, versions);
	if (!here || !there)
		return larder_fail_memory (error);
	return larder_fail_next (error, LARDER_E_INTEGRITY, "no service copies what is older than its rule, and 'replication repair' copies the latest alone: S3 Batch Replication copies the others; or a [lifecycle] of the replica removed them",
		"'%s' has %s, and '%s' has %s", from, here, to, there);
}

/* Of the key at hand; 0 versions: the replica has it not at all. */
static int
tell (struct comparing *comparing, uint64_t versions, struct larder_error *error)
{
	const struct copying *copying = comparing->copying;
	struct larder_error why = LARDER_ERROR_INIT;
	bool fewer = versions < comparing->versions;
	arena_clear (comparing->arena);
	const char *from = arena_printf (comparing->arena, "%s:%s", copying->store, comparing->key), *to = arena_printf (comparing->arena, "%s:%s", copying->to, comparing->key);
	if (!from || !to)
		return larder_fail_memory (error);
	comparing->sum.scanned++;
	comparing->sum.done += !fewer;
	comparing->sum.failed += fewer;
	if (fewer)
		comparing->sum.code = fail_fewer (comparing, from, to, versions, &why);
	const struct larder_event event = { .size = sizeof event, .action = !versions ? "missing" : fewer ? "differs" : "same", .from = from, .to = to, .error = fewer ? &why : NULL };
	return transfer_event (comparing->cli, &event) < 0 ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

/* Those before `key` (NULL: all that are left). The listings do not tell what the tag of a [replication] selects: then it may be right that it is not there. */
static int
pass_absent (struct comparing *comparing, const char *key, struct larder_error *error)
{
	int code = 0;
	while (code == 0 && comparing->key && (!key || strcmp (comparing->key, key) < 0)) {
		if (*comparing->copying->tag)
			comparing->untold++;
		else
			code = tell (comparing, 0, error);
		if (code == 0)
			code = next_key (comparing, error);
	}
	return code;
}

static int
compare_key (void *context, const char *key, uint64_t versions, struct larder_error *error)
{
	struct comparing *comparing = context;
	int code = pass_absent (comparing, key, error);
	if (code < 0 || !comparing->key || strcmp (comparing->key, key) != 0)
		return code;
	code = tell (comparing, versions, error);
	return code < 0 ? code : next_key (comparing, error);
}

static int
compare (struct comparing *comparing, struct larder_error *error)
{
	int code = count (comparing, comparing->copying->store, write_key, error);
	if (code == 0)
		code = keys_written (comparing->file, error);
	if (code < 0)
		return code;
	rewind (comparing->file);
	code = next_key (comparing, error);
	if (code == 0)
		code = count (comparing, comparing->copying->to, compare_key, error);
	return code < 0 ? code : pass_absent (comparing, NULL, error);
}

static void
tell_untold (const struct comparing *comparing)
{
	const struct copying *copying = comparing->copying;
	if (comparing->untold)
		say (comparing->cli, "%s: of %" PRIu64 " that '%s' has not at all the listings do not tell whether they are tagged %s: 'larder replication check --all %s' asks of each", copying->store, comparing->untold, copying->to, copying->tag, copying->store);
}

static int
run_one (struct cli *cli, const struct copying *copying, void *context, struct larder_error *error)
{
	struct larder_summary *sum = context;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct comparing comparing = { .cli = cli, .copying = copying, .arena = arena, .sum = { .size = sizeof comparing.sum } };
	copying_head (cli, copying);
	int code = arena ? file_temporary_stream (&comparing.file, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	code = compare (&comparing, error);
	if (code == 0)
		tell_untold (&comparing);
	(void) fclose (comparing.file);
	free (comparing.line);
	(void) summary_add (sum, &comparing.sum, 0, code);
	return code;
}

int
versions_check (struct cli *cli, struct larder_error *error)
{
	struct larder_summary sum = { .size = sizeof sum };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = copying_each (cli, cli->operand[0], run_one, &sum, error);
	if (code < 0)
		sum.ended = code;
	return code < 0 && !sum.scanned ? code : transfer_finish (cli, code, &sum, error);
}
