/* faulty-parts.c: uploads of driver-faulty. At most 16 parts. */
#include "faulty.h"

#include <stdio.h>
#include <stdlib.h>

#include "checksum.h"
#include "error.h"

#define PARTS 16

static struct upload **
find_upload (struct faulty *self, const char *id)
{
	struct upload **at = &self->uploads;
	while (*at && strcmp ((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

static int
unknown (const char *id, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_NOTFOUND, "no upload '%s'", id);
}

int
faulty_parts_begin (void *context, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret,
                    struct larder_error *error)
{
	struct faulty *self = context;
	int code = check_place (request->bucket, request->key, self, error);
	if (code < 0)
		return code;
	struct upload *upload = calloc (1, sizeof *upload);
	char *id = larder_host->arena (call, sizeof upload->id);
	if (!upload || !id || !(upload->item = item_new (request->key, &request->attributes, NULL)))
		return free (upload), larder_fail_memory (error);
	snprintf (upload->id, sizeof upload->id, "u%08llu", (unsigned long long) ++self->serial);
	memcpy (id, upload->id, sizeof upload->id);
	upload->next = self->uploads;
	self->uploads = upload;
	const struct larder_upload made = { .size = sizeof made, .bucket = request->bucket, .key = request->key, .id = id };
	larder_give (ret, &made);
	return 0;
}

/* Takes the bytes. */
static int
put (struct faulty *self, const struct larder_upload *request, uint32_t number, char *bytes, size_t length, struct larder_part *ret,
     struct larder_call *call, struct larder_error *error)
{
	struct upload *upload = *find_upload (self, request->id);
	if (!upload || upload->count == PARTS)
		return free (bytes), unknown (request->id, error);
	unsigned at = 0;
	while (at < upload->count && upload->parts[at].number != number)
		at++;
	bool again = at < upload->count;
	if (again && breaks (self, "part-again", NULL, NULL)) {
		free (bytes);
		bytes = upload->parts[at].bytes;
		length = upload->parts[at].length;
	} else if (again)
		free (upload->parts[at].bytes);
	struct part *part = &upload->parts[at];
	*part = (struct part) { .number = number, .bytes = bytes, .length = length };
	snprintf (part->etag, sizeof part->etag, "%016llx", (unsigned long long) crc64nvme (0, bytes, length));
	upload->count += !again;
	char *etag = larder_host->arena (call, sizeof part->etag);
	memcpy (etag, part->etag, sizeof part->etag);
	const struct larder_part made = { .size = sizeof made, .number = number, .length = length, .etag = etag };
	larder_give (ret, &made);
	return 0;
}

int
faulty_parts_write (void *context, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                    const struct larder_source *source, struct larder_part *ret, struct larder_error *error)
{
	char *bytes;
	int code = slurp (context, call, upload->key, source, &bytes, error);
	return code < 0 ? code : put (context, upload, number, bytes, (size_t) source->length, ret, call, error);
}

int
faulty_parts_copy (void *context, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                   const struct larder_read *from, struct larder_part *ret, struct larder_error *error)
{
	struct faulty *self = context;
	const struct item *item = find (self, from->object.key, from->object.version);
	uint64_t offset = breaks (self, "parts-copy", NULL, NULL) ? 0 : from->offset;
	if (!item || offset > item->length)
		return larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", from->object.key);
	size_t left = item->length - (size_t) offset, length = from->length < left ? (size_t) from->length : left;
	char *bytes = malloc (length + 1);
	if (!bytes)
		return larder_fail_memory (error);
	memcpy (bytes, item->bytes + offset, length);
	return put (self, upload, number, bytes, length, ret, call, error);
}

static int
compare_parts (const void *a, const void *b)
{
	const struct part *left = a, *right = b;
	return (left->number > right->number) - (left->number < right->number);
}

/* The parts that the list names, joined. */
static int
join (const struct faulty *self, struct upload *upload, const struct larder_finish *request, struct item *item, struct larder_error *error)
{
	size_t total = 0;
	if (!breaks (self, "parts-order", NULL, NULL))
		qsort (upload->parts, upload->count, sizeof *upload->parts, compare_parts);
	for (unsigned i = 0; i < upload->count; i++)
		total += upload->parts[i].length;
	item->bytes = malloc (total + 1);
	if (!item->bytes)
		return larder_fail_memory (error);
	for (unsigned i = 0; i < upload->count; i++) {
		bool named = false;
		for (size_t k = 0; k < request->count; k++)
			named = named || request->parts[k].number == upload->parts[i].number;
		if (named)
			memcpy (item->bytes + item->length, upload->parts[i].bytes, upload->parts[i].length);
		item->length += named ? upload->parts[i].length : 0;
	}
	for (size_t k = 0; k < request->count && !breaks (self, "gap", NULL, NULL); k++)
		if (request->parts[k].number != k + 1)
			return larder_fail (error, LARDER_E_INTEGRITY, "part %zu is missing", k + 1);
	if (item->length != request->length && !breaks (self, "finish-length", NULL, NULL))
		return larder_fail (error, LARDER_E_INTEGRITY, "%zu bytes, not %llu", item->length, (unsigned long long) request->length);
	return 0;
}

static void
upload_free (struct upload **at)
{
	struct upload *upload = *at;
	*at = upload->next;
	for (unsigned i = 0; i < upload->count; i++)
		free (upload->parts[i].bytes);
	item_free (upload->item);
	free (upload);
}

int
faulty_parts_finish (void *context, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret,
                     struct larder_error *error)
{
	struct faulty *self = context;
	struct upload **at = find_upload (self, request->upload.id);
	if (!*at)
		return unknown (request->upload.id, error);
	const char *key = (*at)->item->key;
	struct item *item = item_new (key, &(*at)->item->attributes, NULL);
	int code = item ? join (self, *at, request, item, error) : larder_fail_memory (error);
	if (code == 0)
		code = condition (self, key, &request->condition, breaks (self, "finish-condition", NULL, NULL) ? key : NULL, error);
	if (code < 0)
		return item_free (item), code;
	item_fill (self, item);
	item_insert (self, item);
	upload_free (at);
	return give (call, item, ret, error);
}

int
faulty_parts_abort (void *context, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error)
{
	struct upload **at = find_upload (context, upload->id);
	(void) call;
	if (breaks (context, "abort", upload->key, "/parts/abort"))
		return 0;
	if (!*at)
		return breaks (context, "abort-unknown", NULL, NULL) ? 0 : unknown (upload->id, error);
	upload_free (at);
	return 0;
}

int
faulty_parts_list (void *context, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *to,
                   struct larder_error *error)
{
	struct upload *found = *find_upload (context, upload->id);
	int code = found ? 0 : unknown (upload->id, error);
	(void) call;
	if (found && !breaks (context, "parts-list", NULL, NULL))
		qsort (found->parts, found->count, sizeof *found->parts, compare_parts);
	for (unsigned i = 0; code == 0 && i < found->count; i++) {
		const struct part *at = &found->parts[i];
		const struct larder_part known = { .size = sizeof known, .number = at->number, .length = at->length, .etag = at->etag };
		code = part (to, &known, error);
	}
	return code;
}

int
faulty_uploads_list (void *context, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload, void *to,
                     struct larder_page *ret_page, struct larder_error *error)
{
	struct faulty *self = context;
	const struct larder_page page = { .size = sizeof page, .complete = true };
	int code = 0;
	(void) call;
	for (const struct upload *at = self->uploads; code == 0 && at && !breaks (self, "uploads-list", NULL, NULL); at = at->next) {
		const struct larder_upload known = { .size = sizeof known, .bucket = request->bucket, .key = at->item->key, .id = at->id };
		if (strncmp (at->item->key, request->prefix, strlen (request->prefix)) == 0)
			code = upload (to, &known, error);
	}
	larder_give (ret_page, &page);
	return code;
}
