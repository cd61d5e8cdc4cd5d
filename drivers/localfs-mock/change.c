/* change.c: changing one key.
 *
 * Writers of a key hold one of 64 lock files, chosen by the key's hash; a kill frees it. The commit is the
 * rename of the record (or its removal). Before it, the lock file names all bytes that may be left without a
 * record, whichever way it ends; who takes the lock next finds that note, if the writer died, and tidies up. */
#include "mock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"

#define LOCKS 64
#define NOTE_MOST 65536

/* ---- the lock ---- */

int
mock_lock (struct larder_call *call, int fd, const char *what, const char *in, struct larder_error *error)
{
	for (long wait = 100000; flock (fd, LOCK_EX | LOCK_NB) < 0; wait = wait < 5000000 ? wait * 2 : wait) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot lock '%s' in '%s'", what, in);
		int code = mock_cancelled (call, error);
		if (code < 0)
			return code;
		(void) nanosleep (&(struct timespec) { .tv_nsec = wait }, NULL);
	}
	return 0;
}

static int
lock_take (struct bucket *bucket, const char *key, struct larder_error *error)
{
	char name[16];
	snprintf (name, sizeof name, "lock/%02u", (unsigned) (crc64nvme (0, key, strlen (key)) % LOCKS));
	CLEANUP_CLOSE int fd = file_open_beneath (bucket->truth, name, O_RDWR | O_CREAT, 0666);
	if (fd < 0)
		return larder_fail_errno (error, -fd, "cannot lock '%s' in '%s'", key, bucket->name);
	int code = mock_lock (bucket->call, fd, key, bucket->name, error), held = fd;
	if (code < 0)
		return code;
	fd = -1;
	return held;
}

/* ---- the note in it ---- */

static bool
holds (const struct record *record, const char *data)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->versions[i].data && strcmp (record->versions[i].data, data) == 0)
			return true;
	return false;
}

static int
note_write (const struct change *change, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer note;
	buffer_init (&note, (size_t) 16 << 20);
	buffer_printf (&note, "%s\n", change->path);
	for (size_t i = 0; i < change->record.count; i++)
		if (change->record.versions[i].data && !holds (&change->before, change->record.versions[i].data))
			buffer_printf (&note, "%s\n", change->record.versions[i].data);
	for (size_t i = 0; i < change->before.count; i++)
		if (change->before.versions[i].data && !holds (&change->record, change->before.versions[i].data))
			buffer_printf (&note, "%s\n", change->before.versions[i].data);
	if (change->damaged && !change->bucket->versioning && !change->bucket->suspended)
		data_names (change->bucket, change->path, 0, &note);    /* where there are no versions, old bytes go as ever */
	buffer_add_text (&note, "end\n");
	if (note.failed)
		return larder_fail_memory (error);
	int64_t put = pwrite (change->lock, note.at, note.length, 0);
	if (put != (int64_t) note.length)
		return larder_fail_errno (error, put < 0 ? errno : ENOSPC, "cannot note a change of '%s' in bucket '%s'", change->record.key,
		                          change->bucket->name);
	return 0;
}

/* What is said of the key now, or that nothing is, stays so. */
static int
record_sync (const struct bucket *bucket, const char *path, struct larder_error *error)
{
	char folder[PATH_ROOM];
	if (!bucket->mock->fsync)
		return 0;
	meta_path (path, folder);
	*strrchr (folder, '/') = '\0';
	CLEANUP_CLOSE int fd = file_open_beneath (bucket->truth, folder, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -ENOENT)              /* the last object of the folder went; trimmed after its sync */
		return 0;
	int errnum = fd < 0 ? -fd : fsync (fd) < 0 ? errno : 0;
	return errnum ? larder_fail_errno (error, errnum, "cannot make the record '%s' of bucket '%s' durable", path, bucket->name) : 0;
}

/* The readable file becomes what the record says; then bytes without a record go. */
static int
note_settle (struct bucket *bucket, char *note, bool durable, struct larder_arena *arena, struct larder_error *error)
{
	char *path = note, *line = strchr (note, '\n');
	struct record record;
	if (!line || !strstr (line, "\nend\n"))
		return 0;
	*line++ = '\0';
	int code = durable ? 0 : record_sync (bucket, path, error);
	if (code < 0)
		return code;
	if (record_load (bucket, path, arena, &record, NULL) < 0)
		return 0;
	readable_set (bucket, path, &record, line);
	for (char *newline; (newline = strchr (line, '\n')) && strncmp (line, "end\n", 4) != 0; line = newline + 1) {
		char data[PATH_ROOM];
		*newline = '\0';
		data_path (path, line, data);
		if (!holds (&record, line) && file_unlink_beneath (bucket->truth, data) == 0 && record.count == 0)
			file_trim_parents (bucket->truth, data);
	}
	return 0;
}

/* `durable`: the change is, for certain. A note whose change cannot be made so stays for the next. */
static int
note_finish (struct bucket *bucket, int lock, bool durable, struct larder_arena *arena, struct larder_error *error)
{
	CLEANUP_FREE char *note = calloc (1, NOTE_MOST + 1);
	if (!note)
		return larder_fail_memory (error);
	int64_t got = file_pread_all (lock, note, NOTE_MOST, 0);
	if (got <= 0)
		return 0;
	int code = note_settle (bucket, note, durable, arena, error);
	if (code == 0)
		(void) ftruncate (lock, 0);
	return code;
}

/* ---- changes ---- */

int
change_begin (struct bucket *bucket, const char *key, bool replace, struct change *ret, struct larder_error *error)
{
	*ret = (struct change) { .bucket = bucket, .lock = -1, .arena = arena_new () };
	if (!ret->arena)
		return larder_fail_memory (error);
	int code = bucket_key (bucket, key, ret->path, error);
	if (code == 0)
		code = ret->lock = lock_take (bucket, key, error);
	if (code >= 0)
		code = note_finish (bucket, ret->lock, false, ret->arena, error);
	if (code < 0)
		return code;
	struct larder_error why = LARDER_ERROR_INIT;
	code = record_load (bucket, ret->path, ret->arena, &ret->record, &why);
	if (code == LARDER_E_INTEGRITY && replace) {
		larder_host->log (LARDER_LOG_WARN, "the damaged record of '%s' in bucket '%s' is replaced", key, bucket->name);
		ret->damaged = true;
	} else if (code < 0) {
		if (error)
			larder_give (error, &why);
		return code;
	}
	ret->before = ret->record;
	ret->record.key = key;
	if (ret->record.count > 0) {
		ret->record.versions = arena_alloc (ret->arena, ret->record.count * sizeof *ret->record.versions);
		if (!ret->record.versions)
			return larder_fail_memory (error);
		memcpy (ret->record.versions, ret->before.versions, ret->record.count * sizeof *ret->record.versions);
	}
	return lifecycle_apply (bucket, ret->arena, &ret->record, error);
}

void
change_end (struct change *change)
{
	cleanup_close_at (&change->lock);
	arena_free (change->arena);
	*change = (struct change) CHANGE_NONE;
}

const struct version *
change_current (const struct change *change)
{
	return record_find (&change->record, NULL);
}

int
change_condition (const struct change *change, const struct larder_condition *condition, struct larder_error *error)
{
	const struct version *current = change_current (change);
	if (condition->create_only && current)
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' in bucket '%s' exists already", change->record.key, change->bucket->name);
	if (condition->if_match && !current)
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' in bucket '%s' is not there any more", change->record.key, change->bucket->name);
	if (condition->if_match && !etag_matches (current, condition->if_match))
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' in bucket '%s' has changed", change->record.key, change->bucket->name);
	return 0;
}

struct version *
change_push (struct change *change, struct larder_error *error)
{
	struct record *record = &change->record;
	if (!change->bucket->versioning)
		record_drop_null (record);
	int64_t now = larder_host->store_now ();
	const char *last = change->before.count && change->before.versions[0].data ? change->before.versions[0].data
	                   : change->before.count ? change->before.versions[0].id : NULL;
	char id[ID_ROOM];
	id_new (now, last, id);
	struct version *version = record_push (record, change->arena);
	char *data = arena_copy (change->arena, id);
	if (!version || !data)
		return larder_fail_memory (error), NULL;
	version->id = change->bucket->versioning ? data : "null";
	version->data = data;
	version->mtime = now;
	version->ahead = change->bucket->ahead;
	return version;
}

static int
record_remove (struct change *change, const char *path, struct larder_error *error)
{
	const struct bucket *bucket = change->bucket;
	char folder[PATH_ROOM];
	snprintf (folder, sizeof folder, "%.*s", (int) (strrchr (path, '/') - path), path);
	CLEANUP_CLOSE int at = file_open_beneath (bucket->truth, folder, O_RDONLY | O_DIRECTORY, 0);
	int errnum = at < 0 ? -at : unlinkat (at, strrchr (path, '/') + 1, 0) < 0 ? errno : 0;
	if (errnum == ENOENT)
		return 0;
	if (errnum)
		return larder_fail_errno (error, errnum, "cannot remove '%s' in bucket '%s'", change->record.key, bucket->name);
	if (bucket->mock->fsync && fsync (at) < 0)
		return larder_fail_errno (error, errno, "cannot make the removal of '%s' in bucket '%s' durable", change->record.key, bucket->name);
	file_trim_parents (bucket->truth, path);
	return 0;
}

static int
record_publish (struct change *change, struct larder_error *error)
{
	char path[PATH_ROOM];
	meta_path (change->path, path);
	if (change->record.count == 0)
		return record_remove (change, path, error);
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, RECORD_MOST);
	record_format (&change->record, &text);
	if (text.failed)
		return larder_fail (error, LARDER_E_LIMIT, "'%s' in bucket '%s' has too many versions", change->record.key, change->bucket->name);
	CLEANUP_TEMP struct temp temp = TEMP_NONE;
	int code = temp_open (change->bucket, &temp, error);
	if (code < 0)
		return code;
	code = file_write_all (temp.fd, text.at, text.length);
	if (code < 0)
		return larder_fail_errno (error, -code, "cannot write the record of '%s' in bucket '%s'", change->record.key, change->bucket->name);
	code = temp_settle (change->bucket, &temp, error);
	return code < 0 ? code : temp_place (change->bucket, &temp, path, error);
}

int
change_commit (struct change *change, struct temp *temp, struct larder_error *error)
{
	int code = note_write (change, error);
	if (code == 0 && temp) {
		char path[PATH_ROOM];
		data_path (change->path, change->record.versions[0].data, path);
		code = temp_place (change->bucket, temp, path, error);
	}
	if (code == 0)
		code = record_publish (change, error);
	int tidied = note_finish (change->bucket, change->lock, code == 0, change->arena, code == 0 ? error : NULL);
	return code < 0 ? code : tidied;
}

void
change_repair (struct bucket *bucket, const char *key)
{
	const struct version *current;
	struct stat shown, bytes;
	char path[KEY_PATH_ROOM], data[PATH_ROOM];
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct record record;
	if (bucket->mock->read_only || !arena || key_path_encode (key, path) < 0 || record_load (bucket, path, arena, &record, NULL) < 0
	    || !(current = record_find (&record, NULL)))
		return;
	data_path (path, current->data, data);
	if (fstatat (bucket->truth, data, &bytes, AT_SYMLINK_NOFOLLOW) < 0
	    || (fstatat (bucket->top, path, &shown, AT_SYMLINK_NOFOLLOW) == 0 && shown.st_ino == bytes.st_ino))
		return;
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	if (change_begin (bucket, key, false, &change, NULL) == 0 && change_current (&change))
		readable_set (bucket, change.path, &change.record, NULL);
}
