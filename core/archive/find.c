/* find.c: which objects a restore is for: what the addresses name, sorted, each once. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cleanup.h"
#include "error.h"
#include "index.h"
#include "sort.h"
#include "store.h"
#include "text.h"

#define WHOLE UINT64_MAX

typedef int (*address_fn) (void *context, const char *text, struct larder_error *error);
struct finding { struct restoring *all; struct sort *sort; struct wanted_list wanted; };

/* ---- addresses ---- */

static int
open_store (struct restoring *all, const struct larder_address *address, const char *text, struct larder_error *error)
{
	if (!address->store)
		return larder_fail_next (error, LARDER_E_INVALID, "STORE:KEY", "'%s' is in no store", text);
	if (all->store && strcmp (all->store_name, address->store) != 0)
		return larder_fail_next (error, LARDER_E_INVALID, "one restore for each store", "'%s' is not in '%s', as those before it are", text, all->store_name);
	if (all->store)
		return 0;
	all->store_name = arena_copy (all->arena, address->store);
	return all->store_name ? larder_store_open (all->larder, address->store, &all->store, error) : larder_fail_memory (error);
}

static int
each_line (const struct restoring *all, char *line, address_fn each, void *context, struct larder_error *error)
{
	size_t length = strcspn (line, "\n");
	line[length > 0 && line[length - 1] == '\r' ? length - 1 : length] = '\0';     /* as Windows ends a line */
	if (all->asked.flags & LARDER_ARCHIVE_EXACT && !text_from_percent (line))
		return larder_fail_next (error, LARDER_E_INVALID, "a percent sign is written %25", "'%s' in '%s' is not percent-encoded", line, all->asked.list);
	return *line ? each (context, line, error) : 0;
}

/* Each address of the request, of the words and then of the list; a code of `each` ends it, and 1, well. */
static int
each_address (struct restoring *all, address_fn each, void *context, struct larder_error *error)
{
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	int code = 0;
	for (size_t n = 0; code == 0 && n < all->asked.count; n++)
		code = each (context, all->asked.addresses[n], error);
	if (code != 0 || !all->asked.list)
		return code < 0 ? code : 0;
	FILE *file = fopen (all->asked.list, "re");
	if (!file)
		return larder_fail_errno (error, errno, "cannot read '%s'", all->asked.list);
	while (code == 0 && getline (&line, &room, file) > 0)
		code = each_line (all, line, each, context, error);
	if (code == 0 && ferror (file))
		code = larder_fail_errno (error, errno, "cannot read '%s'", all->asked.list);
	(void) fclose (file);
	return code < 0 ? code : 0;
}

static int
open_first (void *context, const char *text, struct larder_error *error)
{
	struct restoring *all = context;
	struct larder_address address = { .size = sizeof address };
	int code = larder_address_parse (all->larder, all->arena, text, &address, error);
	if (code == 0)
		code = open_store (all, &address, text, error);
	return code < 0 ? code : 1;
}

/* All that it is for lies in one store: which, the first address tells. */
int
find_store (struct restoring *all, struct larder_error *error)
{
	int code = each_address (all, open_first, all, error);
	return code < 0 || all->store ? code : larder_fail_next (error, LARDER_E_NOTFOUND, "an address a line: STORE:KEY", "'%s' names nothing", all->asked.list ? all->asked.list : "");
}

/* ---- an object, to be sorted ---- */

/* What goes with its key; behind it its version, etag and class, each with a NUL. */
struct record { uint64_t length, offset; bool there, bundle; };

/* Bundles come behind the rest, the oldest first: where a newer one has the same member, that is what stays. */
static int
add_record (struct finding *finding, const struct larder_info *info, bool bundle, uint64_t offset, struct larder_error *error)
{
	char key[4096], with[4096];
	struct record record = { .length = info->length, .offset = offset, .there = info->restore_state != LARDER_RESTORE_NONE, .bundle = bundle };
	const char *const texts[] = { info->version, info->etag, info->storage_class };
	size_t length = sizeof record;
	int sized = bundle ? snprintf (key, sizeof key, "1%020" PRIi64 "%s", info->mtime > 0 ? info->mtime : 0, info->key) : snprintf (key, sizeof key, "0%s", info->key);
	memcpy (with, &record, sizeof record);
	for (size_t n = 0; n < sizeof texts / sizeof *texts && length < sizeof with; n++)
		length += (size_t) snprintf (with + length, sizeof with - length, "%s", texts[n] ? texts[n] : "") + 1;
	if (sized >= (int) sizeof key || length > sizeof with)
		return larder_fail (error, LARDER_E_LIMIT, "what the store tells of '%s' is too long", info->key);
	return sort_add (finding->sort, key, with, length, error);
}

static int
add_listed (void *context, const struct larder_info *info, bool indexed, struct larder_error *error)
{
	struct finding *finding = context;
	return add_record (finding, info, indexed, WHOLE, error);
}

static int
add_below (struct finding *finding, const char *prefix, struct larder_error *error)
{
	return paired_list (finding->all->store, prefix, "", finding->all->unpacks, add_listed, finding, error);
}

static bool
has_index (const struct restoring *all, const char *key)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_error none = LARDER_ERROR_INIT;
	const char *index = all->unpacks && index_is_bundle (key) ? arena_printf (all->each, "%s" BUNDLE_INDEX, key) : NULL;
	return index && larder_stat (all->store, all->each, index, NULL, &info, &none) == 0;
}

static int
add_address (void *context, const char *text, struct larder_error *error)
{
	struct finding *finding = context;
	struct restoring *all = finding->all;
	struct larder_address address = { .size = sizeof address };
	struct larder_info info = { .size = sizeof info };
	struct larder_error why = LARDER_ERROR_INIT;
	arena_clear (all->each);
	int code = larder_address_parse (all->larder, all->each, text, &address, error);
	if (code == 0)
		code = open_store (all, &address, text, error);
	if (code < 0)
		return code;
	size_t length = strlen (address.path);
	bool exact = all->asked.flags & LARDER_ARCHIVE_EXACT, below = length == 0 || (address.path[length - 1] == '/' && !exact);
	if (below || all->asked.flags & LARDER_RECURSIVE)
		return add_below (finding, address.path, error);
	code = larder_stat (all->store, all->each, address.path, all->asked.version, &info, &why);
	info.key = address.path;
	if (code == LARDER_E_NOTFOUND && !exact && !all->asked.version)
		return wanted_add (&finding->wanted, address.path, error);
	/* Whoever lists exact ones tells himself which are gone: for these nobody pays. */
	if (code == LARDER_E_NOTFOUND && exact && all->asked.flags & LARDER_DRY_RUN)
		return 0;
	if (code < 0 && error)
		*error = why;
	return code < 0 ? code : add_record (finding, &info, has_index (all, info.key), WHOLE, error);
}

/* ---- a member ---- */

static int
add_member (void *context, const struct larder_info *bundle, uint64_t offset, struct larder_error *error)
{
	struct finding *finding = context;
	bool unpacks = finding->all->unpacks;
	return add_record (finding, bundle, unpacks, unpacks ? offset : WHOLE, error);
}

static int
add_members (struct finding *finding, struct larder_error *error)
{
	const struct restoring *all = finding->all;
	if (finding->wanted.count == 0)
		return 0;
	if (all->asked.to && !all->unpacks)
		return larder_fail_next (error, LARDER_E_INVALID, "--to FOLDER, and from there with 'larder put'", "'%s' is in a bundle, whose members go into a folder, and '%s' is in a store",
			wanted_first (&finding->wanted), all->asked.to);
	return wanted_find (finding->all, &finding->wanted, add_member, finding, error);
}

/* ---- sorted, into the job ---- */

/* One object; of a bundle the offsets of its members, or all of them. */
struct gathered { char *key; struct record record; struct job_object object; json_t *only; };

static void
gathered_free (struct gathered *gathered)
{
	free (gathered->key);
	json_decref (gathered->only);
	*gathered = (struct gathered) { 0 };
}

/* The texts lie behind the record, in the same piece as the key. */
static int
gather (struct gathered *gathered, const char *key, const void *with, size_t count, struct larder_error *error)
{
	size_t length = strlen (key) + 1;
	gathered->key = malloc (length + count);
	if (!gathered->key)
		return larder_fail_memory (error);
	memcpy (gathered->key, key, length);
	memcpy (gathered->key + length, with, count);
	memcpy (&gathered->record, with, sizeof gathered->record);
	const struct record *record = &gathered->record;
	const char *version = gathered->key + length + sizeof *record, *etag = version + strlen (version) + 1, *class = etag + strlen (etag) + 1;
	gathered->object = (struct job_object) {
		.state = JOB_WANTED, .key = gathered->key + (record->bundle ? 21 : 1), .version = *version ? version : NULL, .etag = *etag ? etag : NULL, .storage_class = *class ? class : NULL,
		.length = record->length, .bundle = record->bundle,
	};
	return 0;
}

/* One member more; of a bundle that is wanted whole that is nothing. */
static int
gather_member (struct gathered *gathered, uint64_t offset, struct larder_error *error)
{
	if (offset == WHOLE || gathered->record.offset == WHOLE) {
		gathered->record.offset = WHOLE;
		return 0;
	}
	if (!gathered->only)
		gathered->only = json_array ();
	return json_array_append_new (gathered->only, json_integer ((json_int_t) offset)) < 0 ? larder_fail_memory (error) : 0;
}

static int
put_down (struct restoring *all, struct gathered *gathered, struct larder_error *error)
{
	if (!gathered->key)
		return 0;
	gathered->object.only = gathered->record.offset == WHOLE ? NULL : gathered->only;
	if (!gathered->record.there)
		estimate_add (all, &gathered->object);
	all->objects++;
	int code = restore_add (&all->job, &gathered->object, error);
	gathered_free (gathered);
	return code;
}

static int
put_all (struct finding *finding, struct larder_error *error)
{
	struct gathered gathered = { 0 };
	const char *key;
	const void *with;
	size_t count;
	int code;
	while ((code = sort_next (finding->sort, &key, &with, &count, error)) == 1) {
		struct record record;
		memcpy (&record, with, sizeof record);
		code = 0;
		if (!gathered.key || strcmp (gathered.key, key) != 0) {
			code = put_down (finding->all, &gathered, error);
			if (code == 0)
				code = gather (&gathered, key, with, count, error);
		}
		if (code == 0)
			code = gather_member (&gathered, record.offset, error);
		if (code < 0)
			break;
	}
	if (code == 0)
		code = put_down (finding->all, &gathered, error);
	gathered_free (&gathered);
	return code;
}

int
find_objects (struct restoring *all, struct larder_error *error)
{
	CLEANUP_SORT struct sort *sort = sort_new (SORT_MEMORY);
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct finding finding = { .all = all, .sort = sort, .wanted = { .arena = arena } };
	int code = sort && arena ? each_address (all, add_address, &finding, error) : larder_fail_memory (error);
	if (code == 0)
		code = add_members (&finding, error);
	if (code == 0)
		code = put_all (&finding, error);
	const uint32_t estimate = LARDER_ARCHIVE_EXACT | LARDER_DRY_RUN;
	if (code == 0 && all->objects == 0 && (all->asked.flags & estimate) != estimate)
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "there is nothing to restore");
	return code;
}
