/* probe.c: what a picture is, and what ingest would do with it: the same decoding and encoding, and nothing stored. */
#include "job.h"

#include <string.h>

#include "arena.h"
#include "error.h"

static void
fill (struct larder_arena *arena, const struct module *codec, const struct larder_picture *picture, struct larder_probed *ret)
{
	upright (picture->orientation, picture->full_width, picture->full_height, &ret->width, &ret->height);
	ret->format = codec->name;
	ret->content_type = codec->codec->content_type;
	ret->colour = arena_copy (arena, picture->colour);
	ret->profile = arena_copy (arena, picture->profile);
	ret->note = arena_copy (arena, picture->note);
	ret->depth = picture->depth;
	ret->orientation = picture->orientation;
	ret->frames = picture->frames;
	ret->alpha = picture->flags & LARDER_PICTURE_ALPHA;
	ret->interlaced = picture->flags & LARDER_PICTURE_INTERLACED;
	ret->rows = picture->flags & LARDER_PICTURE_ROWS;
	ret->trailing = picture->flags & LARDER_PICTURE_TRAILING;
	ret->memory = picture->memory;
}

/* The header, of the whole picture: ingest may let its decoder leave pixels out. */
static int
read_header (struct job *job, struct larder_probed *ret, struct larder_error *error)
{
	struct pixels pixels;
	struct larder_decode request = decode_of (job->pipeline, job->memory);
	request.header_only = true;
	int code = pixels_open (&pixels, job->larder, job->source_codec, &job->call, &job->input.source, &request, error);
	if (code < 0)
		return code;
	fill (job->arena, job->source_codec, &pixels.picture, ret);
	pixels_close (&pixels);
	return 0;
}

static const char *
what_ingest_does (const struct job *job)
{
	const char *how = job->keep ? "kept as" : "encoded as";
	const char *bytes = !job->keep ? "" : job->is_stripped ? ", metadata taken out" : ", byte for byte";
	return job->small.width
		? arena_printf (job->arena, "%s %s%s, with a thumbnail of %ux%u (%s)", how, job->codec->name, bytes, job->small.width, job->small.height,
		                job->pipeline->thumbnail_encode)
		: arena_printf (job->arena, "%s %s%s, without a thumbnail", how, job->codec->name, bytes);
}

/* All that ingest does before it looks at a store: what that refuses, a probe refuses with the same words. */
static int
probe_job (struct job *job, struct larder_probed *ret, struct larder_error *error)
{
	int code = job_input (job, error);
	if (code == 0)
		code = job_formats (job, error);
	if (code == 0)
		code = read_header (job, ret, error);
	if (code == 0)
		code = job_make (job, error);
	if (code < 0)
		return code;
	ret->note = job->note;
	ret->thumbnail_width = job->small.width;
	ret->thumbnail_height = job->small.height;
	ret->would = larder_configuration (job->larder) ? what_ingest_does (job) : NULL;
	return 0;
}

/* Without configuration: the schema's defaults. */
static const char *const default_formats[] = { "png", "webp", "jpeg", NULL };
static const struct schema_pipeline default_pipeline = {
	.encode = "png", .keep = true, .formats = default_formats, .quality = 95, .max_time = INT64_C (60000000000),
	.max_width = 65535, .max_height = 65535, .max_pixels = 100000000, .max_memory = UINT64_C (512) << 20, .max_metadata = 8 << 20,
	.max_file_size = UINT64_C (1) << 30, .max_frames = 1000, .max_scans = 100, .max_expansion = 1000000,
};

int
larder_probe (struct larder *larder, struct larder_arena *arena, const char *file, struct larder_probed *ret, struct larder_error *error)
{
	const struct schema_pipeline *pipeline = &default_pipeline;
	int code = larder_configuration (larder) ? pipeline_find (larder, NULL, &pipeline, error) : 0;
	if (code < 0)
		return code;
	CLEANUP_ARENA struct larder_arena *scratch = arena_new ();
	if (!scratch)
		return larder_fail_memory (error);
	struct larder_ingest request = { .size = sizeof request, .file = file };
	struct larder_probed probed = { .size = sizeof probed };
	struct job job = {
		.larder = larder, .arena = arena, .scratch = scratch, .request = &request, .pipeline = pipeline, .memory = larder_memory_of (larder),
		.call = larder_call_begin (larder, scratch), .input = { .fd = -1 },
	};
	code = probe_job (&job, &probed, error);
	job_close (&job);
	if (code == 0)
		larder_give (ret, &probed);
	return code;
}
