/* manifest-keep.c: manifests into their store; and those that could not go there, below the state folder until a run can put them. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "journal.h"
#include "store.h"
#include "text.h"
#include <larder/driver.h>

/* Where the storage decides no conditions, a name with 64 random bits is nobody else's all the same. */
int
manifest_put (const struct manifest_place *place, const char *name, const struct larder_source *source, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *key = arena ? arena_printf (arena, "%s%s", place->prefix, name) : NULL;
	uint64_t caps = store_caps (place->store);
	struct larder_info info = { .size = sizeof info };
	const struct larder_put put = {
		.size = sizeof put, .key = key, .create_only = caps & LARDER_CAP_CREATE_ONLY,
		.attributes = { .size = sizeof put.attributes, .storage_class = caps & LARDER_CAP_CLASSES ? "STANDARD" : NULL },
	};
	return key ? store_put_last (place->store, arena, &put, source, &info, error) : larder_fail_memory (error);
}

/* One folder a place: another profile's run has nothing to do with it. -1: there is none. */
static int
open_folder (const struct manifest_place *place, bool make)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();        /* that of the place is one thread's */
	const char *address = arena ? journal_address (place->store, arena, place->prefix) : NULL;
	return address ? file_state_folder (larder_state (store_larder (place->store)), "manifests", address, make) : -1;
}

struct copying { struct file_draft *draft; };

static int
add_piece (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	const struct copying *copying = context;
	return file_draft_write (copying->draft, bytes, count, error);
}

int
manifest_keep (const struct manifest_place *place, const char *name, const struct larder_source *source, struct larder_error *error)
{
	CLEANUP_DRAFT struct file_draft draft = FILE_DRAFT_NONE;
	CLEANUP_CLOSE int folder = open_folder (place, true);
	struct copying copying = { &draft };
	if (folder < 0)
		return larder_fail (error, LARDER_E_NOTFOUND, "no folder for state");
	int code = file_draft_begin (&draft, folder, name, 0600, true, error);
	if (code == 0)
		code = source_each (source, add_piece, &copying, error);
	return code == 0 ? file_draft_publish (&draft, FILE_REPLACE, error) : code;
}

struct delivery { const struct manifest_place *place; int folder; };

/* Put by another process, or by one that died before it could take it away here. CONFLICT has other reasons, too. */
static bool
is_there (const struct manifest_place *place, const char *name, uint64_t length)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *key = arena ? arena_printf (arena, "%s%s", place->prefix, name) : NULL;
	struct larder_info info = { .size = sizeof info };
	return key && larder_stat (place->store, arena, key, NULL, &info, NULL) == 0 && info.length == length;
}

static int
deliver_one (void *context, const char *name, struct larder_error *error)
{
	const struct delivery *delivery = context;
	struct file_source file;
	struct larder_source source;
	struct larder_error why = LARDER_ERROR_INIT;
	if (*name == '.' || !text_ends (name, ".ndjson"))
		return 0;
	CLEANUP_CLOSE int fd = file_open_beneath (delivery->folder, name, O_RDONLY | O_NOCTTY, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : larder_fail_errno (error, -fd, "cannot read the manifest '%s' that an earlier run could not write", name);
	int code = file_source_begin (&file, fd, name, &source, error);
	if (code < 0)
		return code;
	code = manifest_put (delivery->place, name, &source, &why);
	if (code == 0 || (code == LARDER_E_CONFLICT && is_there (delivery->place, name, source.length))) {
		(void) file_unlink_beneath (delivery->folder, name);
		return 0;
	}
	return larder_fail_next (error, code, "it still waits: put that right and run it again, which writes it too", "the manifest '%s%s%s', which an earlier run could not write, cannot be written: %s",
		store_prefix (delivery->place->store), delivery->place->prefix, name, why.message);
}

int
manifest_deliver (const struct manifest_place *place, struct larder_error *error)
{
	CLEANUP_CLOSE int folder = open_folder (place, false);
	struct delivery delivery = { place, folder };
	return folder < 0 ? 0 : file_each_name (folder, ".", deliver_one, &delivery, error);
}
