/* drill-keys.c: which keys a drill is of: all below the prefix, or a sample of them, in a file that outlives the process. */
#include "drill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "sample.h"
#include "store.h"
#include "text.h"

enum { LINE_MOST = 64 << 10 };

struct finding_keys { struct sample sample; struct file_draft draft; struct larder_error why; };

const char *
drill_keys_name (const struct drilling *all)
{
	return all->asked.flags & LARDER_DRY_RUN ? "would" : "keys";
}

int
drill_list (int fd, const char *before, const char *key, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, LINE_MOST);
	text_percent (&line, before);
	text_percent (&line, key);
	buffer_add_char (&line, '\n');
	int status = line.failed ? -ENOMEM : file_write_all (fd, line.at, line.length);
	return status < 0 ? larder_fail_errno (error, -status, "cannot write a list of keys") : 0;
}

/* ---- the listing ---- */

static int
keep (struct drilling *all, const char *key, struct larder_error *error)
{
	struct finding_keys *finding = all->finding;
	/* A sample of it would prove nothing of what is kept. */
	if (all->asked.sample && drill_is_index (key))
		return 0;
	all->head.listed++;
	if (!all->asked.sample)
		return drill_list (finding->draft.fd, "", key, error);
	return sample_offer (&finding->sample, key) < 0 ? larder_fail_memory (error) : 0;
}

/* Of a manifest alone: it was kept then, though it is gone. */
static int
keep_told (struct drilling *all, const char *key, struct larder_error *error)
{
	all->head.newest = all->line.time > all->head.newest ? all->line.time : all->head.newest;
	return keep (all, key, error);
}

/* What is of no class but the first costs nothing but its fetching. */
static int
on_info (void *context, const struct larder_info *info)
{
	struct drilling *all = context;
	struct drill_head *head = &all->head;
	struct larder_error *why = &all->finding->why;
	/* They may lie in the same bucket, and are no part of what is kept. */
	if (all->manifest_place.store && manifest_place_has (&all->manifest_place, all->store, info->key))
		return 0;
	int code = drill_manifests_until (all, info->key, keep_told, why);
	if (code < 0)
		return code;
	head->newest = info->mtime > head->newest ? info->mtime : head->newest;
	head->archived |= info->storage_class && strcmp (info->storage_class, "STANDARD") != 0;
	head->bytes += info->length;
	code = keep (all, info->key, why);
	return code == 0 && drill_manifests_have (all, info->key) ? drill_manifests_pass (all, why) : code;
}

/* What is in the store, and what manifests tell of and is not: each has its chance to be missed. */
static int
list (struct drilling *all, struct larder_error *error)
{
	const struct larder_listing listing = { .size = sizeof listing, .prefix = all->prefix, .delimiter = "" };
	struct larder_error *why = &all->finding->why;
	int code = drill_manifests_begin (all, error);
	if (code == 0)
		code = larder_list (all->store, &listing, on_info, all, error);
	if (code < 0 && code == why->code && error)
		*error = *why;
	if (code == 0)
		code = drill_manifests_until (all, NULL, keep_told, error);
	drill_manifests_end (all);
	return code;
}

static int
write_sample (struct finding_keys *finding, struct larder_error *error)
{
	struct sample *sample = &finding->sample;
	int code = 0;
	sample_sort (sample);
	for (uint64_t n = 0; code == 0 && n < sample->count; n++)
		code = drill_list (finding->draft.fd, "", sample->at[n], error);
	return code;
}

/* As if all were as large as the mean: nothing tells how large those of a sample are but asking for each. */
static void
count_taken (struct drill_head *head, uint64_t sample)
{
	head->taken = sample && sample < head->listed ? sample : head->listed;
	if (head->taken < head->listed)
		head->bytes = (uint64_t) ((double) head->bytes / (double) head->listed * (double) head->taken);
}

int
drill_find_keys (struct drilling *all, struct larder_error *error)
{
	struct finding_keys finding = { .draft = FILE_DRAFT_NONE, .why = LARDER_ERROR_INIT };
	int code = file_draft_begin (&finding.draft, all->folder, drill_keys_name (all), 0600, false, error);
	if (code == 0 && all->asked.sample && sample_begin (&finding.sample, all->asked.sample) < 0)
		code = larder_fail_memory (error);
	all->finding = &finding;
	if (code == 0)
		code = list (all, error);
	if (code == 0 && all->asked.sample)
		code = write_sample (&finding, error);
	if (code == 0)
		code = file_draft_publish (&finding.draft, FILE_REPLACE, error);
	file_draft_abort (&finding.draft);
	sample_free (&finding.sample);
	count_taken (&all->head, all->asked.sample);
	if (code == 0 && all->head.listed == 0)
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there; a backup without anything in it is none", "there is nothing in '%s%s' to be restored: an empty backup proves nothing", all->place, all->prefix);
	return code;
}

/* ---- each of them ---- */

static FILE *
open_keys (const struct drilling *all)
{
	int fd = file_open_beneath (all->folder, drill_keys_name (all), O_RDONLY, 0);
	FILE *file = fd >= 0 ? fdopen (fd, "r") : NULL;
	if (fd >= 0 && !file)
		close (fd);
	return file;
}

int
drill_each_key (struct drilling *all, drill_key_fn each, struct larder_error *error)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	int code = 0;
	FILE *file = open_keys (all);
	if (!file)
		return larder_fail_next (error, LARDER_E_INTEGRITY, "begin anew: another --sample, or none, does", "the list of keys of the drill of '%s' is gone", all->asked.what);
	while (code == 0 && getline (&line, &room, file) > 0) {
		line[strcspn (line, "\n")] = '\0';
		arena_clear (all->each);
		if (larder_is_cancelled (all->larder))
			code = larder_fail_cancelled (error);
		else if (text_from_percent (line))
			code = each (all, line, error);
	}
	(void) fclose (file);
	return code;
}

bool
drill_is_there (int root, const char *key)
{
	CLEANUP_CLOSE int fd = file_open_beneath (root, key, O_PATH | O_NOFOLLOW, 0);
	return fd >= 0;
}
