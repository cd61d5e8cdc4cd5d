/* unpack.c: see unpack.h. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "unpack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "index.h"
#include "store.h"
#include "text.h"
#include "write.h"

enum { MEMBERS_MOST = 65536 };
#define GAP (UINT64_C (64) << 10)        /* so much that nobody wants costs less than a request */

struct part { const char *path, *sha256; uint64_t offset, length; int64_t mtime; mode_t mode; bool done, tried; };

/* One bundle. */
struct unpacking {
	struct transfer *transfer;
	struct larder_store *store;
	const struct job_object *object;
	struct larder_arena *arena;
	const char *folder;                  /* what the keys of its members begin with */
	uint64_t *wanted;                    /* offsets, where not all of it is wanted */
	size_t wanted_count;
	struct part *at;
	size_t count, room;
	int failed;                          /* what the first member that failed did with */
	/* the range that comes */
	size_t next, last;
	uint64_t position;
	/* the member that comes */
	struct item *item;
	struct writing writing;
	struct sha256 sum;
	int code;
	struct larder_error why;
};

/* ---- which members ---- */

static int
by_offset (const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *) a, other = *(const uint64_t *) b;
	return (one > other) - (one < other);
}

/* Those of the job, sorted. */
static int
read_wanted (struct unpacking *unpacking, struct larder_error *error)
{
	size_t n, count = json_array_size (unpacking->object->only);
	const json_t *one;
	unpacking->wanted = arena_alloc (unpacking->arena, (count + 1) * sizeof *unpacking->wanted);
	if (!unpacking->wanted)
		return larder_fail_memory (error);
	json_array_foreach (unpacking->object->only, n, one)
		unpacking->wanted[n] = (uint64_t) json_integer_value (one);
	qsort (unpacking->wanted, count, sizeof *unpacking->wanted, by_offset);
	unpacking->wanted_count = count;
	return 0;
}

/* By where it lies in the bundle. */
static bool
is_wanted (const struct unpacking *unpacking, uint64_t offset)
{
	return !unpacking->object->only || bsearch (&offset, unpacking->wanted, unpacking->wanted_count, sizeof offset, by_offset);
}

static const char *
address_of (const struct unpacking *unpacking, const char *path)
{
	return arena_printf (unpacking->arena, "%s%s", store_prefix (unpacking->store), path);
}

static void
fail_member (struct unpacking *unpacking, const struct part *part, int code, const struct larder_error *why, bool refused)
{
	if (unpacking->failed == 0)
		unpacking->failed = code;
	count_failed (unpacking->transfer, address_of (unpacking, part->path), target_join (unpacking->arena, unpacking->transfer->to, part->path), why, code, refused);
}

static int
note (void *context, const struct member *member, struct larder_error *error)
{
	struct unpacking *unpacking = context;
	if (!is_wanted (unpacking, member->offset))
		return 0;
	if (unpacking->count == MEMBERS_MOST)
		return larder_fail_next (error, LARDER_E_LIMIT, "name those that are wanted; or without --to, 'larder get', and tar", "'%s' has more than %d members", unpacking->object->key, (int) MEMBERS_MOST);
	struct part *more = arena_more (unpacking->arena, unpacking->at, unpacking->count, &unpacking->room, sizeof *unpacking->at);
	const struct part part = {
		.path = arena_printf (unpacking->arena, "%s%s", unpacking->folder, member->path), .sha256 = arena_copy (unpacking->arena, member->sha256), .offset = member->offset,
		.length = member->length, .mtime = member->mtime, .mode = member->mode & 0777,
	};
	if (!more || !part.path || !part.sha256)
		return larder_fail_memory (error);
	unpacking->at = more;
	unpacking->at[unpacking->count++] = part;
	return 0;
}

/* ---- what is there ---- */

static bool
has_sum (int fd, const struct part *part)
{
	struct file_source file;
	struct larder_source source;
	struct sha256 sha;
	uint64_t crc;
	char sum[65];
	sha256_begin (&sha);
	if (file_source_begin (&file, fd, part->path, &source, NULL) < 0 || source.length != part->length || checksum_source (&source, &crc, &sha, NULL) < 0)
		return false;
	sha256_end_hex (&sha, sum);
	return strcmp (sum, part->sha256) == 0;
}

/* An object of that very name is what comes under it, and not the member. */
static bool
is_an_object (const struct unpacking *unpacking, const char *key)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_info info = { .size = sizeof info };
	struct larder_error none = LARDER_ERROR_INIT;
	return arena && larder_stat (unpacking->store, arena, key, NULL, &info, &none) == 0;
}

/* What an earlier run has brought stays; another file of that name is replaced. */
static const char *
why_not (const struct unpacking *unpacking, const struct part *part)
{
	CLEANUP_CLOSE int fd = file_open_beneath (unpacking->transfer->root, part->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat facts;
	if (fd < 0 || fstat (fd, &facts) < 0 || !S_ISREG (facts.st_mode))
		return NULL;
	if (has_sum (fd, part))
		return "the same is there already";
	return is_an_object (unpacking, part->path) ? "an object of its own has that name" : NULL;
}

static void
leave_what_is_there (struct unpacking *unpacking)
{
	for (size_t n = 0; n < unpacking->count && !transfer_stopped (unpacking->transfer); n++) {
		struct part *part = &unpacking->at[n];
		const char *why = why_not (unpacking, part);
		part->done = why;
		if (why)
			count_skipped (unpacking->transfer, address_of (unpacking, part->path), why);
		else
			count_known (unpacking->transfer, part->length);
	}
}

/* ---- a member ---- */

static int
begin_member (struct unpacking *unpacking, const struct part *part)
{
	struct item *item = item_new (unpacking->transfer, address_of (unpacking, part->path));
	unpacking->item = item;
	unpacking->why = (struct larder_error) LARDER_ERROR_INIT;
	sha256_begin (&unpacking->sum);
	if (!item)
		return LARDER_E_LIMIT;
	item->path = part->path;
	item->to = target_join (item->arena, unpacking->transfer->to, part->path);
	item->dated = true;
	item->mtime = part->mtime;
	unpacking->writing = (struct writing) { .transfer = unpacking->transfer, .item = item, .draft = FILE_DRAFT_NONE };
	if (!item->to)
		return larder_fail_memory (&unpacking->why);
	int code = writing_begin (&unpacking->writing, part->mode, &unpacking->why);
	return code == 0 ? writing_reserve (&unpacking->writing, part->length, &unpacking->why) : code;
}

static int
prove (struct unpacking *unpacking, const struct part *part)
{
	char sum[65];
	sha256_end_hex (&unpacking->sum, sum);
	return strcmp (sum, part->sha256) == 0 ? 0 : larder_fail_next (&unpacking->why, LARDER_E_INTEGRITY, "restore an earlier version of the bundle, or another bundle that has the file; the others of this one are not touched by it",
		"the member '%s' of '%s' is damaged: its bytes have another checksum than its index says", part->path + strlen (unpacking->folder), unpacking->object->key);
}

static int
publish (struct unpacking *unpacking, const struct part *part)
{
	int failed = file_set_mode (unpacking->writing.draft.fd, part->mode);
	if (failed < 0)
		return larder_fail_errno (&unpacking->why, -failed, "cannot set the mode of '%s' to %03o", unpacking->item->to, (unsigned) part->mode);
	return writing_publish (&unpacking->writing, &unpacking->why);
}

/* What came damaged is fetched once more: it may have been so on the way alone. */
static void
end_member (struct unpacking *unpacking, struct part *part)
{
	struct transfer *transfer = unpacking->transfer;
	if (unpacking->code == 0)
		unpacking->code = prove (unpacking, part);
	bool again = unpacking->code == LARDER_E_INTEGRITY && !part->tried;
	if (unpacking->code == 0)
		unpacking->code = publish (unpacking, part);
	if (unpacking->item) {
		if (unpacking->code == LARDER_E_NOSPACE)
			file_explain_room (transfer->root, part->length, &unpacking->why);
		file_draft_abort (&unpacking->writing.draft);
		if (again)
			count_again (transfer, unpacking->item->from, unpacking->item->to, &unpacking->why);
		else if (unpacking->code < 0)
			fail_member (unpacking, part, unpacking->code, &unpacking->why, unpacking->code == LARDER_E_INVALID);
		else
			count_done (transfer, unpacking->item, part->length);
		item_free (unpacking->item);
	}
	part->tried = true;
	part->done = !again;
	unpacking->item = NULL;
}

/* ---- bytes ---- */

/* Up to the next member, or of it; how many were taken. */
static size_t
take (struct unpacking *unpacking, const unsigned char *bytes, size_t count)
{
	struct part *part = &unpacking->at[unpacking->next];
	if (unpacking->position < part->offset)
		return part->offset - unpacking->position < count ? (size_t) (part->offset - unpacking->position) : count;
	if (unpacking->position == part->offset)
		unpacking->code = begin_member (unpacking, part);
	uint64_t left = part->offset + part->length - unpacking->position;
	size_t taken = left < count ? (size_t) left : count;
	sha256_add (&unpacking->sum, bytes, taken);
	if (unpacking->code == 0)
		unpacking->code = file_draft_write (&unpacking->writing.draft, bytes, taken, &unpacking->why);
	if (taken == left) {
		end_member (unpacking, part);
		do
			unpacking->next++;
		while (unpacking->next <= unpacking->last && unpacking->at[unpacking->next].done);
	}
	return taken;
}

static int
take_bytes (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	struct unpacking *unpacking = context;
	const unsigned char *at = bytes, *end = at + count;
	while (unpacking->next <= unpacking->last && at < end && !transfer_stopped (unpacking->transfer)) {
		size_t taken = take (unpacking, at, (size_t) (end - at));
		at += taken;
		unpacking->position += taken;
	}
	count_progress (unpacking->transfer, count);
	return transfer_stopped (unpacking->transfer) ? larder_fail (error, LARDER_E_CANCELLED, "cancelled") : 0;
}

static uint64_t
end_of (const struct part *part)
{
	return part->offset + part->length;
}

/* What is left of a member whose end did not come goes. */
static void
drop_member (struct unpacking *unpacking)
{
	if (!unpacking->item)
		return;
	file_draft_abort (&unpacking->writing.draft);
	item_free (unpacking->item);
	unpacking->item = NULL;
}

static int
fetch_range (struct unpacking *unpacking, struct larder_error *error)
{
	const struct part *first = &unpacking->at[unpacking->next], *last = &unpacking->at[unpacking->last];
	const struct job_object *object = unpacking->object;
	const struct larder_sink sink = { .size = sizeof sink, .context = unpacking, .write = take_bytes };
	const struct larder_get request = {
		.size = sizeof request, .key = object->key, .version = object->version, .offset = first->offset, .length = end_of (last) - first->offset, .if_match = object->etag,
	};
	unpacking->position = first->offset;
	int code = request.length > 0 ? larder_get (unpacking->store, &request, &sink, error) : 0;
	drop_member (unpacking);
	while (code == 0 && unpacking->next <= unpacking->last && unpacking->position == unpacking->at[unpacking->next].offset && unpacking->at[unpacking->next].length == 0)
		(void) take (unpacking, NULL, 0);          /* empty ones at its end */
	if (code == 0 && unpacking->next <= unpacking->last)
		code = larder_fail_next (error, LARDER_E_INTEGRITY, "run it again; if it stays so, restore an earlier version of the bundle", "'%s' gave %" PRIu64 " of %" PRIu64 " bytes",
			object->key, unpacking->position - first->offset, request.length);
	return code;
}

/* The first that is not there yet, and all behind it that are near enough to come with it; false: all are. */
static bool
next_range (struct unpacking *unpacking)
{
	size_t n = 0;
	while (n < unpacking->count && unpacking->at[n].done)
		n++;
	unpacking->next = unpacking->last = n;
	for (size_t m = n + 1; m < unpacking->count && unpacking->at[m].offset - end_of (&unpacking->at[unpacking->last]) <= GAP; m++)
		if (!unpacking->at[m].done)
			unpacking->last = m;
	return n < unpacking->count;
}

/* ---- the whole ---- */

int
unpack_bundle (struct unpack *unpack, struct larder_store *store, const struct job_object *object, int *ret_failed, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct unpacking unpacking = { .transfer = &unpack->transfer, .store = store, .object = object, .arena = arena };
	if (arena)
		unpacking.folder = arena_copy_bytes (arena, object->key, (size_t) (text_last (object->key) - object->key));
	int code = unpacking.folder ? read_wanted (&unpacking, error) : larder_fail_memory (error);
	if (code == 0)
		code = index_each (store, object->key, object->length, note, &unpacking, error);
	if (code == 0)
		code = target_root (&unpack->transfer, error);
	if (code == 0)
		leave_what_is_there (&unpacking);
	while (code == 0 && !transfer_stopped (&unpack->transfer) && next_range (&unpacking))
		code = fetch_range (&unpacking, error);
	*ret_failed = unpacking.failed;
	if (code == LARDER_E_NOTREADY && unpacking.count > 0) {        /* the bundle, that is: of its index nothing comes then */
		*ret_failed = code;
		code = 0;
	}
	return code == 0 ? transfer_stopped (&unpack->transfer) : code;
}

int
unpack_begin (struct unpack *unpack, struct larder *larder, const char *to, larder_event_fn event, void *context, struct larder_error *error)
{
	unpack->request = (struct larder_transfer) { .size = sizeof unpack->request, .to = to };
	int code = transfer_begin (&unpack->transfer, larder, &unpack->request, event, context, error);
	if (code == 0 && (code = target_begin (&unpack->transfer, to, error)) < 0)
		return transfer_end (&unpack->transfer, code, NULL, error);
	return code;
}

int
unpack_end (struct unpack *unpack, int code, struct larder_error *error)
{
	int stopped = transfer_stopped (&unpack->transfer), ended = transfer_end (&unpack->transfer, stopped ? 0 : code, NULL, error);
	return stopped ? ended : code;
}
