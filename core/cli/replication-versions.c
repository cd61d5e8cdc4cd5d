/* replication-versions.c: has the replica as many versions of each object as the store has? By both listings, one after the other; memory is for one key. */
#include "replication.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

enum { LINE_MOST = 16384 };

/* Each key of a listing, in byte order, with how many versions it has; what only tells that it was deleted is none. */
typedef int (*counted_fn) (void *context, const char *key, uint64_t versions, struct larder_error *error);
struct counting { struct cli *cli; char *key; uint64_t versions; counted_fn counted; void *context; struct larder_error *error; };

struct comparing {
	struct cli *cli;
	const struct copying *copying;
	FILE *file;                   /* of the store's keys: "VERSIONS KEY", percent-encoded */
	char *line;
	size_t room;
	const char *key;              /* of that line; NULL: there are no more */
	uint64_t versions, absent;    /* absent: keys that the replica has not at all */
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
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, LINE_MOST);
	buffer_printf (&line, "%" PRIu64 " ", versions);
	text_percent (&line, key);
	buffer_add_char (&line, '\n');
	if (!line.failed && fwrite (line.at, 1, line.length, comparing->file) == line.length)
		return 0;
	return larder_fail_next (error, LARDER_E_NOSPACE, "free space in the folder for temporary files", "cannot write the list of keys");
}

static void
next_key (struct comparing *comparing)
{
	char *end;
	comparing->key = NULL;
	if (getline (&comparing->line, &comparing->room, comparing->file) <= 0)
		return;
	comparing->versions = strtoull (comparing->line, &end, 10);
	end[strcspn (end, "\n")] = '\0';
	comparing->key = *end == ' ' && text_from_percent (end + 1) ? end + 1 : NULL;
}

/* ---- the replica's ---- */

static int
tell (struct comparing *comparing, const char *key, uint64_t versions)
{
	struct cli *cli = comparing->cli;
	struct larder_error why = LARDER_ERROR_INIT;
	const char *from = arena_printf (cli->arena, "%s:%s", comparing->copying->store, key), *to = arena_printf (cli->arena, "%s:%s", comparing->copying->to, key);
	bool fewer = versions < comparing->versions;
	comparing->sum.scanned++;
	comparing->sum.done += !fewer;
	comparing->sum.failed += fewer;
	if (!from || !to)
		return larder_fail_memory (NULL);
	if (fewer)
		comparing->sum.code = larder_fail_next (&why, LARDER_E_INTEGRITY, "no service copies what is older than its rule, and 'replication repair' copies the latest alone: S3 Batch Replication copies the others; or a [lifecycle] of the replica removed them",
			"'%s' has %" PRIu64 " versions, and '%s' has %" PRIu64, from, comparing->versions, to, versions);
	const struct larder_event event = { .size = sizeof event, .action = fewer ? "differs" : "same", .from = from, .to = to, .error = fewer ? &why : NULL };
	return transfer_event (cli, &event);
}

static int
compare_key (void *context, const char *key, uint64_t versions, struct larder_error *error)
{
	struct comparing *comparing = context;
	for (; comparing->key && strcmp (comparing->key, key) < 0; next_key (comparing))
		comparing->absent++;
	if (!comparing->key || strcmp (comparing->key, key) != 0)
		return 0;
	int code = tell (comparing, key, versions);
	next_key (comparing);
	return code < 0 ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static int
compare (struct comparing *comparing, struct larder_error *error)
{
	int code = count (comparing, comparing->copying->store, write_key, error);
	if (code == 0 && fflush (comparing->file) != 0)
		code = larder_fail_next (error, LARDER_E_NOSPACE, "free space in the folder for temporary files", "cannot write the list of keys");
	if (code < 0)
		return code;
	rewind (comparing->file);
	next_key (comparing);
	code = count (comparing, comparing->copying->to, compare_key, error);
	for (; comparing->key; next_key (comparing))
		comparing->absent++;
	return code;
}

/* What the replica does not have at all is told by a check of the keys. */
static int
run_one (struct cli *cli, const struct copying *copying, void *context, struct larder_error *error)
{
	struct larder_summary *sum = context;
	struct comparing comparing = { .cli = cli, .copying = copying, .sum = { .size = sizeof comparing.sum } };
	copying_head (cli, copying);
	int code = file_temporary_stream (&comparing.file, error);
	if (code < 0)
		return code;
	code = compare (&comparing, error);
	if (code == 0 && comparing.absent)
		say (cli, "%s: %" PRIu64 " keys are not on '%s' at all: 'larder replication check --all %s' tells which", copying->store, comparing.absent, copying->to, copying->store);
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
