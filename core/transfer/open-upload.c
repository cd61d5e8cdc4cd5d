/* open-upload.c: an upload that is open at a store, and its journal: begun, gone on with, given up. Whatever is open is known to the journal
 * from before it was asked for. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "open-upload.h"

#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"
#include "store.h"

static void
add_text (uint64_t *crc, const char *text)
{
	*crc = crc64nvme (*crc, text ? text : "", text ? strlen (text) + 1 : 0);
	*crc = crc64nvme (*crc, "", 1);
}

uint64_t
open_upload_attributes (const struct larder_attributes *attributes)
{
	uint64_t crc = 0;
	add_text (&crc, attributes->content_type);
	add_text (&crc, attributes->content_encoding);
	add_text (&crc, attributes->cache_control);
	add_text (&crc, attributes->content_disposition);
	add_text (&crc, attributes->storage_class);
	add_text (&crc, attributes->encryption);
	for (size_t i = 0; i < attributes->metadata.count; i++) {
		add_text (&crc, larder_pair_at (&attributes->metadata, i)->name);
		add_text (&crc, larder_pair_at (&attributes->metadata, i)->value);
	}
	return crc;
}

/* ---- going on ---------------------------------------------------------------------------------- */

static int
take_part (void *context, const struct larder_part *part, struct larder_error *error)
{
	struct open_upload *open = context;
	if (part->number < 1 || part->number > open->plan->count || part->length != plan_length (open->plan, part->number) || !part->etag)
		return 0;
	int ours = open->is_ours (open, part, error);
	if (ours <= 0)
		return ours;
	open->done[part->number - 1] = true;
	return parts_list_add (&open->list, part, error);
}

/* What the run before has left is of something else: it goes. Where that cannot be said to the store, its journal stays. */
static void
give_up_old (struct open_upload *open)
{
	if (store_parts_abort (open->store, &open->upload, NULL) < 0)
		journal_set_aside (&open->journal);
}

static void
forget_parts (struct open_upload *open)
{
	open->list.count = 0;
	if (open->done)
		memset (open->done, 0, open->plan->count * sizeof *open->done);
}

/* 1: the upload of the run before goes on. 0: there is none, or it is of something else and is given up. */
static int
take_up (struct open_upload *open, const char *pin, struct larder_error *error)
{
	const struct journal *journal = &open->journal;
	if (!journal->id)
		return 0;
	open->upload = (struct larder_upload) {
		.size = sizeof open->upload, .bucket = store_bucket (open->store), .key = open->put->key, .id = arena_copy (open->list.arena, journal->id),
	};
	if (!open->upload.id)
		return larder_fail_memory (error);
	bool same = open->is_ours && strcmp (journal->pin, pin) == 0 && journal->part == open->plan->part;
	int code = same ? store_parts_list (open->store, &open->upload, take_part, open, error) : LARDER_E_UNSUPPORTED;
	if (code == 0)
		return 1;
	if (code != LARDER_E_NOTFOUND && code != LARDER_E_UNSUPPORTED)
		return code;
	if (code == LARDER_E_UNSUPPORTED)
		give_up_old (open);
	forget_parts (open);
	return 0;
}

/* The journal says what is asked for, then for what it was answered. */
static int
ask (struct open_upload *open, bool copied, const char *pin, struct larder_error *error)
{
	open->upload = (struct larder_upload) { .size = sizeof open->upload };
	if (open->journal.fd < 0 && !open->journal.beside)
		larder_tell_no_journal (store_larder (open->store));
	int code = journal_begin (&open->journal, &open->what, NULL, pin, open->plan ? open->plan->part : 0, error);
	if (code < 0)
		return code;
	code = store_parts_begin (open->store, open->list.arena, open->put, copied, &open->upload, error);
	return code < 0 ? code : journal_answered (&open->journal, open->upload.id, open->upload.uncertain, error);
}

int
open_upload_begin (struct open_upload *open, const char *state, bool copied, const char *pin, struct larder_error *error)
{
	journal_open (&open->journal, state, &open->what);
	int code = take_up (open, pin, error);
	open->taken_up = code > 0;
	return code < 0 ? code : code > 0 ? 0 : ask (open, copied, pin, error);
}

int
open_upload_anew (struct open_upload *open, bool copied, const char *pin, struct larder_error *error)
{
	give_up_old (open);
	forget_parts (open);
	open->taken_up = false;
	return ask (open, copied, pin, error);
}

void
open_upload_end (struct open_upload *open, int code, struct larder_error *error)
{
	bool goes_on = open->is_ours && open->upload.id && journal_keeps (&open->journal, code);
	bool lost = code < 0 && !open->upload.id && open->upload.uncertain;
	if (code < 0 && !goes_on && open->upload.id)
		lost = store_parts_abort (open->store, &open->upload, NULL) < 0;
	if (goes_on)
		journal_end (&open->journal, code, error);
	else if (lost)
		journal_close (&open->journal);
	else
		journal_remove (&open->journal);
	parts_list_free (&open->list);
}
