/* job.c: see job.h. */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "json.h"
#include "json-text.h"
#include "text.h"

#define END "end\n"
#define OVER 'o'                 /* JOB_WANTED again: its copy's days are over */
enum { HEAD_MOST = 64 << 10, LINE_MOST = 1 << 20 };

int
restore_folder (const char *state, struct larder_error *error)
{
	CLEANUP_FREE char *path = NULL;
	if (!state)
		return larder_fail_next (error, LARDER_E_INVALID, "--state FOLDER, or set HOME", "there is no folder to keep the state of a restore in");
	if (asprintf (&path, "%s/restores", state) < 0)
		return larder_fail_memory (error);
	return file_open_made (path, 0700, error);
}

/* ---- writing ---- */

static int
write_line (struct job *job, const char *state, const char *text, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, LINE_MOST);
	buffer_printf (&line, "%s%s\n", state, text);
	return line.failed ? larder_fail_memory (error) : file_draft_write (&job->draft, line.at, line.length, error);
}

int
restore_begin (struct job *job, int folder, const char *id, json_t *head, struct larder_error *error)
{
	CLEANUP_FREE char *text = json_dumps (head, JSON_COMPACT);
	snprintf (job->id, sizeof job->id, "%s", id);
	job->folder = folder;
	int code = text ? file_draft_begin (&job->draft, folder, id, 0600, true, error) : larder_fail_memory (error);
	return code < 0 ? code : write_line (job, "", text, error);
}

static void
put_only (struct json *json, const json_t *only)
{
	size_t n;
	json_t *offset;
	json_put_name (json, "only");
	json_put_array (json);
	json_array_foreach (only, n, offset)
		json_put_uint (json, (uint64_t) json_integer_value (offset));
	json_put_array_end (json);
}

int
restore_add (struct job *job, const struct job_object *object, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	struct json json;
	const char state[] = { (char) object->state, ' ', '\0' };
	buffer_init (&text, LINE_MOST);
	json_begin (&json, &text);
	json_put_object (&json);
	json_member_bytes (&json, "key", object->key);
	json_member (&json, "version", object->version);
	json_member (&json, "etag", object->etag);
	json_member (&json, "class", object->storage_class);
	json_member_uint (&json, "length", object->length);
	if (object->bundle)
		json_member_bool (&json, "bundle", true);
	if (object->only)
		put_only (&json, object->only);
	json_put_object_end (&json);
	return text.failed ? larder_fail_memory (error) : write_line (job, state, text.at, error);
}

int
restore_end (struct job *job, struct larder_error *error)
{
	int code = file_draft_write (&job->draft, END, strlen (END), error);
	if (code == 0)
		code = file_draft_publish (&job->draft, FILE_REPLACE, error);
	return code < 0 ? code : restore_open (job, job->folder, job->id, false, error);
}

/* ---- reading ---- */

static int
damaged (const struct job *job, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "remove that file, and ask for the restore again: what is restored or on its way is found so", "the state of restore %s is damaged", job->id);
}

static bool
is_whole (int fd)
{
	char end[sizeof END] = "";
	off_t size = lseek (fd, 0, SEEK_END);
	return size >= (off_t) strlen (END) && file_pread_all (fd, end, strlen (END), (uint64_t) size - strlen (END)) == (int64_t) strlen (END) && strcmp (end, END) == 0;
}

static int
read_head (struct job *job, struct larder_error *error)
{
	char text[HEAD_MOST];
	int64_t got = file_pread_all (job->fd, text, sizeof text - 1, 0);
	char *end = got > 0 ? memchr (text, '\n', (size_t) got) : NULL;
	if (!end || !is_whole (job->fd))
		return damaged (job, error);
	*end = '\0';
	job->first = end + 1 - text;
	job->head = json_loads (text, JSON_REJECT_DUPLICATES, NULL);
	return job->head ? 0 : damaged (job, error);
}

int
restore_open (struct job *job, int folder, const char *id, bool looked, struct larder_error *error)
{
	if (id != job->id)
		snprintf (job->id, sizeof job->id, "%s", id);
	job->folder = folder;
	if (!*id || strspn (id, "0123456789abcdef") != strlen (id))
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder archive status lists them", "no restore is called '%s'", id);
	job->fd = openat (folder, id, (looked ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC);
	if (job->fd < 0 && errno == ENOENT)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder archive status lists them", "no restore is called '%s'", id);
	if (job->fd < 0)
		return larder_fail_errno (error, errno, "cannot open the state of restore %s", id);
	if (!looked && flock (job->fd, LOCK_EX | LOCK_NB) < 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder archive status tells how far it is", "another process is at restore %s", id);
	return read_head (job, error);
}

void
restore_close (struct job *job)
{
	file_draft_abort (&job->draft);
	if (job->fd >= 0)
		close (job->fd);
	json_decref (job->head);
	job->fd = -1;
	job->head = NULL;
}

const char *
restore_text (const struct job *job, const char *name)
{
	const char *text = json_string_value (json_object_get (job->head, name));
	return text ? text : "";
}

static int
read_object (const struct job *job, struct larder_arena *arena, const char *line, int64_t at, job_object_fn each, void *context, struct larder_error *error)
{
	json_t *parsed = line[0] && line[1] == ' ' ? json_loads (line + 2, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const struct job_object object = {
		.at = at, .state = line[0] == OVER ? JOB_WANTED : (enum job_state) line[0], .paid = strchr ("ardo", line[0]), .key = json_text (arena, parsed, "key"), .version = json_string_value (json_object_get (parsed, "version")),
		.etag = json_string_value (json_object_get (parsed, "etag")), .storage_class = json_string_value (json_object_get (parsed, "class")),
		.length = (uint64_t) json_integer_value (json_object_get (parsed, "length")), .bundle = json_is_true (json_object_get (parsed, "bundle")), .only = json_object_get (parsed, "only"),
	};
	int code = object.key && strchr ("wardpfo", line[0]) ? each (context, &object, error) : damaged (job, error);
	json_decref (parsed);
	return code;
}

int
restore_each (const struct job *job, job_object_fn each, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	ssize_t got;
	int64_t at = job->first;
	int code = arena ? 0 : larder_fail_memory (error), fd = dup (job->fd);
	FILE *file = fd >= 0 ? fdopen (fd, "r") : NULL;
	if (code == 0 && (!file || fseeko (file, at, SEEK_SET) < 0))
		code = larder_fail_errno (error, errno, "cannot read the state of restore %s", job->id);
	while (code == 0 && (got = getline (&line, &room, file)) > 0 && strcmp (line, END) != 0) {
		arena_clear (arena);
		code = read_object (job, arena, line, at, each, context, error);
		at += got;
	}
	if (file)
		(void) fclose (file);
	else if (fd >= 0)
		close (fd);
	return code;
}

int
restore_set (const struct job *job, const struct job_object *object, enum job_state state, struct larder_error *error)
{
	char letter = state == JOB_WANTED && object->paid ? OVER : (char) state;
	int status = object->state == state ? 0 : file_pwrite_all (job->fd, &letter, 1, (uint64_t) object->at);
	return status < 0 ? larder_fail_errno (error, -status, "cannot write the state of restore %s", job->id) : 0;
}

enum job_state
restore_seen (const struct job_object *object, const struct larder_info *info)
{
	if (object->etag && info->etag && strcmp (object->etag, info->etag) != 0)
		return JOB_FAILED;
	return info->restore_state == LARDER_RESTORE_DONE ? JOB_READY : info->restore_state == LARDER_RESTORE_RUNNING ? JOB_ASKED : JOB_WANTED;
}

void
restore_drop (const struct job *job)
{
	(void) unlinkat (job->folder, job->id, 0);
}

struct larder_archive_job
restore_facts (const struct job *job, const uint64_t states[128], uint64_t objects, uint64_t bytes)
{
	int64_t begun = 0;
	(void) text_time (restore_text (job, "begun"), &begun);
	return (struct larder_archive_job) {
		.size = sizeof (struct larder_archive_job), .id = job->id, .begun = begun, .store = restore_text (job, "store"), .tier = restore_text (job, "tier"),
		.to = *restore_text (job, "to") ? restore_text (job, "to") : NULL, .days = (uint32_t) json_integer_value (json_object_get (job->head, "days")), .objects = objects, .bytes = bytes,
		.wanted = states[JOB_WANTED], .asked = states[JOB_ASKED], .ready = states[JOB_READY] + states[JOB_PLAIN], .fetched = states[JOB_FETCHED], .failed = states[JOB_FAILED],
	};
}
