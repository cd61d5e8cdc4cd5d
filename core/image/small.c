/* small.c: a thumbnail for the caller. */
#include "job.h"

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"

/* Codecs, then rows into job->small. */
static int
make_small (struct job *job, uint32_t width, uint32_t height, struct larder_error *error)
{
	struct pixels pixels = { 0 };
	int code = job_formats (job, error);
	if (code < 0)
		return code;
	struct larder_decode request = decode_of (job->pipeline, job->memory);
	job->call.cpu_end = clock_cpu () + job->pipeline->max_time;
	buffer_init (&job->encoded, job->pipeline->max_file_size);
	code = job_pixels (job, &request, &pixels, error);
	if (code == 0)
		code = thumbnail_make (&job->small, &pixels, &job->call, width, height, NULL, NULL, error);
	pixels_close (&pixels);
	code = job_ended (job, code, error);
	return code == 0 && job->has_input ? input_check (&job->input, error) : code;
}

static int
give_small (struct job *job, struct larder_raster *ret, struct larder_error *error)
{
	const struct thumbnail *small = &job->small;
	size_t stride = (size_t) small->width * small->channels;
	struct larder_raster raster = {
		.size = sizeof raster, .width = small->width, .height = small->height, .stride = stride,
		.pixels = small->channels, /* the number of samples is the format: 1 GREY8 … 4 RGBA8 */
		.rows = arena_copy_bytes (job->arena, (const char *) small->rows, stride * small->height),
	};
	if (!raster.rows)
		return larder_fail_memory (error);
	larder_give (ret, &raster);
	return 0;
}

static int
run (struct job *job, uint32_t width, uint32_t height, struct larder_raster *ret, struct larder_error *error)
{
	int code = job_check (job->request, error);
	if (code == 0 && (!width || !height))
		code = larder_fail (error, LARDER_E_INVALID, "nothing fits into %ux%u", width, height);
	if (code == 0)
		code = pipeline_find (job->larder, job->request->pipeline, &job->pipeline, error);
	if (code == 0)
		code = job_input (job, error);
	if (code == 0)
		code = make_small (job, width, height, error);
	return code < 0 ? code : give_small (job, ret, error);
}

int
larder_thumbnail (struct larder *larder, struct larder_arena *arena, const struct larder_ingest *picture, uint32_t width, uint32_t height,
                  struct larder_raster *ret, struct larder_error *error)
{
	struct larder_ingest asked = { .size = sizeof asked };
	larder_give (&asked, picture);
	asked.format = NULL;
	CLEANUP_ARENA struct larder_arena *scratch = arena_new ();
	if (!scratch)
		return larder_fail_memory (error);
	struct job job = {
		.larder = larder, .arena = arena, .scratch = scratch, .request = &asked, .memory = larder_memory_of (larder),
		.call = larder_call_begin (larder, scratch), .input = { .fd = -1 },
	};
	int code = run (&job, width, height, ret, error);
	job_close (&job);
	return code;
}
