/* verify.c: larder_model_verify: files read again, and compared with what the source told when they were filled; where that differs, or it
 * told nothing, with the source's own bytes, up to the first that differs. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "transfer.h"

struct verifying {
	struct transfer transfer;        /* counts and tells */
	struct cache *cache;
	uint32_t flags;
	const char *only;                /* path of the one that is asked for, or NULL */
	bool seen;
};

/* ---- the bytes ---- */

struct summing { struct verifying *verifying; uint32_t type; uint64_t sum; };

static int
add (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct summing *summing = context;
	summing->sum = checksum_add (summing->type, summing->sum, bytes, count);
	count_progress (&summing->verifying->transfer, count);
	return transfer_stopped (&summing->verifying->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

/* 1: as recorded; 0: not, or nothing was recorded that can be computed here. */
static int
matches_record (struct verifying *verifying, int fd, const char *path, const struct record_file *recorded, struct larder_error *error)
{
	struct summing summing = { verifying, recorded->checksum_type, 0 };
	struct file_source file;
	struct larder_source source;
	char text[16];
	if (!recorded->checksum || !checksum_is_ours (recorded->checksum_type))
		return 0;
	int code = file_source_begin (&file, fd, path, &source, error);
	if (code == 0)
		code = source_each (&source, add, &summing, error);
	checksum_text (summing.type, summing.sum, text);
	return code < 0 ? code : strcmp (text, recorded->checksum) == 0;
}

struct comparing { struct verifying *verifying; int fd; uint64_t offset; bool differs; };
enum { DIFFERS = 1 };

static int
compare (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct comparing *comparing = context;
	CLEANUP_FREE unsigned char *here = malloc (count);
	if (!here)
		return larder_fail_memory (error);
	int64_t got = file_pread_all (comparing->fd, here, count, comparing->offset);
	const unsigned char *there = bytes;
	size_t same = 0;
	while (got > 0 && same < (size_t) got && here[same] == there[same])
		same++;
	comparing->offset += same;
	comparing->differs = same < count;
	count_progress (&comparing->verifying->transfer, same);
	if (comparing->differs)
		return larder_fail (error, LARDER_E_INTEGRITY, "differs");
	return transfer_stopped (&comparing->verifying->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

/* With the very object that it was filled from. */
static int
compare_with_source (struct verifying *verifying, struct larder_arena *arena, const struct place *place, const struct record_file *recorded, int fd, struct comparing *ret,
                     struct larder_error *error)
{
	const char *key = place->folder ? arena_printf (arena, "%s%s", place->key, recorded->path) : place->key;
	*ret = (struct comparing) { .verifying = verifying, .fd = fd };
	const struct larder_sink sink = { .size = sizeof sink, .context = ret, .write = compare };
	const struct larder_get get = { .size = sizeof get, .key = key, .length = UINT64_MAX, .if_match = recorded->etag };
	int code = key ? cache_source (verifying->cache, error) : larder_fail_memory (error);
	if (code == 0)
		code = larder_get (verifying->cache->source, &get, &sink, error);
	return ret->differs ? 0 : code;
}

static int
fail_damaged (const struct verifying *verifying, const char *path, const char *where, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "larder model verify --repair fills it again; look after that disk", "'%s/%s' is damaged: %s",
		verifying->cache->section->root, path, where);
}

static int
verify_file (struct verifying *verifying, struct larder_arena *arena, const struct place *place, const struct record *record, const struct record_file *recorded,
             struct larder_error *error)
{
	const char *path = arena_printf (arena, "%s/%s/%s", place->home, record->data, recorded->path);
	CLEANUP_CLOSE int fd = path ? file_open_beneath (verifying->cache->root, path, O_RDONLY | O_NOFOLLOW, 0) : -ENOMEM;
	struct comparing comparing;
	struct stat facts;
	char where[200];
	if (fd == -ENOENT || (fd >= 0 && fstat (fd, &facts) == 0 && (uint64_t) facts.st_size != recorded->length))
		return fail_damaged (verifying, path, fd < 0 ? "it is gone" : "it has another size", error);
	if (fd < 0)
		return cache_fail (verifying->cache, -fd, "read", path ? path : place->path, error);
	int code = matches_record (verifying, fd, path, recorded, error);
	if (code != 0)
		return code < 0 ? code : 0;
	code = compare_with_source (verifying, arena, place, recorded, fd, &comparing, error);
	if (code == LARDER_E_CANCELLED || (code == 0 && !comparing.differs))
		return code;
	if (code < 0 && !recorded->checksum)
		return code;                     /* nobody can tell */
	if (code == 0)
		snprintf (where, sizeof where, "its bytes differ from byte %" PRIu64 " on", comparing.offset);
	else
		snprintf (where, sizeof where, "its checksum is not %s, which its source told when it was filled", recorded->checksum);
	return fail_damaged (verifying, path, where, error);
}

/* ---- the models ---- */

static int
repair (struct verifying *verifying, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_error *error)
{
	const struct larder_model_load request = { .size = sizeof request, .wait = LARDER_NO_TIME };
	struct larder_model model = { .size = sizeof model };
	int code = record->damaged && !record->data ? publish_gone (verifying->cache, arena, place, record->generation, error)        /* as it was */
		: load_place (verifying->cache, arena, place, &request, record->generation, verifying->transfer.event, verifying->transfer.context, &model, error);
	if (code == 0)
		count_event (&verifying->transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "restored", .from = place->path, .bytes = record->length });
	return code;
}

static int
verify_place (void *context, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_error *error)
{
	struct verifying *verifying = context;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = 0;
	(void) error;
	if (!record || !(record->data || record->damaged) || (verifying->only && strcmp (verifying->only, place->path) != 0))
		return 0;
	verifying->seen = true;
	struct record now;
	if (record->damaged && record_read (verifying->cache->root, place->home, record->generation, arena, &now, &why) < 0)     /* says so */
		code = why.code;
	for (size_t i = 0; code == 0 && i < record->count; i++)
		code = verify_file (verifying, arena, place, record, &record->files[i], &why);
	if (code == LARDER_E_INTEGRITY && verifying->flags & LARDER_MODEL_REPAIR && !(verifying->flags & LARDER_MODEL_DRY_RUN)) {
		struct larder_error again = LARDER_ERROR_INIT;
		code = repair (verifying, arena, place, record, &again);
		if (code == 0)
			return 0;
		why = again;
	}
	if (code < 0)
		count_failed (&verifying->transfer, place->path, NULL, &why, code, false);
	else
		count_event (&verifying->transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "same", .from = place->path, .bytes = record->length });
	return transfer_stopped (&verifying->transfer);
}

static int
verify (struct verifying *verifying, struct larder_error *error)
{
	int code = places_each (verifying->cache, verify_place, verifying, error);
	if (code == 0 && verifying->only && !verifying->seen)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder model ls shows those that are", "'%s' is not in the cache '%s'", verifying->only, verifying->cache->section->root);
	return code == transfer_stopped (&verifying->transfer) ? 0 : code;
}

int
larder_model_verify (struct larder *larder, const struct larder_model_name *asked, uint32_t flags, larder_event_fn event, void *context,
                     struct larder_summary *ret_summary, struct larder_error *error)
{
	struct larder_model_name model = { .size = sizeof model };
	struct place place = { 0 };
	CLEANUP_CACHE struct cache cache = CACHE_NONE;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct larder_transfer none = { .size = sizeof none };
	struct verifying verifying = { .cache = &cache, .flags = flags };
	if (asked)
		larder_give (&model, asked);
	int code = arena ? cache_open (&cache, larder, model.cache, error) : larder_fail_memory (error);
	if (code == 0 && model.name)
		code = place_of (&cache, arena, &model, &place, error);
	verifying.only = place.path;
	if (code == 0)
		code = transfer_begin (&verifying.transfer, larder, &none, event, context, error);
	return code < 0 ? code : transfer_end (&verifying.transfer, verify (&verifying, error), ret_summary, error);
}
