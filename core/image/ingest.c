/* ingest.c: one picture taken in: prepared, then committed. */
#include "job.h"

#include <string.h>

#include "clock.h"
#include "arena.h"
#include "error.h"
#include "template.h"

static const char *
note_of (const struct job *job)
{
	return job->note && job->store_note ? arena_printf (job->arena, "%s; %s", job->note, job->store_note) : job->note ? job->note : job->store_note;
}

static void
fill_result (const struct job *job, uint32_t stored, struct larder_ingested *ret)
{
	struct larder_ingested result = {
		.size = sizeof result, .stored = stored, .bucket = arena_copy (job->arena, store_bucket (job->images)), .key = job->key,
		.thumbnail_bucket = job->thumbnails ? arena_copy (job->arena, store_bucket (job->thumbnails)) : NULL, .thumbnail_key = job->thumbnail_key,
		.content_type = job->content_type, .note = note_of (job), .length = job->is_encoded ? job->encoded.length : job->is_stripped ? job->strip.length : job->input.source.length,
		.thumbnail_length = job->thumbnail.length, .width = job->width, .height = job->height,
		.thumbnail_width = job->small.width, .thumbnail_height = job->small.height,
	};
	(void) larder_url (job->images, job->arena, job->key, &result.url, NULL);
	if (job->thumbnails)
		(void) larder_url (job->thumbnails, job->arena, job->thumbnail_key, &result.thumbnail_url, NULL);
	result.elapsed = clock_boot () - job->started;
	larder_give (ret, &result);
}

/* Facts of what is there already, from the store. */
static int
fill_already (struct job *job, struct larder_ingested *ret, struct larder_error *error)
{
	struct larder_info image = { .size = sizeof image }, thumbnail = { .size = sizeof thumbnail };
	int code = larder_stat (job->images, job->scratch, job->key, NULL, &image, error);
	if (code == 0 && job->thumbnails)
		code = larder_stat (job->thumbnails, job->scratch, job->thumbnail_key, NULL, &thumbnail, error);
	if (code < 0)
		return code;
	fill_result (job, LARDER_STORED_ALREADY, ret);
	struct larder_ingested result = { .size = sizeof result };
	larder_give (&result, ret);
	result.length = image.length;
	result.thumbnail_length = thumbnail.length;
	larder_give (ret, &result);
	return 0;
}

static int
run (struct job *job, struct larder_ingested *ret, struct larder_error *error)
{
	bool already = false;
	uint32_t stored = LARDER_STORED_WOULD;
	int code = job_open (job, error);
	if (code == 0)
		code = job_identify (job, error);
	if (code == 0)
		code = job_already (job, &already, error);
	if (code < 0)
		return code;
	if (already)
		return fill_already (job, ret, error);
	code = job_make (job, error);
	if (code == 0 && !job->request->dry_run)
		code = job_commit (job, &stored, error);
	if (code == 0)
		fill_result (job, stored, ret);
	return code;
}

int
ingest_within (struct larder *larder, struct ledger *ledger, struct larder_arena *arena, const struct larder_ingest *request, uint64_t memory,
               struct larder_ingested *ret, struct larder_error *error)
{
	struct larder_ingest asked = { .size = sizeof asked };
	larder_give (&asked, request);
	CLEANUP_ARENA struct larder_arena *scratch = arena_new ();
	if (!scratch)
		return larder_fail_memory (error);
	struct job job = { .larder = larder, .ledger = ledger, .arena = arena, .scratch = scratch, .request = &asked, .memory = memory, .started = clock_boot () };
	job.call = larder_call_begin (larder, scratch);
	job.input.fd = -1;
	int code = run (&job, ret, error);
	job_close (&job);
	return code;
}

int
larder_ingest (struct larder *larder, struct larder_arena *arena, const struct larder_ingest *request, struct larder_ingested *ret,
               struct larder_error *error)
{
	struct ledger ledger;
	ledger_begin (&ledger, larder);
	return ledger_end (&ledger, ingest_within (larder, &ledger, arena, request, larder_memory_of (larder), ret, error), error);
}

int
larder_thumbnail_key (struct larder *larder, struct larder_arena *arena, const char *pipeline, const char *key, const char **ret,
                      struct larder_error *error)
{
	const struct schema_pipeline *schema;
	int code = pipeline_find (larder, pipeline, &schema, error);
	if (code == 0 && !schema->thumbnail_store)
		code = larder_fail (error, LARDER_E_UNSUPPORTED, "pipeline '%s' makes no thumbnails", pipeline ? pipeline : "image");
	return code < 0 ? code : template_translate (arena, schema->key, schema->thumbnail_key, key, ret, error);
}
