/* walk.c: the keys of a bucket in byte order, in flat memory.
 *
 * In each folder a bounded heap selects the smallest names above the last one; when they are used up and the
 * folder had more, it is read again. Key order is name order because of the rule in key-path.c. */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"

struct entry {
	enum key_name kind;
	size_t length;                  /* of the piece of the key */
	const char *name;               /* on disk */
	char text[];                    /* piece of the key, then name */
};

static int
compare_text (const char *a, size_t a_length, const char *b, size_t b_length)
{
	int order = memcmp (a, b, a_length < b_length ? a_length : b_length);
	return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int
compare_entries (const void *a, const void *b)
{
	const struct entry *left = *(struct entry *const *) a, *right = *(struct entry *const *) b;
	return compare_text (left->text, left->length, right->text, right->length);
}

static bool
starts_with (const char *text, size_t length, const char *head)
{
	size_t count = strlen (head);
	return length >= count && memcmp (text, head, count) == 0;
}

/* May walk->key[0 … length) be, or with a folder hold, a key that is asked for? */
static bool
is_wanted (const struct walk *walk, size_t length, bool file)
{
	const char *key = walk->key;
	if (*walk->skip && starts_with (key, length, walk->skip))
		return false;
	bool within = starts_with (key, length, walk->prefix);
	if (file ? !within : !within && strncmp (walk->prefix, key, length) != 0)
		return false;
	if (!walk->after)
		return true;
	int order = compare_text (key, length, walk->after, strlen (walk->after));
	return order > 0 || (order == 0 && (!file || walk->inclusive)) || (!file && strncmp (walk->after, key, length) == 0);
}

/* ---- the heap: the largest entry on top ---- */

static void
sift_up (struct entry **heap, size_t at)
{
	for (size_t up; at > 0 && compare_entries (&heap[up = (at - 1) / 2], &heap[at]) < 0; at = up) {
		struct entry *swapped = heap[up];
		heap[up] = heap[at];
		heap[at] = swapped;
	}
}

static void
sift_down (struct entry **heap, size_t count)
{
	for (size_t at = 0, down; (down = 2 * at + 1) < count; at = down) {
		if (down + 1 < count && compare_entries (&heap[down], &heap[down + 1]) < 0)
			down++;
		if (compare_entries (&heap[at], &heap[down]) >= 0)
			return;
		struct entry *swapped = heap[at];
		heap[at] = heap[down];
		heap[down] = swapped;
	}
}

static struct entry *
entry_new (enum key_name kind, const char *text, size_t length, const char *name)
{
	size_t count = strlen (name) + 1;
	struct entry *entry = malloc (sizeof *entry + length + count);
	if (!entry)
		return NULL;
	entry->kind = kind;
	entry->length = length;
	memcpy (entry->text, text, length);
	entry->name = memcpy (entry->text + length, name, count);
	return entry;
}

/* Keep the entry if it is among the smallest. */
static int
offer (struct walk *walk, struct frame *frame, enum key_name kind, const char *text, size_t length, const char *name)
{
	bool full = frame->count == walk->batch;
	if (full) {
		frame->more = true;
		const struct entry *largest = frame->entries[0];
		if (compare_text (text, length, largest->text, largest->length) >= 0)
			return 0;
	}
	struct entry *entry = entry_new (kind, text, length, name);
	if (!entry)
		return -1;
	if (full) {
		free (frame->entries[0]);
		frame->entries[0] = entry;
		sift_down (frame->entries, frame->count);
	} else {
		frame->entries[frame->count++] = entry;
		sift_up (frame->entries, frame->count - 1);
	}
	return 0;
}

/* ---- folders ---- */

static int
scan_names (struct walk *walk, struct frame *frame, DIR *folder, const struct entry *last, struct larder_error *error)
{
	for (;;) {
		char text[KEY_FRAGMENT_ROOM];
		size_t length;
		errno = 0;
		const struct dirent *found = readdir (folder);
		if (!found)
			return errno ? larder_fail_errno (error, errno, "cannot list bucket '%s'", walk->bucket->name) : 0;
		enum key_name kind = key_name_decode (found->d_name, text, &length);
		if (kind == KEY_NAME_FOREIGN || frame->key + length > KEY_MOST)
			continue;
		if (last && compare_text (text, length, last->text, last->length) <= 0)
			continue;
		memcpy (walk->key + frame->key, text, length);
		walk->key[frame->key + length] = '\0';
		if (is_wanted (walk, frame->key + length, kind == KEY_NAME_FILE) && offer (walk, frame, kind, text, length, found->d_name) < 0)
			return larder_fail_memory (error);
	}
}

static void
frame_clear (struct frame *frame)
{
	while (frame->count > 0)
		free (frame->entries[--frame->count]);
	frame->next = 0;
}

/* The next batch of a folder, above its last one. */
static int
scan (struct walk *walk, struct frame *frame, struct larder_error *error)
{
	struct entry *last = frame->count > 0 ? frame->entries[--frame->count] : NULL;
	frame_clear (frame);
	frame->more = false;
	walk->path[frame->path] = '\0';
	int code = mock_cancelled (walk->bucket->call, error);
	int fd = code < 0 ? code : file_open_beneath (walk->bucket->truth, walk->path, O_RDONLY | O_DIRECTORY, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (folder) {
		code = scan_names (walk, frame, folder, last, error);
		closedir (folder);
	} else if (code == 0 && fd != -ENOENT) {
		code = larder_fail_errno (error, fd < 0 ? -fd : errno, "cannot list bucket '%s'", walk->bucket->name);
		cleanup_close_at (&fd);
	}
	free (last);
	qsort (frame->entries, frame->count, sizeof *frame->entries, compare_entries);
	return code;
}

static int
enter (struct walk *walk, size_t key, size_t path, struct larder_error *error)
{
	if (walk->depth == walk->room) {
		size_t room = walk->room ? 2 * walk->room : 8;
		struct frame *frames = realloc (walk->frames, room * sizeof *frames);
		if (!frames)
			return larder_fail_memory (error);
		walk->frames = frames;
		walk->room = room;
	}
	struct frame *frame = &walk->frames[walk->depth];
	*frame = (struct frame) { .key = key, .path = path, .entries = calloc (walk->batch, sizeof *frame->entries) };
	if (!frame->entries)
		return larder_fail_memory (error);
	walk->depth++;
	return scan (walk, frame, error);
}

static void
leave (struct walk *walk)
{
	struct frame *frame = &walk->frames[--walk->depth];
	frame_clear (frame);
	free (frame->entries);
}

/* ---- the walk ---- */

int
walk_begin (struct walk *walk, struct larder_error *error)
{
	char folders[KEY_PATH_ROOM];
	int taken = key_path_folders (walk->prefix, folders);
	if (taken < 0)
		return 0;                       /* no key is that long */
	memcpy (walk->key, walk->prefix, (size_t) taken);
	snprintf (walk->path, sizeof walk->path, "meta/%s", folders);
	return enter (walk, (size_t) taken, strlen (walk->path), error);
}

int
walk_next (struct walk *walk, struct larder_error *error)
{
	while (walk->depth > 0) {
		struct frame *frame = &walk->frames[walk->depth - 1];
		if (frame->next == frame->count) {
			if (!frame->more) {
				leave (walk);
				continue;
			}
			int code = scan (walk, frame, error);
			if (code < 0)
				return code;
			continue;
		}
		const struct entry *entry = frame->entries[frame->next++];
		size_t length = frame->key + entry->length;
		memcpy (walk->key + frame->key, entry->text, entry->length);
		walk->key[length] = '\0';
		if (!is_wanted (walk, length, entry->kind == KEY_NAME_FILE))
			continue;               /* `skip` may have changed since */
		if (entry->kind == KEY_NAME_FILE)
			return 1;
		int count = snprintf (walk->path + frame->path, sizeof walk->path - frame->path, "%s/", entry->name);
		if (count < 0 || (size_t) count >= sizeof walk->path - frame->path)
			continue;
		int code = enter (walk, length, frame->path + (size_t) count, error);
		if (code < 0)
			return code;
	}
	return 0;
}

void
walk_end (struct walk *walk)
{
	while (walk->depth > 0)
		leave (walk);
	free (walk->frames);
	walk->frames = NULL;
	walk->room = 0;
}
