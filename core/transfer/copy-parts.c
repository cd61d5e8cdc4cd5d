/* copy-parts.c: an object from store to store. One request where the service copies it alone; beyond its limit in parts that the service
 * copies; between two services in ranges, each by way of a file without a name, so that neither memory nor disk holds the whole. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "open-upload.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"

#define WITHIN_LEAST (UINT64_C (128) << 20)      /* of a part that the service copies: there a request costs, not the bytes */

struct copying {
	struct pieces pieces;
	struct larder_store *from, *to;
	const struct larder_copy_object *request;
	struct larder_info source;
	struct open_upload open;                 /* its list and journal under pieces.mutex */
};

static bool
crc_of (const struct larder_part *part, uint64_t *ret)
{
	return part->checksum && part->checksum_type == LARDER_CHECKSUM_CRC64NVME && crc64nvme_parse (part->checksum, ret);
}

static int
keep (struct copying *copying, const struct larder_part *part, struct larder_error *error)
{
	pthread_mutex_lock (&copying->pieces.mutex);
	uint64_t sum;
	int code = parts_list_add (&copying->open.list, part, error);
	if (code == 0 && crc_of (part, &sum))
		code = journal_add (&copying->open.journal, part->number, sum, error);
	pthread_mutex_unlock (&copying->pieces.mutex);
	if (code < 0)
		return code;
	count_progress (copying->pieces.transfer, part->length);
	pool_done (copying->pieces.transfer->pool, part->length);
	return 0;
}

/* ---- inside the service ------------------------------------------------------------------------- */

static int
copy_part (struct pieces *pieces, uint32_t number, struct larder_error *error)
{
	struct copying *copying = (struct copying *) (void *) pieces;
	const struct larder_copy_object *request = copying->request;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct larder_read read = {
		.size = sizeof read, .object = { sizeof read.object, store_bucket (copying->from), request->key, request->version },
		.offset = plan_offset (&pieces->plan, number), .length = plan_length (&pieces->plan, number), .if_match = copying->source.etag,
	};
	struct larder_part part = { .size = sizeof part };
	int code = arena ? store_parts_copy (copying->to, arena, &copying->open.upload, number, &read, &part, error) : larder_fail_memory (error);
	return code == 0 ? keep (copying, &part, error) : store_read_failed (copying->from, request->key, code, error);
}

/* ---- between two services ----------------------------------------------------------------------- */

static int
write_file (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	int failed = file_write_all (*(const int *) context, bytes, count);
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot write a temporary file") : 0;
}

static int
fetch_part (const struct copying *copying, uint32_t number, int *fd, struct larder_error *error)
{
	const struct plan *plan = &copying->pieces.plan;
	const struct larder_sink sink = { .size = sizeof sink, .context = fd, .write = write_file };
	const struct larder_get get = {
		.size = sizeof get, .key = copying->request->key, .version = copying->request->version, .offset = plan_offset (plan, number),
		.length = plan_length (plan, number), .if_match = copying->source.etag,
	};
	return larder_get (copying->from, &get, &sink, error);
}

static int
carry_once (struct pieces *pieces, uint32_t number, struct larder_error *error)
{
	struct copying *copying = (struct copying *) (void *) pieces;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_CLOSE int fd = arena ? file_temporary (error) : larder_fail_memory (error);
	struct file_source file;
	struct larder_source source = { .size = sizeof source };
	struct larder_part part = { .size = sizeof part };
	int code = fd < 0 ? fd : fetch_part (copying, number, &fd, error);
	if (code == 0)
		code = file_source_begin (&file, fd, copying->request->key, &source, error);
	if (code == 0 && source.length != plan_length (&pieces->plan, number))
		code = larder_fail_next (error, LARDER_E_INTEGRITY, "nothing was kept; try again", "'%s%s' gave %llu bytes of a range of %llu", store_prefix (copying->from),
			copying->request->key, (unsigned long long) source.length, (unsigned long long) plan_length (&pieces->plan, number));
	if (code == 0)
		code = store_parts_write (copying->to, arena, &copying->open.upload, number, &source, &part, error);
	return code == 0 ? keep (copying, &part, error) : code;
}

/* What came damaged, or was damaged when it got there, is read and sent once more. */
static bool
goes_again (const struct copying *copying, int code, const struct larder_error *why)
{
	struct transfer *transfer = copying->pieces.transfer;
	if (code != LARDER_E_INTEGRITY || transfer_stopped (transfer))
		return false;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return false;
	const char *one = arena_printf (arena, "%s%s", store_prefix (copying->from), copying->request->key);
	const char *other = arena_printf (arena, "%s%s", store_prefix (copying->to), copying->request->to);
	count_again (transfer, one ? one : copying->request->key, other, why);
	return true;
}

static int
carry_part (struct pieces *pieces, uint32_t number, struct larder_error *error)
{
	int code = carry_once (pieces, number, error);
	return goes_again ((const struct copying *) (void *) pieces, code, error) ? carry_once (pieces, number, error) : code;
}

/* ---- either ------------------------------------------------------------------------------------- */

/* What came of it has the length and, where both tell one of a kind, the checksum of what it was made from. */
static int
compare (const struct copying *copying, struct larder_arena *arena, struct larder_info *ret, struct larder_error *error)
{
	const struct larder_info *from = &copying->source;
	int code = larder_stat (copying->to, arena, copying->request->to, NULL, ret, error);
	bool same = true;
	if (code < 0 || (from->length == ret->length && (!same_as_told (from, ret, &same) || same)))
		return code;
	return larder_fail_next (error, LARDER_E_INTEGRITY, "remove it, and copy it again; report it to whoever runs that service",
		"the copy '%s%s' has not the bytes of '%s%s'", store_prefix (copying->to), copying->request->to, store_prefix (copying->from), copying->request->key);
}

static int
send (struct copying *copying, struct larder_arena *arena, struct larder_info *ret_info, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	const struct larder_copy_object *request = copying->request;
	int code = pieces_do (&copying->pieces, error);
	if (code == 0)
		code = parts_list_finish (&copying->open.list, copying->to, arena, copying->open.put, &copying->open.upload, copying->source.length, &info, error);
	if (code == 0)
		code = store_copy_tags (copying->from, request->key, request->version, copying->to, request->to, arena, error);
	return code == 0 ? compare (copying, arena, ret_info, error) : code;
}

/* ---- going on ---------------------------------------------------------------------------------- */

/* A part that a run before has sent, from the object that the pin tells of: where its checksum was told, the store still tells the same. */
static int
is_ours (struct open_upload *open, const struct larder_part *part, struct larder_error *error)
{
	uint64_t theirs, ours;
	(void) error;
	return !crc_of (part, &theirs) || !journal_has (&open->journal, part->number, &ours) || ours == theirs;
}

/* What is copied, and what it is to become. */
static const char *
pin_of (const struct copying *copying, struct larder_arena *arena)
{
	const struct larder_info *source = &copying->source;
	return arena_printf (arena, "%" PRIu64 " %s %s %016" PRIx64, source->length, source->etag ? source->etag : "", source->version ? source->version : "",
	                     open_upload_attributes (&copying->open.put->attributes));
}

/* Without an etag nobody can tell whether it is still the same object: no later run goes on. */
static int
begin (struct copying *copying, bool within, struct larder_arena *arena, struct larder_error *error)
{
	struct open_upload *open = &copying->open;
	const struct plan *plan = &copying->pieces.plan;
	const char *pin = pin_of (copying, arena);
	if (copying->source.etag)
		open->is_ours = is_ours;
	open->store = copying->to;
	open->plan = plan;
	open->done = arena_alloc (arena, plan->count * sizeof *open->done);
	copying->pieces.done = open->done;
	if (!pin || !open->done)
		return larder_fail_memory (error);
	return open_upload_begin (open, copying->pieces.transfer->state, within, pin, error);
}

static int
copy_in_pieces (struct copying *copying, bool within, struct larder_arena *arena, struct larder_info *ret_info, struct larder_error *error)
{
	const struct larder_copy_object *request = copying->request;
	copying->source = (struct larder_info) { .size = sizeof copying->source };
	int code = larder_stat (copying->from, arena, request->key, request->version, &copying->source, error);
	if (code == 0 && request->if_match && (!copying->source.etag || strcmp (copying->source.etag, request->if_match) != 0))
		code = larder_fail_next (error, LARDER_E_CONFLICT, "look at it, and plan or list again", "'%s%s' has changed", store_prefix (copying->from), request->key);
	if (code == 0)
		code = plan_parts (copying->source.length, &copying->pieces.plan, error);
	if (code < 0)
		return code;
	struct plan *plan = &copying->pieces.plan;
	if (within && plan->part < WITHIN_LEAST)
		*plan = (struct plan) { plan->length, WITHIN_LEAST, (uint32_t) ((plan->length + WITHIN_LEAST - 1) / WITHIN_LEAST) };
	copying->pieces.one = within ? copy_part : carry_part;
	const struct larder_put put = {
		.size = sizeof put, .key = request->to, .create_only = request->create_only,
		.attributes = store_copy_attributes (copying->from, copying->to, &request->attributes, &copying->source),
	};
	copying->open.put = &put;
	code = begin (copying, within, arena, error);
	if (code == 0)
		code = send (copying, arena, ret_info, error);
	open_upload_end (&copying->open, code, error);
	return code;
}

/* Each byte comes and goes: half of what is told. */
struct passing { struct transfer *transfer; uint64_t both, told; };

static int
on_moved (void *context, size_t count, struct larder_error *error)
{
	struct passing *passing = context;
	passing->both += count;
	count_progress (passing->transfer, passing->both / 2 - passing->told);
	passing->told = passing->both / 2;
	return transfer_stopped (passing->transfer) ? larder_fail_cancelled (error) : 0;
}

int
copy_stored (struct transfer *transfer, struct larder_store *from, struct larder_store *to, struct larder_arena *arena,
             const struct larder_copy_object *request, const struct journal_what *what, uint64_t length, struct larder_info *ret_info,
             struct larder_error *error)
{
	struct copying copying = {
		.pieces = { .transfer = transfer }, .from = from, .to = to, .request = request,
		.open = { .what = *what, .upload = { .size = sizeof copying.open.upload }, .list = { .arena = arena }, .journal = JOURNAL_NONE },
	};
	bool within = store_copies_within (from, to, request->create_only);
	if (!within && length >= PARTS_FROM && store_has_parts (to) && store_caps (from) & LARDER_CAP_RANGE)
		return copy_in_pieces (&copying, false, arena, ret_info, error);
	struct larder_error why = LARDER_ERROR_INIT;
	struct passing passing = { .transfer = transfer };
	const struct store_watch watch = { on_moved, &passing };
	int code = store_copy (from, to, arena, request, &watch, ret_info, &why);
	if (!within && goes_again (&copying, code, &why))
		code = store_copy (from, to, arena, request, &watch, ret_info, &why);
	if (code == LARDER_E_LIMIT && within && store_has_parts_copy (to))
		return copy_in_pieces (&copying, true, arena, ret_info, error);
	if (code == 0 && passing.told < length)
		count_progress (transfer, length - passing.told);
	if (code < 0 && error)
		*error = why;
	return code;
}
