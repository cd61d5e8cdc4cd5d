/* resources.c: infrastructure as files: a bucket with its settings beside its truth, all else below .larder-resources/ of the root. */
#include "mock.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "bucket-name.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "lines-file.h"
#include "resource-paths.h"
#include "tiering.h"
#include "traps.h"
#include "words.h"

#define RESOURCES ".larder-resources/"

/* ---- a bucket: its versioning lives in its state ---- */

static int
read_settings (const struct bucket *bucket, struct larder_arena *arena, struct lines *ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer url;
	lines_begin (ret, arena);
	buffer_init (&url, (size_t) 16 << 10);
	mock_address (bucket->mock, bucket->name, &url);
	ret->failed = url.failed;
	lines_add (ret, "url", buffer_text (&url));
	lines_add (ret, "arn", bucket->name);
	lines_add (ret, "domain", bucket->name);
	lines_add (ret, "id", bucket->name);
	lines_add (ret, "versioning", bucket->versioning ? "yes" : bucket->suspended ? "no" : NULL);
	int code = lines_file_read (bucket->top, SETTINGS, ret, error);
	return code < 0 ? code : lines_sort (ret, error);
}

static int
bucket_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
             struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	struct larder_error why = LARDER_ERROR_INIT;
	struct lines lines;
	if (!arena)
		return larder_fail_memory (error);
	int code = bucket_open (self, call, resource->identity, false, &bucket, &why);
	*ret_state = code == LARDER_E_NOTFOUND ? LARDER_RESOURCE_ABSENT : LARDER_RESOURCE_READY;
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code == 0)
		code = read_settings (&bucket, arena, &lines, &why);
	if (code < 0 && error)
		larder_give (error, &why);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

static int
set_bucket (struct mock *mock, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	struct lines desired, rest;
	if (!arena)
		return larder_fail_memory (error);
	lines_begin (&desired, arena);
	lines_begin (&rest, arena);
	int code = lines_take (&desired, resource->desired, error);
	const char *versioning = code < 0 ? NULL : lines_value (&desired, "versioning");
	for (size_t n = 0; n < desired.count; n++)
		if (strcmp (desired.at[n].path, "versioning") != 0)
			lines_add (&rest, desired.at[n].path, desired.at[n].value);
	if (code == 0)
		code = lines_sort (&rest, error);
	if (code == 0)
		code = bucket_open (mock, call, resource->identity, true, &bucket, error);
	if (code == 0)
		code = lines_file_write (bucket.top, SETTINGS, &rest, mock->fsync, error);
	if (code < 0 || (!versioning && !bucket.versioning))
		return code;
	return bucket_set_versioning (&bucket, versioning && strcmp (versioning, "yes") == 0, error);
}

static int
bucket_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	struct mock making = *(struct mock *) self;
	making.create = true;
	return set_bucket (&making, call, resource, error);
}

static int
bucket_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	return set_bucket (self, call, resource, error);
}

static int
any_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	(void) info, (void) error;
	*(bool *) context = true;
	return 0;
}

static int
bucket_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	bool any = false;
	struct larder_page page = { .size = sizeof page };
	const struct larder_list request = { .size = sizeof request, .bucket = resource->identity, .prefix = "", .delimiter = "", .most = 1, .versions = true };
	struct mock looking = *(struct mock *) self;
	struct larder_error why = LARDER_ERROR_INIT;
	looking.create = false;
	int code = mock_list (&looking, call, &request, any_item, &any, &page, &why);
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code == 0 && any)
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder rm -r --all-versions STORE: empties it, when all of it is to go", "bucket '%s' holds objects", resource->identity);
	if (code < 0) {
		if (error)
			larder_give (error, &why);
		return code;
	}
	return bucket_unmake (&looking, call, resource->identity, error);
}

static int
bucket_supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	(void) self;
	if (!line)
		return bucket_name_check (resource->identity, true, error);
	return line->value && strcmp (line->path, "tiering") == 0 ? tiering_check (line->value, error) : 0;
}

/* ---- all other types ---- */

int
resource_path (const char *type, const char *identity, char ret[512], struct larder_error *error)
{
	char folder[64];
	snprintf (folder, sizeof folder, RESOURCES "%s", type);
	return lines_file_path (folder, identity, ret, error);
}

/* What reads as an identity of its own is another than what reads by its address. */
static const char *
principal_of (const struct lines *lines, const char *id)
{
	for (size_t n = 0; n < lines->count; n++)
		if (path_matches ("origin[*].access", lines->at[n].path) && strcmp (lines->at[n].value, "oai") == 0)
			return arena_printf (lines->arena, "%s as oai", id);
	return id;
}

/* Copies under a role of ours that no section asks for any more. */
static int
tell_own (const struct larder_resource *resource, struct lines *lines, struct larder_error *error)
{
	struct lines asked;
	const char *role = resource->desired && strcmp (resource->type, "replication") == 0 ? lines_value (lines, "role") : NULL;
	lines_begin (&asked, lines->arena);
	int code = role ? lines_take (&asked, resource->desired, error) : 0;
	if (code == 0 && role && strcmp (role, "auto") == 0 && !lines_find (&asked, "role"))
		copies_are_ours (lines, role);
	return code;
}

static int
settings_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
               struct larder_error *error)
{
	char path[512], id[600];
	struct lines lines;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int root = mock_root (self);
	int code = arena ? mock_cancelled (call, error) : larder_fail_memory (error);
	if (code == 0)
		code = resource_path (resource->type, resource->identity, path, error);
	if (code < 0)
		return code;
	lines_begin (&lines, arena);
	code = root < 0 ? 0 : lines_file_read (root, path, &lines, error);
	*ret_state = code > 0 ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	if (code <= 0)
		return code;
	code = tell_own (resource, &lines, error);
	if (code < 0)
		return code;
	snprintf (id, sizeof id, "mock:%s", path + strlen (RESOURCES));
	lines_add (&lines, "domain", id);
	lines_add (&lines, "id", id);
	lines_add (&lines, "principal", principal_of (&lines, id));
	code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

static int
settings_write (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	const struct mock *mock = self;
	char path[512];
	struct lines lines;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	int code = arena ? mock_cancelled (call, error) : larder_fail_memory (error);
	if (code == 0)
		code = mock_refuse_read_only (mock, error);
	if (code == 0)
		code = resource_path (resource->type, resource->identity, path, error);
	lines_begin (&lines, arena);
	if (code == 0)
		code = lines_take (&lines, resource->desired, error);
	CLEANUP_CLOSE int root = code < 0 ? code : mock_root_made (mock, error);
	if (root < 0)
		return root;
	return lines.count ? lines_file_write (root, path, &lines, mock->fsync, error) : lines_file_remove (root, path, error);
}

static int
settings_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	char path[512];
	(void) call;
	CLEANUP_CLOSE int root = mock_root (self);
	int code = mock_refuse_read_only (self, error);
	if (code == 0)
		code = resource_path (resource->type, resource->identity, path, error);
	return code < 0 || root < 0 ? code : lines_file_remove (root, path, error);
}

/* As RDS does. */
static int
database_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	char path[512];
	struct lines lines;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int root = mock_root (self);
	int code = arena ? resource_path (resource->type, resource->identity, path, error) : larder_fail_memory (error);
	if (code < 0 || root < 0)
		return code;
	lines_begin (&lines, arena);
	code = lines_file_read (root, path, &lines, error);
	const char *kept = code > 0 ? lines_value (&lines, "deletion-protection") : NULL;
	if (kept && strcmp (kept, "yes") == 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "protect = no, and larder infra apply, when it is really to go", "database '%s' has deletion protection", resource->identity);
	return code < 0 ? code : settings_remove (self, call, resource, error);
}

static int
no_line (void *context, const struct larder_line *line, struct larder_error *error)
{
	(void) context, (void) line, (void) error;
	return 0;
}

int
mock_has_resource (struct mock *mock, struct larder_call *call, const char *type, const char *identity, bool *ret, struct larder_error *error)
{
	const struct larder_resource resource = { .size = sizeof resource, .type = type, .identity = identity };
	uint32_t state = LARDER_RESOURCE_ABSENT;
	int code = settings_read (mock, call, &resource, no_line, NULL, &state, error);
	*ret = state != LARDER_RESOURCE_ABSENT;
	return code;
}

/* ---- what there is ---- */

#define PATHS(list) .paths = list, .path_stride = sizeof (struct larder_path_rule)
#define WORDS(list) .words = list, .words_stride = sizeof *list
#define TRAPS(list) .traps = list, .trap_stride = sizeof *list, .known_traps = known_traps
#define KEPT .read = settings_read, .create = settings_write, .update = settings_write
#define FILES KEPT, .remove = settings_remove
const struct larder_resource_type mock_resources[] = {
	{ .name = "bucket", .summary = "a bucket and its settings", PATHS (bucket_paths), TRAPS (bucket_traps), WORDS (bucket_words), .read = bucket_read, .create = bucket_create, .update = bucket_update, .remove = bucket_remove,
	  .supports = bucket_supports },
	{ .name = "access", .summary = "who may read a bucket", PATHS (access_paths), FILES },
	{ .name = "replication", .summary = "what is copied from a bucket", PATHS (replication_paths), TRAPS (replication_traps), WORDS (replication_words), FILES },
	{ .name = "cdn", .summary = "what serves a bucket", PATHS (cdn_paths), TRAPS (cdn_traps), WORDS (cdn_words), FILES },
	{ .name = "backup", .summary = "what is backed up, and when", PATHS (backup_paths), TRAPS (backup_traps), WORDS (backup_words), FILES },
	{ .name = "database", .summary = "how a database is protected", PATHS (database_paths), TRAPS (database_traps), WORDS (database_words), KEPT, .remove = database_remove },
	{ 0 }
};
