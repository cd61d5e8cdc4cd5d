/* probe.c: what a picture is, from its header, and what ingest would do with it. */
#include "job.h"

#include <string.h>

#include "error.h"
#include "resize.h"
#include "text.h"

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

static int
say_what_ingest_does (struct larder_arena *arena, const struct schema_pipeline *pipeline, const struct module *codec, struct larder_probed *ret,
                      struct larder_error *error)
{
	uint32_t box_width, box_height;
	struct encoding encoding;
	int code = encoding_parse (pipeline->encode, &encoding, error);
	if (code == 0)
		code = box_parse (pipeline->thumbnail_fit, &box_width, &box_height, error);
	if (code < 0)
		return code;
	const char *how = !pipeline->keep ? "encoded as" : "kept as", *format = pipeline->keep ? codec->name : encoding.format;
	const char *bytes = !pipeline->keep ? "" : strip_wanted (pipeline->strip) ? ", metadata taken out" : ", byte for byte";
	resize_fit (ret->width, ret->height, box_width, box_height, &ret->thumbnail_width, &ret->thumbnail_height);
	ret->would = pipeline->thumbnail_store
		? arena_printf (arena, "%s %s%s, with a thumbnail of %ux%u (%s)", how, format, bytes, ret->thumbnail_width, ret->thumbnail_height,
		                pipeline->thumbnail_encode)
		: arena_printf (arena, "%s %s%s, without a thumbnail", how, format, bytes);
	return 0;
}

static int
probe_input (struct larder *larder, struct larder_arena *arena, const struct input *input, const struct schema_pipeline *pipeline,
             struct larder_probed *ret, struct larder_error *error)
{
	unsigned char head[64];
	const struct module *codec;
	struct pixels pixels;
	struct larder_call call = larder_call_begin (larder, arena);
	struct larder_decode request = decode_of (pipeline, memory_budget (larder));
	request.header_only = true;
	int64_t got = source_pread (&input->source, head, sizeof head, 0, error);
	int code = got < 0 ? (int) got : registry_codec_for (larder_registry (larder), head, (size_t) got, &codec, error);
	if (code == 0)
		code = pixels_open (&pixels, larder, codec, &call, &input->source, &request, error);
	if (code < 0)
		return code;
	fill (arena, codec, &pixels.picture, ret);
	pixels_close (&pixels);
	return larder_configuration (larder) ? say_what_ingest_does (arena, pipeline, codec, ret, error) : 0;
}

/* Without configuration the limits are the schema's defaults. */
static const struct schema_pipeline default_limits = {
	.max_width = 65535, .max_height = 65535, .max_pixels = 100000000, .max_memory = UINT64_C (512) << 20, .max_metadata = 8 << 20,
	.max_file_size = UINT64_C (1) << 30, .max_frames = 1000, .max_scans = 100, .max_expansion = 1000000,
};

int
larder_probe (struct larder *larder, struct larder_arena *arena, const char *file, struct larder_probed *ret, struct larder_error *error)
{
	const struct schema_pipeline *pipeline = &default_limits;
	int code = larder_configuration (larder) ? pipeline_find (larder, NULL, &pipeline, error) : 0;
	if (code < 0)
		return code;
	struct larder_ingest request = { .size = sizeof request, .file = file };
	struct input input;
	code = input_open (&input, &request, pipeline->max_file_size, error);
	if (code < 0)
		return code;
	struct larder_probed probed = { .size = sizeof probed };
	code = probe_input (larder, arena, &input, pipeline, &probed, error);
	input_close (&input);
	if (code == 0)
		larder_give (ret, &probed);
	return code;
}
