/* prepare.c: everything before the first write: what the picture is, what it will be called, its thumbnail. */
#include "job.h"

#include <larder/driver.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "template.h"
#include "text.h"

int
pipeline_find (struct larder *larder, const char *name, const struct schema_pipeline **ret, struct larder_error *error)
{
	const struct config *config = larder_configuration (larder);
	const struct config_section *section;
	if (!config)
		return larder_fail (error, LARDER_E_INVALID, "this handle has no configuration, so no pipeline");
	int code = config_find (config, "pipeline", name ? name : "image", &section, error);
	if (code == 0)
		*ret = config_struct (section);
	return code;
}

int
format_check (const struct schema_pipeline *pipeline, const char *format, char ret[32], struct larder_error *error)
{
	char names[128] = "";
	const char *name = strcasecmp (format, "jpg") == 0 ? "jpeg" : format;
	for (const char *const *known = pipeline->formats; known && *known; known++) {
		size_t length = strlen (names);
		if (strcasecmp (*known, name) == 0 && strlen (*known) < 32) {
			memcpy (ret, *known, strlen (*known) + 1);
			return 0;
		}
		snprintf (names + length, sizeof names - length, "%s%s", length ? ", " : "", *known);
	}
	return larder_fail_next (error, LARDER_E_INVALID, "take one of these; 'formats' of the pipeline lists what it takes in",
		"unknown format '%s': one of %s", format, names);
}

int
job_check (const struct larder_ingest *request, struct larder_error *error)
{
	if (!request->file + !request->source + !request->raster != 2)
		return larder_fail (error, LARDER_E_INVALID, "a picture comes as exactly one of file, source and pixels");
	return 0;
}

static int
check_request (const struct larder_ingest *request, struct larder_error *error)
{
	int code = job_check (request, error);
	if (code == 0)
		code = template_check_id ("user", request->user, error);
	if (code == 0)
		code = template_check_id ("job", request->job, error);
	for (size_t i = 0; i < request->values.count && code == 0; i++) {
		const struct larder_pair *pair = larder_pair_at (&request->values, i);
		code = template_check_id (pair->name, pair->value, error);
	}
	return code;
}

static bool
is_declared (const struct schema_pipeline *pipeline, const char *name)
{
	const char *const *value = pipeline->values;
	while (value && *value && strcmp (*value, name) != 0)
		value++;
	return value && *value;
}

/* What the pipeline declares in `values` is given, all of it and nothing else. */
static int
check_values (const struct larder_ingest *request, const struct schema_pipeline *pipeline, struct larder_error *error)
{
	char next[200] = "";
	for (const char *const *value = pipeline->values; value && *value; value++) {
		unsigned given = 0;
		for (size_t i = 0; i < request->values.count; i++)
			given += strcmp (larder_pair_at (&request->values, i)->name, *value) == 0;
		snprintf (next, sizeof next, "give it once: --value %s=…", *value);
		if (given != 1)
			return larder_fail_next (error, LARDER_E_INVALID, next, "value '%s' of the pipeline is %s", *value, given ? "given twice" : "not given");
	}
	for (size_t i = 0; i < request->values.count; i++) {
		const char *name = larder_pair_at (&request->values, i)->name;
		snprintf (next, sizeof next, "declare it in 'values' of the pipeline, or leave it out");
		if (!is_declared (pipeline, name))
			return larder_fail_next (error, LARDER_E_INVALID, next, "value '%s' is none of the pipeline's", name);
	}
	return 0;
}

/* Without metadata no digest, and nothing can be told apart. Without conditional writes put.c looks instead. */
static int
check_caps (struct job *job, const struct larder_store *store, struct larder_error *error)
{
	uint64_t caps = store_caps (store);
	if (!(caps & LARDER_CAP_METADATA))
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "take a backend that keeps metadata",
		                         "store '%s' keeps no metadata: two ingests of one job could mix", store_name (store));
	if (job->undecided || (caps & LARDER_CAP_CREATE_ONLY && caps & LARDER_CAP_IF_MATCH))
		return 0;
	job->undecided = true;
	job->store_note = arena_printf (job->arena, "store '%s' cannot decide who writes first: two ingests of one job at once may mix",
	                                store_name (store));
	return job->store_note ? 0 : larder_fail_memory (error);
}

int
job_input (struct job *job, struct larder_error *error)
{
	if (job->request->raster)
		return 0;
	int code = input_open (&job->input, job->larder, job->request, job->pipeline->max_file_size, error);
	job->has_input = code == 0;
	return code;
}

static int
open_manifests (struct job *job, struct larder_error *error)
{
	int code = ledger_open (job->ledger, job->images, &job->images_manifest, error);
	return code == 0 && job->thumbnails ? ledger_open (job->ledger, job->thumbnails, &job->thumbnails_manifest, error) : code;
}

int
job_open (struct job *job, struct larder_error *error)
{
	const struct larder_ingest *request = job->request;
	int code = check_request (request, error);
	if (code == 0)
		code = pipeline_find (job->larder, request->pipeline, &job->pipeline, error);
	if (code == 0)
		code = check_values (request, job->pipeline, error);
	if (code == 0)
		code = larder_store_open (job->larder, job->pipeline->store, &job->images, error);
	if (code == 0 && job->pipeline->thumbnail_store)
		code = larder_store_open (job->larder, job->pipeline->thumbnail_store, &job->thumbnails, error);
	if (code == 0)
		code = check_caps (job, job->images, error);
	if (code == 0 && job->thumbnails)
		code = check_caps (job, job->thumbnails, error);
	if (code == 0 && job->pipeline->manifest && job->ledger && !request->dry_run)
		code = open_manifests (job, error);
	if (code == 0)
		code = job_input (job, error);
	job->time = request->at == LARDER_NO_TIME ? clock_wall () : request->at;
	return code;
}

/* Which codec reads it, by its bytes and never by its name. */
static int
find_source_codec (struct job *job, struct larder_error *error)
{
	unsigned char head[64];
	char format[32];
	int64_t got = source_pread (&job->input.source, head, sizeof head, 0, error);
	if (got < 0)
		return (int) got;
	int code = registry_codec_for (larder_registry (job->larder), head, (size_t) got, &job->source_codec, error);
	return code < 0 ? code : format_check (job->pipeline, job->source_codec->name, format, error);
}

/* Kept as it came, unless another format is asked for or the pipeline converts everything. */
int
job_formats (struct job *job, struct larder_error *error)
{
	char format[32];
	int code = job->has_input ? find_source_codec (job, error) : 0;
	if (code == 0)
		code = encoding_parse (job->pipeline->encode, &job->encoding, error);
	const char *wanted = job->request->format ? job->request->format : job->source_codec && job->pipeline->keep ? job->source_codec->name : job->encoding.format;
	if (code == 0)
		code = format_check (job->pipeline, wanted, format, error);
	if (code < 0)
		return code;
	job->keep = job->source_codec && job->pipeline->keep && strcmp (format, job->source_codec->name) == 0;
	if (strcmp (format, job->encoding.format) != 0)
		job->encoding = (struct encoding) { .quality = -1, .effort = -1 };
	if (job->encoding.quality < 0)
		job->encoding.quality = (int32_t) job->pipeline->quality;
	if (job->keep) {
		job->codec = job->source_codec;
		return 0;
	}
	return registry_codec_named (larder_registry (job->larder), format, &job->codec, error);
}

static void
add_number (struct sha256 *sha, uint64_t number)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char) (number >> 8 * i);
	sha256_add (sha, bytes, sizeof bytes);
}

/* Identity of the input: its bytes; of a raster its geometry, profile and rows. */
static int
make_digest (struct job *job, struct larder_error *error)
{
	struct sha256 sha;
	const struct larder_raster *raster = job->request->raster;
	sha256_begin (&sha);
	if (raster) {
		struct pixels probe;
		int code = pixels_of_raster (&probe, raster, error);
		if (code < 0)
			return code;
		pixels_close (&probe);
		add_number (&sha, raster->width);
		add_number (&sha, raster->height);
		add_number (&sha, raster->pixels);
		add_number (&sha, raster->icc_length);
		sha256_add (&sha, raster->icc, raster->icc_length);
		for (uint32_t y = 0; y < raster->height; y++)
			sha256_add (&sha, (const char *) raster->rows + y * raster->stride, (size_t) raster->width * larder_pixel_bytes (raster->pixels));
	} else {
		int code = checksum_source (&job->input.source, NULL, &sha, error);
		if (code < 0)
			return code;
	}
	sha256_end_hex (&sha, job->digest);
	return 0;
}

static int
make_keys (struct job *job, const struct template_values *values, struct larder_error *error)
{
	int code = template_fill (job->arena, job->pipeline->key, values, &job->key, error);
	if (code == 0 && job->thumbnails)
		code = template_fill (job->arena, job->pipeline->thumbnail_key, values, &job->thumbnail_key, error);
	if (code == 0 && (strlen (job->key) > KEY_MOST || (job->thumbnail_key && strlen (job->thumbnail_key) > KEY_MOST)))
		code = larder_fail_next (error, LARDER_E_INVALID, "shorten user or job", "key has %zu bytes, at most %d", strlen (job->key), KEY_MOST);
	if (code == 0 && job->thumbnail_key && strcmp (job->key, job->thumbnail_key) == 0
	    && strcmp (store_bucket (job->images), store_bucket (job->thumbnails)) == 0)
		code = larder_fail (error, LARDER_E_INVALID, "picture and thumbnail would both be '%s'", job->key);
	return code;
}

/* What the pipeline asks for, then what the commit needs. */
static int
make_metadata (struct job *job, const struct template_values *values, struct larder_error *error)
{
	size_t count = 0;
	for (const char *const *item = job->pipeline->metadata; item && *item; item++)
		count++;
	struct larder_pair *pairs = arena_alloc (job->scratch, (count + 2) * sizeof *pairs);
	if (!pairs)
		return larder_fail_memory (error);
	for (size_t i = 0; i < count; i++) {
		const char *item = job->pipeline->metadata[i], *equals = strchr (item, '=');
		if (!equals || equals == item)
			return larder_fail (error, LARDER_E_INVALID, "'%s' in 'metadata' is not NAME=VALUE", item);
		pairs[i].name = arena_copy_bytes (job->scratch, item, (size_t) (equals - item));
		int code = template_fill (job->scratch, equals + 1, values, &pairs[i].value, error);
		if (code < 0)
			return code;
		if (strlen (pairs[i].value) > 1800)
			return larder_fail (error, LARDER_E_INVALID, "metadata '%s' has %zu bytes; all of it together may have 2048", pairs[i].name, strlen (pairs[i].value));
	}
	pairs[count++] = (struct larder_pair) { META_DIGEST, job->digest };
	if (job->thumbnail_key)
		pairs[count++] = (struct larder_pair) { META_THUMBNAIL, job->thumbnail_key };
	job->metadata = (struct larder_pairs) { pairs, count, sizeof *pairs };
	return 0;
}

static struct template_values
values_for (const struct job *job, const struct module *codec)
{
	return (struct template_values) {
		.user = job->request->user, .job = job->request->job, .ext = codec ? codec->codec->extension : NULL, .time = job->time,
		.digest = job->digest, .more = job->request->values,
	};
}

int
job_key_in (struct job *job, const char *format, const char **ret, struct larder_error *error)
{
	const struct module *codec;
	*ret = NULL;
	if (registry_codec_named (larder_registry (job->larder), format, &codec, NULL) < 0)
		return 0;
	struct template_values values = values_for (job, codec);
	return template_fill (job->scratch, job->pipeline->key, &values, ret, error);
}

int
job_identify (struct job *job, struct larder_error *error)
{
	int code = job_formats (job, error);
	if (code == 0)
		code = make_digest (job, error);
	char now[32];
	struct template_values values = values_for (job, job->codec);
	if (code == 0)
		code = make_keys (job, &values, error);
	values.now = text_from_time_micro (clock_wall (), now);
	if (code == 0)
		code = make_metadata (job, &values, error);
	if (code == 0)
		job->content_type = job->codec->codec->content_type;
	return code;
}

/* ---- decode, thumbnail, encode ----------------------------------------------------------------- */

static int
make_thumbnail (struct job *job, struct pixels *pixels, struct recode *recode, struct larder_error *error)
{
	uint32_t width = 0, height = 0;
	bool wanted = job->pipeline->thumbnail_store;
	int code = wanted ? box_parse (job->pipeline->thumbnail_fit, &width, &height, error) : 0;
	if (code == 0)
		code = thumbnail_make (&job->small, pixels, &job->call, width, height, recode ? recode_row : NULL, recode, error);
	if (code < 0 || !wanted)
		return code;
	struct encoding encoding;
	const struct module *codec;
	code = encoding_parse (job->pipeline->thumbnail_encode, &encoding, error);
	if (code == 0)
		code = registry_codec_named (larder_registry (job->larder), encoding.format, &codec, error);
	return code < 0 ? code : thumbnail_encode (&job->small, job->larder, codec, &encoding, job->pipeline->background, &job->call, &job->thumbnail, error);
}

/* Encodes the picture, and makes its thumbnail on the way if it is to. */
static int
encode (struct job *job, struct pixels *pixels, bool thumbnail, struct larder_error *error)
{
	struct recode recode;
	int code = recode_begin (&recode, job->larder, job->codec, &pixels->picture, &job->encoding, job->pipeline->background, job->memory, &job->call, &job->encoded, error);
	if (code == 0)
		code = thumbnail ? make_thumbnail (job, pixels, &recode, error)
			: thumbnail_make (&job->small, pixels, &job->call, 0, 0, recode_row, &recode, error);
	job->is_encoded = true;
	return recode_end (&recode, code, error);
}

/* Only a codec knows colours: pixels with a profile are those of the picture that it wrote of them. */
static int
pixels_of_profile (struct job *job, struct pixels *ret, struct larder_error *error)
{
	struct pixels given;
	struct larder_decode request = decode_of (job->pipeline, job->memory);
	int code = pixels_of_raster (&given, job->request->raster, error);
	if (code < 0)
		return code;
	code = encode (job, &given, false, error);
	pixels_close (&given);
	memory_source_begin (&job->encoded_memory, job->encoded.at, job->encoded.length, &job->encoded_source);
	return code < 0 ? code : pixels_open (ret, job->larder, job->codec, &job->call, &job->encoded_source, &request, error);
}

/* No codec writes more than one frame: what moves is kept as it came, or refused. A thumbnail is of its first frame. */
static int
check_still (const struct job *job, const struct larder_picture *picture, struct larder_error *error)
{
	if (picture->frames <= 1)
		return 0;
	return larder_fail_next (error, LARDER_E_UNSUPPORTED, "keep it as it came: 'keep = yes' in the pipeline and no other format; or send the frame that is meant",
	                         "picture has %u frames, of which %s would keep the first alone", picture->frames, job->codec->name);
}

static int
decode_and_encode (struct job *job, struct pixels *pixels, struct larder_error *error)
{
	upright (pixels->picture.orientation, pixels->picture.full_width, pixels->picture.full_height, &job->width, &job->height);
	if (job->keep || job->is_encoded)
		return make_thumbnail (job, pixels, NULL, error);
	int code = check_still (job, &pixels->picture, error);
	return code < 0 ? code : encode (job, pixels, true, error);
}

/* A strict pipeline takes nothing odd; asked once all rows were read, when all that is odd is known. */
static int
judge (struct job *job, const struct larder_picture *picture, struct larder_error *error)
{
	job->note = arena_copy (job->arena, picture->note);
	if (!job->pipeline->strict || !(picture->flags & (LARDER_PICTURE_TRAILING | LARDER_PICTURE_NOTE)))
		return 0;
	int code = larder_fail (error, LARDER_E_INTEGRITY, "picture is odd, and the pipeline is strict: %s", picture->note ? picture->note : "bytes follow it");
	larder_explain (error, LARDER_DETAIL_NEXT, "export the picture once more, or set 'strict = no' in the pipeline");
	return code;
}

/* Codecs were told to stop as if the user had: the time this picture may cost is used up. */
int
job_ended (const struct job *job, int code, struct larder_error *error)
{
	char most[32];
	if (code != LARDER_E_CANCELLED || larder_is_cancelled (job->larder))
		return code;
	return larder_fail_next (error, LARDER_E_LIMIT, "make the picture smaller or simpler, or raise 'max-time' of the pipeline",
	                         "picture takes too long: more than %s of CPU", text_from_duration (job->pipeline->max_time, most));
}

enum { WANT_TIMES = 4 };

/* Where the thumbnail alone is made, a decoder may leave pixels out: four times the box each way is far more than shows in 8 bits. */
static int
want_size (const struct job *job, struct larder_decode *request, struct larder_error *error)
{
	uint32_t width, height;
	if (!job->keep || !job->pipeline->thumbnail_store)
		return 0;
	int code = box_parse (job->pipeline->thumbnail_fit, &width, &height, error);
	if (code == 0)
		request->want_width = request->want_height = WANT_TIMES * (width > height ? width : height);
	return code;
}

int
job_pixels (struct job *job, const struct larder_decode *request, struct pixels *ret, struct larder_error *error)
{
	const struct larder_raster *raster = job->request->raster;
	if (!raster)
		return pixels_open (ret, job->larder, job->source_codec, &job->call, &job->input.source, request, error);
	bool shown = raster->icc_length > 0 && job->codec->codec->caps & LARDER_CODEC_ICC;
	return shown ? pixels_of_profile (job, ret, error) : pixels_of_raster (ret, raster, error);
}

int
job_make (struct job *job, struct larder_error *error)
{
	struct pixels pixels = { 0 };
	struct larder_decode request = decode_of (job->pipeline, job->memory);
	job->call.cpu_end = clock_cpu () + job->pipeline->max_time;
	buffer_init (&job->encoded, job->pipeline->max_file_size);
	buffer_init (&job->thumbnail, job->pipeline->max_file_size);
	int code = want_size (job, &request, error);
	if (code == 0)
		code = job_pixels (job, &request, &pixels, error);
	if (code == 0)
		code = decode_and_encode (job, &pixels, error);
	if (code == 0)
		code = judge (job, &pixels.picture, error);
	pixels_close (&pixels);
	job->call.cpu_end = 0;
	code = job_ended (job, code, error);
	if (code == 0 && job->keep && strip_wanted (job->pipeline->strip)) {
		code = strip_file (&job->strip, &job->input.source, job->codec->name, job->pipeline->strip, error);
		job->is_stripped = true;
	}
	if (code == 0 && job->has_input)
		code = input_check (&job->input, error);
	return code;
}

void
job_source (struct job *job, struct memory_source *memory, struct larder_source *ret)
{
	if (job->is_encoded)
		memory_source_begin (memory, job->encoded.at, job->encoded.length, ret);
	else if (job->is_stripped)
		strip_source (&job->strip, ret);
	else
		*ret = job->input.source;
}

void
job_close (struct job *job)
{
	strip_free (&job->strip);
	larder_store_close (job->images);
	larder_store_close (job->thumbnails);
	if (job->has_input)
		input_close (&job->input);
	buffer_free (&job->encoded);
	buffer_free (&job->thumbnail);
	thumbnail_free (&job->small);
}
