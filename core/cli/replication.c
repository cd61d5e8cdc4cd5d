/* replication.c: what a [replication] is to copy: which keys of which store, and where to. */
#include "replication.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"

#define WITHIN (15 * 60 * NS_PER_S)       /* what S3 promises where it promises anything */

/* ---- the section ---- */

static int
setting_of (struct cli *cli, const char *kind, const char *name, const char *key, const char **ret, struct larder_error *error)
{
	const char *path = arena_printf (cli->arena, "%s.%s.%s", kind, name, key);
	return path ? cli_setting (cli, path, ret, error) : larder_fail_memory (error);
}

static int
read_copying (struct cli *cli, struct copying *ret, struct larder_error *error)
{
	const char *within = "";
	const struct { const char *key, **ret; } keys[] = {
		{ "to", &ret->to }, { "prefix", &ret->prefix }, { "tag", &ret->tag }, { "class", &ret->storage_class }, { "time-control", &within },
	};
	int code = 0;
	for (size_t n = 0; code == 0 && n < sizeof keys / sizeof *keys; n++)
		code = setting_of (cli, "replication", ret->name, keys[n].key, keys[n].ret, error);
	if (text_duration (within, &ret->within) < 0 || ret->within == 0)
		ret->within = WITHIN;
	return code;
}

/* A view shares the bucket, and what is copied is the bucket's. */
static int
fail_none (struct cli *cli, const char *store, struct larder_error *error)
{
	const char *of;
	int code = setting_of (cli, "store", store, "in", &of, error);
	if (code < 0)
		return code;
	const char *next = *of ? arena_printf (cli->arena, "name the store that has the bucket: %s", of)
		: arena_printf (cli->arena, "write replication = NAME in [store \"%s\"], and a section [replication \"NAME\"] with to = STORE; then 'larder infra apply'", store);
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, next, "[store \"%s\"] has no replication: nothing is to be copied from it", store);
}

int
copying_each (struct cli *cli, const char *store, copying_fn each, void *context, struct larder_error *error)
{
	const char *names;
	int code = setting_of (cli, "store", store, "replication", &names, error);
	if (code == 0 && !*names)
		return fail_none (cli, store, error);
	for (const char *at = names; code == 0 && *at; at += strspn (at, ", ")) {
		size_t length = strcspn (at, ", ");
		struct copying copying = { .store = store, .name = arena_copy_bytes (cli->arena, at, length) };
		code = copying.name ? read_copying (cli, &copying, error) : larder_fail_memory (error);
		if (code == 0)
			code = each (cli, &copying, context, error);
		at += length;
	}
	return code;
}

void
copying_head (struct cli *cli, const struct copying *copying)
{
	if (cli->globals.json || cli->globals.quiet)
		return;
	out_printf (cli, "%s -> %s  [replication \"%s\"]", copying->store, copying->to, copying->name);
	if (*copying->prefix)
		out_printf (cli, " prefix %s", copying->prefix);
	if (*copying->tag)
		out_printf (cli, " tag %s", copying->tag);
	out_text (cli, "\n");
	out_flush (cli);
}

/* ---- the two trees ---- */

/* Bytes of the prefix up to its last separator: the tree that all of it lies in. */
static size_t
folder_of (const char *prefix)
{
	const char *slash = strrchr (prefix, '/');
	return slash ? (size_t) (slash + 1 - prefix) : 0;
}

/* A glob for keys that begin so. */
static char *
glob_of (struct larder_arena *arena, const char *begins)
{
	CLEANUP_BUFFER struct buffer glob;
	buffer_init (&glob, 16384);
	text_glob (&glob, begins);
	buffer_add_char (&glob, '*');
	return glob.failed ? NULL : arena_copy (arena, glob.at);
}

int
copying_pair (struct cli *cli, const struct copying *copying, struct copying_pair *ret, struct larder_error *error)
{
	size_t folder = folder_of (copying->prefix);
	const char *rest = copying->prefix + folder;
	ret->include = glob_of (cli->arena, rest);
	ret->request = (struct larder_sync) {
		.size = sizeof ret->request, .include = &ret->include, .include_count = *rest ? 1 : 0,
		.from = arena_printf (cli->arena, "%s:%.*s", copying->store, (int) folder, copying->prefix),
		.to = arena_printf (cli->arena, "%s:%.*s", copying->to, (int) folder, copying->prefix),
	};
	return ret->include && ret->request.from && ret->request.to ? 0 : larder_fail_memory (error);
}

/* ---- the keys ---- */

static int
fail_keys (struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_NOSPACE, "free space in the folder for temporary files", "cannot write the list of keys");
}

int
keys_write (FILE *file, const char *head, const char *key, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, 16384);
	buffer_add_text (&line, head);
	text_percent (&line, key);
	buffer_add_char (&line, '\n');
	if (line.failed)
		return larder_fail_memory (error);
	return fwrite (line.at, 1, line.length, file) == line.length ? 0 : fail_keys (error);
}

int
keys_written (FILE *file, struct larder_error *error)
{
	return fflush (file) == 0 ? 0 : fail_keys (error);
}

struct writing { FILE *file; size_t folder; bool tagged; uint64_t taken, untold; };

/* Nothing tells the tags of many objects; but what a rule selects has a status, and of what has none nobody knows whether it is to be copied. */
static int
write_key (void *context, const struct looked *one, struct larder_error *error)
{
	struct writing *writing = context;
	if (writing->tagged && one->code < 0) {
		if (error)
			*error = one->error;
		return one->code;
	}
	if (writing->tagged && (strcmp (one->replication, "none") == 0 || strcmp (one->replication, "REPLICA") == 0)) {
		writing->untold++;
		return 0;
	}
	writing->taken++;
	return keys_write (writing->file, "", one->key + writing->folder, error);
}

static int
tell_untold (struct cli *cli, const struct copying *copying, const struct writing *writing, struct larder_error *error)
{
	if (writing->untold == 0)
		return 0;
	if (writing->taken == 0)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, arena_printf (cli->arena, "'larder verify %s: %s:' compares all of both", copying->store, copying->to),
			"[replication \"%s\"] takes what is tagged %s, and the service of '%s' tells of no object that it is to be copied", copying->name, copying->tag, copying->store);
	say (cli, "%llu keys of '%s' are left out: they have no status of replication, which what is tagged %s would have", (unsigned long long) writing->untold, copying->store, copying->tag);
	return 0;
}

int
copying_keys (struct cli *cli, const struct copying *copying, uint64_t sample, FILE **ret, char ret_path[COPYING_PATH], struct larder_error *error)
{
	struct writing writing = { .folder = folder_of (copying->prefix), .tagged = *copying->tag != '\0' };
	const struct looking looking = {
		.store = copying->store, .prefix = copying->prefix, .sample = sample, .unasked = !writing.tagged, .looked = write_key, .context = &writing,
	};
	uint64_t listed;
	if (!sample && !writing.tagged)
		return 0;
	int code = file_temporary_stream (ret, error);
	if (code < 0)
		return code;
	writing.file = *ret;
	code = look_each (cli, &looking, &listed, error);
	if (code == 0)
		code = keys_written (*ret, error);
	snprintf (ret_path, COPYING_PATH, "/proc/self/fd/%d", fileno (*ret));
	return code == 0 ? tell_untold (cli, copying, &writing, error) : code;
}

/* ---- check and repair ---- */

struct running { const struct copying_run *run; struct larder_summary sum; int code; };

static int
run_keys (struct cli *cli, const struct copying *copying, struct running *running, FILE **keys, struct larder_error *error)
{
	const struct copying_run *run = running->run;
	struct larder_summary sum = { .size = sizeof sum };
	struct copying_pair pair;
	char path[COPYING_PATH];
	int code = copying_pair (cli, copying, &pair, error);
	if (code == 0)
		code = copying_keys (cli, copying, run->sample, keys, path, error);
	if (code < 0)
		return code;
	pair.request.flags = run->flags;
	pair.request.only = *keys ? path : NULL;
	pair.request.storage_class = run->classed && *copying->storage_class ? copying->storage_class : NULL;
	cli->progress_on = true;
	code = run->trees (cli->larder, &pair.request, run->event, cli, &sum, error);
	cli->progress_on = false;
	running->code = summary_add (&running->sum, &sum, running->code, code);
	/* Items that failed keep no other [replication] from being looked at. */
	return sum.ended || sum.failed + sum.refused == 0 ? code : 0;
}

static int
run_one (struct cli *cli, const struct copying *copying, void *context, struct larder_error *error)
{
	FILE *keys = NULL;
	copying_head (cli, copying);
	int code = run_keys (cli, copying, context, &keys, error);
	if (keys)
		(void) fclose (keys);
	return code;
}

int
copying_run (struct cli *cli, const struct copying_run *run, struct larder_error *error)
{
	struct running running = { .run = run, .sum = { .size = sizeof running.sum } };
	int code = cli_open (cli, OPEN_CONFIGURED, error);
	if (code == 0)
		code = copying_each (cli, cli->operand[0], run_one, &running, error);
	if (code < 0 && running.sum.ended == 0)
		running.sum.ended = code;
	return code < 0 && !running.sum.scanned ? code : transfer_finish (cli, code < 0 ? code : running.code, &running.sum, error);
}
