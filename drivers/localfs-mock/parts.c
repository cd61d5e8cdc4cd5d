/* parts.c: one object written in pieces.
 *
 * TRUTH/uploads/ID/upload is a record (record.c) with the attributes; a part is one file whose name says all there is to know
 * (remains.c). Of several of one number the one with the highest ID counts. The upload is there while its record is, whatever else is. */
#include "mock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "give.h"
#include "text.h"

#define PARTS_MOST 10000
#define PIECE ((size_t) 256 << 10)

struct upload {
	struct bucket bucket;
	struct larder_arena *arena;
	struct record record;
	char folder[64];                        /* below TRUTH, with '/' */
	struct piece *pieces;                   /* ascending, one a number */
	size_t count;
};

#define CLEANUP_UPLOAD __attribute__ ((cleanup (upload_close)))
#define UPLOAD_NONE { .bucket = BUCKET_NONE }

static void
upload_close (struct upload *upload)
{
	bucket_close (&upload->bucket);
	arena_free (upload->arena);
	free (upload->pieces);
}

static int
unknown (const struct upload *upload, const char *id, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_NOTFOUND, "no upload '%.64s' in bucket '%s'", id ? id : "", upload->bucket.name);
}

int
upload_read (const struct bucket *bucket, const char *id, struct larder_arena *arena, struct record *ret, struct larder_error *error)
{
	CLEANUP_FREE char *text = NULL;
	char path[96];
	size_t length;
	snprintf (path, sizeof path, "uploads/%.24s/upload", id);
	int code = file_slurp_if_there (bucket->truth, path, RECORD_MOST, &text, &length, error);
	if (code <= 0)
		return code;
	if (record_parse (text, length, arena, ret) < 0 || ret->count != 1)
		return larder_fail (error, LARDER_E_INTEGRITY, "the record of upload '%s' in bucket '%s' is damaged", id, bucket->name);
	return 1;
}

static int
upload_load (struct upload *upload, const char *id, struct larder_error *error)
{
	upload->arena = arena_new ();
	if (!upload->arena)
		return larder_fail_memory (error);
	if (!upload_is_id (id))
		return unknown (upload, id, error);
	snprintf (upload->folder, sizeof upload->folder, "uploads/%s/", id);
	int code = upload_read (&upload->bucket, id, upload->arena, &upload->record, error);
	if (code == 0 || (code > 0 && lifecycle_gave_up (&upload->bucket, &upload->record)))
		return unknown (upload, id, error);
	return code < 0 ? code : 0;
}

static int
upload_open (void *self, struct larder_call *call, const struct larder_upload *from, bool write, struct upload *ret,
             struct larder_error *error)
{
	int code = bucket_open (self, call, from->bucket, write, &ret->bucket, error);
	if (code == 0)
		code = upload_load (ret, from->id, error);
	if (code == 0 && from->key && strcmp (from->key, ret->record.key) != 0)
		return unknown (ret, from->id, error);
	return code;
}

/* ---- begin ---- */

static int
upload_write (const struct bucket *bucket, const char *id, const struct record *record, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text;
	CLEANUP_TEMP struct temp temp = TEMP_NONE;
	char path[96];
	buffer_init (&text, RECORD_MOST);
	record_format (record, &text);
	snprintf (path, sizeof path, "uploads/%s/upload", id);
	int code = text.failed ? larder_fail_memory (error) : temp_open (bucket, &temp, error);
	if (code < 0)
		return code;
	code = file_write_all (temp.fd, text.at, text.length);
	if (code < 0)
		return larder_fail_errno (error, -code, "cannot write to bucket '%s'", bucket->name);
	code = temp_settle (bucket, &temp, error);
	return code < 0 ? code : temp_place (bucket, &temp, path, error);
}

static int
upload_give (struct larder_call *call, const char *bucket, const char *key, const char *id, int64_t started, struct larder_upload *ret,
             struct larder_error *error)
{
	const char *texts[] = { bucket, key, id };
	for (size_t i = 0; i < 3; i++) {
		if (!(texts[i] = give_text (call, texts[i])))
			return larder_fail_memory (error);
	}
	struct larder_upload upload = { .size = sizeof upload, .bucket = texts[0], .key = texts[1], .id = texts[2], .started = started };
	larder_give (ret, &upload);
	return 0;
}

int
mock_parts_begin (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload,
                  struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	char path[KEY_PATH_ROOM], id[ID_ROOM];
	struct record record = { .key = request->key };
	struct version *version = arena ? record_push (&record, arena) : NULL;
	if (!version)
		return larder_fail_memory (error);
	int code = check_attributes (&request->attributes, error);
	if (code == 0)
		code = bucket_open (self, call, request->bucket, true, &bucket, error);
	if (code == 0)
		code = bucket_key (&bucket, request->key, path, error);
	if (code == 0)
		code = attributes_set (arena, &request->attributes, version, error);
	if (code < 0)
		return code;
	temp_sweep (&bucket);
	remains_sweep (&bucket);
	version->mtime = larder_host->store_now (), version->ahead = bucket.ahead;
	id_new (version->mtime, NULL, id);
	version->id = version->data = id;
	version->etag = version->checksum = "";
	code = upload_write (&bucket, id, &record, error);
	return code < 0 ? code : upload_give (call, request->bucket, request->key, id, version->mtime, ret_upload, error);
}

/* ---- parts in ---- */

static int
part_give (struct larder_call *call, const struct piece *piece, struct larder_part *ret, struct larder_error *error)
{
	char *etag = larder_host->arena (call, sizeof piece->etag), *checksum = larder_host->arena (call, 16);
	if (!etag || !checksum)
		return larder_fail_memory (error);
	memcpy (etag, piece->etag, sizeof piece->etag);
	crc64nvme_text (piece->crc, checksum);
	struct larder_part part = { .size = sizeof part, .number = piece->number, .length = piece->length, .etag = etag,
	                            .checksum_type = LARDER_CHECKSUM_CRC64NVME, .checksum = checksum };
	larder_give (ret, &part);
	return 0;
}

static int
part_write (const struct upload *upload, uint32_t number, const struct larder_source *source, const char *checksum,
            struct larder_part *ret_part, struct larder_error *error)
{
	const struct bucket *bucket = &upload->bucket;
	CLEANUP_TEMP struct temp temp = TEMP_NONE;
	struct staged staged;
	struct piece piece = { .number = number };
	char path[256];
	if (number < 1 || number > PARTS_MOST)
		return larder_fail (error, LARDER_E_INVALID, "part %u of '%s': parts count from 1 to %d", (unsigned) number, upload->record.key, PARTS_MOST);
	int code = stage (bucket, source, LARDER_CHECKSUM_CRC64NVME, checksum, &temp, &staged, error);
	if (code < 0)
		return code;
	piece.length = staged.length;
	piece.crc = staged.crc;
	memcpy (piece.etag, staged.etag, sizeof piece.etag);
	code = part_give (bucket->call, &piece, ret_part, error);
	if (code < 0)
		return code;
	id_new (larder_host->wall (), NULL, piece.id);
	snprintf (path, sizeof path, "%s%05" PRIu32 ".%" PRIu64 ".%s.%016" PRIx64 ".%s", upload->folder, number, piece.length, piece.etag,
	          piece.crc, piece.id);
	code = temp_place (bucket, &temp, path, error);
	if (code < 0)
		return code;
	char record[96];
	snprintf (record, sizeof record, "%supload", upload->folder);
	CLEANUP_CLOSE int still = file_open_beneath (bucket->truth, record, O_PATH, 0);
	if (still >= 0)
		return 0;
	(void) file_unlink_beneath (bucket->truth, path);    /* finished or aborted meanwhile */
	file_trim_parents (bucket->truth, path);
	return larder_fail (error, LARDER_E_NOTFOUND, "the upload of '%s' in bucket '%s' has ended", upload->record.key, bucket->name);
}

int
mock_parts_write (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                  const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error)
{
	CLEANUP_UPLOAD struct upload open = UPLOAD_NONE;
	int code = upload_open (self, call, upload, true, &open, error);
	return code < 0 ? code : part_write (&open, number, source, NULL, ret_part, error);
}

int
mock_parts_copy (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                 const struct larder_read *from, struct larder_part *ret_part, struct larder_error *error)
{
	CLEANUP_UPLOAD struct upload open = UPLOAD_NONE;
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	CLEANUP_VIEW struct view view = VIEW_NONE;
	struct larder_source source;
	int code = upload_open (self, call, upload, true, &open, error);
	if (code == 0)
		code = bucket_open_beside (self, call, from->object.bucket, false, &bucket, error);
	if (code == 0)
		code = view_open (&bucket, &from->object, true, &view, error);
	if (code < 0)
		return code;
	if (from->if_match && !etag_matches (view.version, from->if_match))
		return larder_fail (error, LARDER_E_CONFLICT, "'%s' in bucket '%s' has changed", from->object.key, bucket.name);
	uint64_t length = view.version->length;
	if (from->offset > length || (from->length != LARDER_TO_END && from->length > length - from->offset))
		return larder_fail (error, LARDER_E_INVALID, "'%s' in bucket '%s' has no such range", from->object.key, bucket.name);
	struct extract extract = { .fd = view.fd, .offset = from->offset, .key = from->object.key,
	                           .length = from->length == LARDER_TO_END ? length - from->offset : from->length };
	extract_source (&extract, &source);
	open.bucket.within = true;
	bool whole = extract.offset == 0 && extract.length == length;
	return part_write (&open, number, &source, whole ? view.version->checksum : NULL, ret_part, error);
}

/* ---- parts known ---- */

/* By number, the newest first. */
static int
compare_pieces (const void *a, const void *b)
{
	const struct piece *left = a, *right = b;
	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return strcmp (right->id, left->id);
}

static int
pieces_add (struct upload *upload, const struct piece *piece)
{
	if ((upload->count & (upload->count - 1)) == 0) {
		struct piece *grown = realloc (upload->pieces, (2 * upload->count + 1) * sizeof *grown);
		if (!grown)
			return -1;
		upload->pieces = grown;
	}
	upload->pieces[upload->count++] = *piece;
	return 0;
}

static int
pieces_load (struct upload *upload, struct larder_error *error)
{
	int fd = file_open_beneath (upload->bucket.truth, upload->folder, O_RDONLY | O_DIRECTORY, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder) {
		cleanup_close_at (&fd);
		return larder_fail (error, LARDER_E_NOTFOUND, "the upload of '%s' in bucket '%s' has ended", upload->record.key, upload->bucket.name);
	}
	int code = 0;
	for (const struct dirent *entry; code == 0 && (entry = readdir (folder));) {
		struct piece piece;
		if (piece_parse (entry->d_name, &piece) == 0 && pieces_add (upload, &piece) < 0)
			code = larder_fail_memory (error);
	}
	closedir (folder);
	if (code < 0 || upload->count == 0)
		return code;
	qsort (upload->pieces, upload->count, sizeof *upload->pieces, compare_pieces);
	size_t kept = 1;
	for (size_t i = 1; i < upload->count; i++)
		if (upload->pieces[i].number != upload->pieces[kept - 1].number)
			upload->pieces[kept++] = upload->pieces[i];
	upload->count = kept;
	return 0;
}

int
mock_parts_list (void *self, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *context,
                 struct larder_error *error)
{
	CLEANUP_UPLOAD struct upload open = UPLOAD_NONE;
	int code = upload_open (self, call, upload, false, &open, error);
	if (code == 0)
		code = pieces_load (&open, error);
	for (size_t i = 0; code == 0 && i < open.count; i++) {
		char checksum[16];
		crc64nvme_text (open.pieces[i].crc, checksum);
		struct larder_part known = { .size = sizeof known, .number = open.pieces[i].number, .length = open.pieces[i].length,
		                             .etag = open.pieces[i].etag, .checksum_type = LARDER_CHECKSUM_CRC64NVME, .checksum = checksum };
		code = part (context, &known, error);
	}
	return code;
}

/* ---- finish and abort ---- */

/* Durably, for the caller forgets its id next, and nobody would know of an upload that a power cut brought back. That this
 * fails is no failure of the object, which stands. */
static void
upload_remove (const struct upload *upload)
{
	char path[96];
	snprintf (path, sizeof path, "%supload", upload->folder);
	(void) file_unlink_beneath (upload->bucket.truth, path);
	remains_remove (&upload->bucket, upload->folder);
	if (upload->bucket.mock->fsync)
		(void) file_settle_removal (upload->bucket.truth, upload->folder);
}

int
mock_parts_abort (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error)
{
	CLEANUP_UPLOAD struct upload open = UPLOAD_NONE;
	int code = upload_open (self, call, upload, true, &open, error);
	if (code == 0)
		upload_remove (&open);
	else if (code == LARDER_E_NOTFOUND && open.folder[0])
		remains_remove (&open.bucket, open.folder);
	return code;
}

static int
planned (const struct upload *upload, const struct larder_finish *request, struct larder_error *error)
{
	uint64_t total = 0;
	const char *key = upload->record.key;
	if (request->count == 0)
		return larder_fail (error, LARDER_E_INVALID, "'%s' cannot be finished without parts", key);
	for (size_t i = 0; i < request->count; i++) {
		const struct larder_part *part = (const void *) ((const char *) request->parts + i * request->stride);
		if (part->number != i + 1)
			return larder_fail (error, LARDER_E_INTEGRITY, "part %zu of '%s' is missing from the list of parts", i + 1, key);
		if (i >= upload->count || upload->pieces[i].number != part->number)
			return larder_fail (error, LARDER_E_INTEGRITY, "part %zu of '%s' was never uploaded", i + 1, key);
		if (!part->etag || strcmp (part->etag, upload->pieces[i].etag) != 0)
			return larder_fail (error, LARDER_E_INTEGRITY, "part %zu of '%s' is not the one that was uploaded", i + 1, key);
		total += upload->pieces[i].length;
	}
	if (total != request->length)
		return larder_fail (error, LARDER_E_INTEGRITY, "the parts of '%s' have %llu bytes together, not %llu", key,
		                    (unsigned long long) total, (unsigned long long) request->length);
	return 0;
}

static int
piece_append (const struct upload *upload, const struct piece *piece, struct temp *temp, struct larder_error *error)
{
	const struct bucket *bucket = &upload->bucket;
	char path[256];
	snprintf (path, sizeof path, "%s%05" PRIu32 ".%" PRIu64 ".%s.%016" PRIx64 ".%s", upload->folder, piece->number, piece->length, piece->etag,
	          piece->crc, piece->id);
	CLEANUP_FREE char *bytes = malloc (PIECE);
	CLEANUP_CLOSE int fd = file_open_beneath (bucket->truth, path, O_RDONLY, 0);
	if (!bytes || fd < 0)
		return !bytes ? larder_fail_memory (error) : larder_fail_errno (error, -fd, "cannot read part %u of '%s'", (unsigned) piece->number, upload->record.key);
	uint64_t crc = 0, length = 0;
	for (int64_t got; (got = file_read_all (fd, bytes, PIECE)) != 0; length += (uint64_t) got) {
		int code = got < 0 ? larder_fail_errno (error, (int) -got, "cannot read part %u of '%s'", (unsigned) piece->number, upload->record.key)
		                   : mock_cancelled (bucket->call, error);
		if (code < 0)
			return code;
		code = file_write_all (temp->fd, bytes, (size_t) got);
		if (code < 0)
			return larder_fail_errno (error, -code, "cannot write to bucket '%s'", bucket->name);
		crc = crc64nvme (crc, bytes, (size_t) got);
	}
	return crc == piece->crc && length == piece->length
		? 0 : larder_fail (error, LARDER_E_INTEGRITY, "part %u of '%s' is damaged", (unsigned) piece->number, upload->record.key);
}

/* All parts behind each other, durable; the whole's facts. */
static int
join (const struct upload *upload, const struct larder_finish *request, struct temp *temp, struct staged *ret, struct larder_error *error)
{
	struct sha256 sha;
	unsigned char digest[32];
	*ret = (struct staged) { 0 };
	sha256_begin (&sha);
	int code = temp_open (&upload->bucket, temp, error);
	for (size_t i = 0; code == 0 && i < request->count; i++) {
		const struct piece *piece = &upload->pieces[i];
		code = piece_append (upload, piece, temp, error);
		ret->crc = crc64nvme_combine (ret->crc, piece->crc, piece->length);
		ret->length += piece->length;
		sha256_add (&sha, piece->etag, 32);
	}
	if (code < 0)
		return code;
	sha256_end (&sha, digest);
	text_hex (digest, 16, ret->etag);
	snprintf (ret->etag + 32, sizeof ret->etag - 32, "-%u", (unsigned) request->count);
	crc64nvme_text (ret->crc, ret->checksum);
	if (request->checksum && request->checksum_type != LARDER_CHECKSUM_CRC64NVME)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "only CRC64NVME can be compared for an object in parts");
	if (request->checksum && strcmp (request->checksum, ret->checksum) != 0)
		return larder_fail (error, LARDER_E_INTEGRITY, "'%s' has the checksum %s, not %s", upload->record.key, ret->checksum, request->checksum);
	return temp_settle (&upload->bucket, temp, error);
}

int
mock_parts_finish (void *self, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret_info,
                   struct larder_error *error)
{
	CLEANUP_UPLOAD struct upload upload = UPLOAD_NONE;
	CLEANUP_TEMP struct temp temp = TEMP_NONE;
	struct staged staged;
	int code = upload_open (self, call, &request->upload, true, &upload, error);
	if (code == 0)
		code = pieces_load (&upload, error);
	if (code == 0)
		code = planned (&upload, request, error);
	if (code == 0)
		code = join (&upload, request, &temp, &staged, error);
	if (code == 0)
		code = publish (&upload.bucket, upload.record.key, &request->condition, &upload.record.versions[0].attributes, NULL, &temp, &staged,
		                ret_info, error);
	if (code == 0)
		upload_remove (&upload);
	return code;
}

/* ---- uploads ---- */

struct known { char *key; char id[ID_ROOM]; int64_t started; };
struct uploads { struct known *at; size_t count; };

static void
uploads_free (struct uploads *uploads)
{
	for (size_t i = 0; i < uploads->count; i++)
		free (uploads->at[i].key);
	free (uploads->at);
}

static int
compare_known (const void *a, const void *b)
{
	const struct known *left = a, *right = b;
	int order = strcmp (left->key, right->key);
	return order ? order : strcmp (left->id, right->id);
}

static int
uploads_add (struct uploads *uploads, const struct upload *upload, const char *id)
{
	if ((uploads->count & (uploads->count - 1)) == 0) {
		struct known *grown = realloc (uploads->at, (2 * uploads->count + 1) * sizeof *grown);
		if (!grown)
			return -1;
		uploads->at = grown;
	}
	struct known *known = &uploads->at[uploads->count];
	*known = (struct known) { .key = strdup (upload->record.key), .started = upload->record.versions[0].mtime };
	snprintf (known->id, sizeof known->id, "%.*s", ID_ROOM - 1, id);
	if (!known->key)
		return -1;
	uploads->count++;
	return 0;
}

static int
uploads_load (const struct bucket *bucket, const char *prefix, struct uploads *uploads, struct larder_error *error)
{
	int fd = file_open_beneath (bucket->truth, "uploads", O_RDONLY | O_DIRECTORY, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir (fd);
	if (!folder) {
		cleanup_close_at (&fd);
		return 0;
	}
	int code = 0;
	for (const struct dirent *entry; code == 0 && (entry = readdir (folder));) {
		CLEANUP_UPLOAD struct upload upload = { .bucket = *bucket };
		if (upload_is_id (entry->d_name))
			code = upload_load (&upload, entry->d_name, error);
		upload.bucket = (struct bucket) BUCKET_NONE;     /* borrowed */
		if (!upload_is_id (entry->d_name) || code == LARDER_E_NOTFOUND)
			code = 0;
		else if (code == 0 && strncmp (upload.record.key, prefix, strlen (prefix)) == 0 && uploads_add (uploads, &upload, entry->d_name) < 0)
			code = larder_fail_memory (error);
	}
	closedir (folder);
	if (uploads->count)
		qsort (uploads->at, uploads->count, sizeof *uploads->at, compare_known);
	return code;
}

/* The token is the id and key of the last upload: "ID:KEY". */
static bool
is_past (const struct known *known, const struct larder_list *request)
{
	if (!request->token)
		return !request->start_after || strcmp (known->key, request->start_after) > 0;
	size_t length = strcspn (request->token, ":");
	int order = request->token[length] ? strcmp (known->key, request->token + length + 1) : -1;
	return order > 0 || (order == 0 && strncmp (known->id, request->token, length) > 0);
}

int
mock_uploads_list (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload,
                   void *context, struct larder_page *ret_page, struct larder_error *error)
{
	CLEANUP_BUCKET struct bucket bucket = BUCKET_NONE;
	struct uploads uploads CLEANUP (uploads_free) = { 0 };
	struct larder_page page = { .size = sizeof page, .complete = true };
	int code = bucket_open (self, call, request->bucket, false, &bucket, error);
	if (code == 0)
		code = uploads_load (&bucket, request->prefix ? request->prefix : "", &uploads, error);
	uint32_t most = request->most > 0 && request->most < 1000 ? request->most : 1000, given = 0;
	const struct known *last = NULL;
	for (size_t i = 0; code == 0 && i < uploads.count; i++) {
		const struct known *known = &uploads.at[i];
		if (!is_past (known, request))
			continue;
		if (given++ == most) {
			page.complete = false;
			break;
		}
		last = known;
		struct larder_upload open = { .size = sizeof open, .bucket = bucket.name, .key = known->key, .id = known->id, .started = known->started };
		code = upload (context, &open, error);
	}
	if (code == 0 && !page.complete) {
		size_t length = strlen (last->key) + ID_ROOM + 2;
		char *token = larder_host->arena (call, length);
		if (!token)
			return larder_fail_memory (error);
		snprintf (token, length, "%s:%s", last->id, last->key);
		page.token = token;
	}
	if (code == 0)
		larder_give (ret_page, &page);
	return code;
}
