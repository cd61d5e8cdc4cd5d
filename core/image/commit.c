/* commit.c: the thumbnail is the claim, the image is the commit. doc/dev/ingest.md walks through every crash. */
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"

/* What stands under a key now. */
struct seen { bool there; const char *digest, *image, *former; int64_t age; struct larder_info info; };

const char *
info_metadata (const struct larder_info *info, const char *name)
{
	for (size_t i = 0; i < info->metadata.count; i++) {
		const struct larder_pair *pair = larder_pair_at (&info->metadata, i);
		if (strcmp (pair->name, name) == 0)
			return pair->value;
	}
	return NULL;
}

static int
look (struct job *job, struct larder_store *store, const char *key, struct seen *ret, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_error inner = LARDER_ERROR_INIT;
	int code = larder_stat (store, job->scratch, key, NULL, &info, &inner);
	*ret = (struct seen) { .there = code == 0 };
	if (code == LARDER_E_NOTFOUND)
		return 0;
	if (code == LARDER_E_INTEGRITY)         /* never "already stored", and nothing that we may replace unasked */
		larder_explain (&inner, LARDER_DETAIL_NEXT, "restore its bytes, or remove it with larder rm; then ingest the picture again");
	if (code < 0) {
		if (error)
			larder_give (error, &inner);
		return code;
	}
	ret->digest = info_metadata (&info, META_DIGEST);
	ret->image = info_metadata (&info, META_IMAGE);
	ret->former = info_metadata (&info, META_FORMER);
	ret->age = module_host.store_now () - info.mtime;
	ret->info = info;
	return 0;
}

static bool
is_ours (const struct job *job, const struct seen *seen)
{
	return seen->there && seen->digest && strcmp (seen->digest, job->digest) == 0;
}

static int
conflict (const char *next, struct larder_error *error, const char *format, const char *key, const char *other)
{
	char text[400];
	snprintf (text, sizeof text, "%s", format);
	int code = larder_fail (error, LARDER_E_CONFLICT, "'%s' %s%s%s%s", key, text, other ? " '" : "", other ? other : "", other ? "'" : "");
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

static int
fail_taken (const struct job *job, struct larder_error *error)
{
	return conflict ("the job has another picture; take another job, or replace it: --overwrite", error,
	                 "holds another picture of this job already", job->key, NULL);
}

/* Committed already, thumbnail and all? Asked before the decode: the second run of a batch costs little. Whoever may only write learns
 * nothing here; the create-only writes decide all the same. */
int
job_already (struct job *job, bool *ret_already, struct larder_error *error)
{
	struct seen image, thumbnail = { .there = true };
	int code = look (job, job->images, job->key, &image, error);
	if (code == LARDER_E_DENIED)
		return 0;
	if (code == 0 && image.there && !is_ours (job, &image) && !job->request->overwrite)
		return fail_taken (job, error);
	if (code == 0 && is_ours (job, &image) && job->thumbnails)
		code = look (job, job->thumbnails, job->thumbnail_key, &thumbnail, error);
	bool finish = job->request->overwrite && thumbnail.former;      /* an overwrite in another format may have been cut short */
	if (code == 0)
		*ret_already = is_ours (job, &image) && thumbnail.there && (!job->thumbnails || is_ours (job, &thumbnail)) && !finish;
	return code;
}

static int
put_thumbnail (struct job *job, bool create_only, const char *if_match, struct larder_info *ret_info, struct larder_error *error)
{
	const struct larder_pair pairs[] = { { META_DIGEST, job->digest }, { META_IMAGE, job->key }, { META_FORMER, job->former_key } };
	struct memory_source memory;
	struct larder_source source;
	char format[64];
	const struct module *codec = NULL;
	snprintf (format, sizeof format, "%.*s", (int) strcspn (job->pipeline->thumbnail_encode, " "), job->pipeline->thumbnail_encode);
	int code = registry_codec_named (larder_registry (job->larder), format, &codec, error);
	if (code < 0)
		return code;
	memory_source_begin (&memory, job->thumbnail.at, job->thumbnail.length, &source);
	struct larder_put put = {
		.size = sizeof put, .key = job->thumbnail_key, .create_only = create_only, .if_match = if_match,
		.attributes = { .size = sizeof put.attributes, .content_type = codec->codec->content_type, .cache_control = job->pipeline->cache_control,
			.metadata_given = true, .metadata = { pairs, job->former_key ? 3 : 2, sizeof *pairs } },
	};
	return job_put (job, job->thumbnails, &put, &source, ret_info, error);
}

/* The image that stands while this job writes another one: the one that the claim names, or, when somebody died before he
 * wrote that, the one it was to replace. Also when somebody overwrote it for our image, and died before he removed it. */
static int
find_former (struct job *job, const struct seen *claim, struct larder_error *error)
{
	const char *former = claim->former;
	struct seen image = { .there = true };
	if (claim->image && strcmp (claim->image, job->key) != 0) {
		bool choice = claim->former && strcmp (claim->former, job->key) != 0;
		int code = choice ? look (job, job->images, claim->image, &image, error) : 0;
		if (code < 0)
			return code;
		former = image.there ? claim->image : claim->former;
	}
	job->former_key = former && strcmp (former, job->key) != 0 ? former : NULL;
	return 0;
}

/* Somebody's claim stands there: go on with it, take it over, or give way. */
static int
meet_claim (struct job *job, const struct seen *claim, struct larder_info *ret_info, bool *ret_written, struct larder_error *error)
{
	if (job->request->overwrite) {
		int code = find_former (job, claim, error);
		*ret_written = code == 0;
		return code < 0 ? code : put_thumbnail (job, false, claim->info.etag, ret_info, error);
	}
	if (claim->image && strcmp (claim->image, job->key) != 0)
		return conflict ("the job has a picture in another format, or one is under way; take another job, or --overwrite", error,
		                 "is claimed for", job->thumbnail_key, claim->image);
	if (is_ours (job, claim))
		return 0;
	struct seen image;
	int code = look (job, job->images, job->key, &image, error);
	if (code < 0)
		return code;
	if (image.there && !is_ours (job, &image))
		return fail_taken (job, error);
	if (!image.there && claim->age < job->pipeline->grace)
		return conflict ("another ingest of this job with other bytes is under way; wait for it, or for the grace time to pass", error,
		                 "is claimed by another picture of this job", job->thumbnail_key, NULL);
	*ret_written = true;
	return put_thumbnail (job, false, claim->info.etag, ret_info, error);
}

enum { CLAIM_TRIES = 4 };

/* Claim: create-only; what is found instead decides. It may vanish between the two looks, so a few turns. */
static int
claim (struct job *job, struct larder_info *ret_info, bool *ret_written, struct larder_error *error)
{
	int code = LARDER_E_CONFLICT;
	for (int turn = 0; turn < CLAIM_TRIES && code == LARDER_E_CONFLICT; turn++) {
		struct seen found;
		*ret_written = true;
		code = put_thumbnail (job, true, NULL, ret_info, error);
		if (code != LARDER_E_CONFLICT)
			return code;
		*ret_written = false;
		code = look (job, job->thumbnails, job->thumbnail_key, &found, error);
		if (code < 0)
			return code;
		if (found.there)
			return meet_claim (job, &found, ret_info, ret_written, error);
		code = LARDER_E_CONFLICT;
	}
	return conflict ("try again", error, "changes all the time", job->thumbnail_key, NULL);
}

static int
put_image (struct job *job, bool create_only, const char *if_match, struct larder_info *ret_info, struct larder_error *error)
{
	struct memory_source memory;
	struct larder_source source;
	job_source (job, &memory, &source);
	struct larder_put put = {
		.size = sizeof put, .key = job->key, .create_only = create_only, .if_match = if_match,
		.attributes = { .size = sizeof put.attributes, .content_type = job->content_type, .cache_control = job->pipeline->cache_control,
			.metadata_given = true, .metadata = job->metadata },
	};
	return job_put (job, job->images, &put, &source, ret_info, error);
}

/* Create-only failed: who was it? */
static int
meet_image (struct job *job, uint32_t *ret_stored, struct larder_error *error)
{
	struct seen image;
	int code = look (job, job->images, job->key, &image, error);
	if (code < 0)
		return code;
	if (is_ours (job, &image)) {
		*ret_stored = LARDER_STORED_ALREADY;
		return 0;
	}
	if (!job->request->overwrite || !image.there)
		return fail_taken (job, error);
	struct larder_info info = { .size = sizeof info };
	*ret_stored = LARDER_STORED_REPLACED;
	return put_image (job, false, image.info.etag, &info, error);
}

/* Whoever was slower than the grace time may have lost its claim to another picture, and still committed first; whoever
 * went on from another's claim may have seen it taken back or swept: the thumbnail must be of the image that stands. */
static int
confirm_thumbnail (struct job *job, struct larder_error *error)
{
	struct seen found;
	struct larder_info info = { .size = sizeof info };
	int code = look (job, job->thumbnails, job->thumbnail_key, &found, error);
	if (code < 0 || (is_ours (job, &found) && found.image && strcmp (found.image, job->key) == 0))
		return code;
	return put_thumbnail (job, !found.there, found.there ? found.info.etag : NULL, &info, error);
}

/* Certainly not stored, and the claim was written by this very job: take it back. On doubt it stays; the next run of
 * the same job goes on from it, and the sweep removes it in the end. An overwrite's stays too: the old image stands.
 * The same picture may have gone on from the claim in another process: if its image is there now, so is the thumbnail again. */
static void
unclaim (struct job *job, int code, const struct larder_info *claimed)
{
	struct seen image;
	struct larder_info info = { .size = sizeof info };
	bool certain = code == LARDER_E_NOSPACE || code == LARDER_E_DENIED || code == LARDER_E_INVALID || code == LARDER_E_UNSUPPORTED || code == LARDER_E_INTEGRITY;
	if (!certain || !claimed->etag || job->request->overwrite)
		return;
	if (store_remove_seen (job->thumbnails, job->thumbnail_key, claimed, NULL) < 0)
		return;
	job_removed (job, job->thumbnails, job->thumbnail_key);
	if (look (job, job->images, job->key, &image, NULL) == 0 && is_ours (job, &image))
		(void) put_thumbnail (job, true, NULL, &info, NULL);
}

/* Two writers at once that a store could not tell apart: whose image stands has won. */
static int
confirm_image (struct job *job, struct larder_error *error)
{
	struct seen image;
	int code = look (job, job->images, job->key, &image, error);
	return code < 0 || is_ours (job, &image) ? code : fail_taken (job, error);
}

/* A picture in a former format would point at the thumbnail of the new one. It goes last: until then both are whole.
 * Never by its version: where there are versions, the one before it would come forth. */
static int
remove_former (struct job *job, const char *key, struct larder_error *error)
{
	struct seen former;
	int code = look (job, job->images, key, &former, error);
	const char *thumbnail = code == 0 && former.there ? info_metadata (&former.info, META_THUMBNAIL) : NULL;
	if (!thumbnail || strcmp (thumbnail, job->thumbnail_key) != 0)
		return code;
	ledger_replaces (job->ledger, job->images, key);
	code = store_remove_if (job->images, key, former.info.etag, error);
	if (code == LARDER_E_UNSUPPORTED)
		code = store_remove_if (job->images, key, NULL, error);
	if (code == 0)
		job_removed (job, job->images, key);
	return code;
}

/* The one we know of, and what changes of format before it have left when they were cut short. */
static int
remove_formers (struct job *job, struct larder_error *error)
{
	int code = remove_former (job, job->former_key, error);
	for (const char *const *format = job->pipeline->formats; code == 0 && format && *format; format++) {
		const char *key;
		code = job_key_in (job, *format, &key, error);
		if (code == 0 && key && strcmp (key, job->key) != 0 && strcmp (key, job->former_key) != 0)
			code = remove_former (job, key, error);
	}
	return code;
}

int
job_commit (struct job *job, uint32_t *ret_stored, struct larder_error *error)
{
	struct larder_info claimed = { .size = sizeof claimed }, info = { .size = sizeof info };
	bool written = false;
	int64_t begun = clock_boot ();
	int code = job->thumbnails ? claim (job, &claimed, &written, error) : 0;
	if (code < 0)
		return code;
	*ret_stored = LARDER_STORED_NEW;
	code = put_image (job, true, NULL, &info, error);
	if (code == LARDER_E_CONFLICT)
		code = meet_image (job, ret_stored, error);
	if (code < 0 && written)
		unclaim (job, code, &claimed);
	if (code == 0 && job->undecided)
		code = confirm_image (job, error);
	if (code == 0 && job->thumbnails && (job->undecided || !written || clock_boot () - begun >= job->pipeline->grace / 2))
		code = confirm_thumbnail (job, error);
	if (code == 0 && job->former_key)
		code = remove_formers (job, error);
	return code;
}
