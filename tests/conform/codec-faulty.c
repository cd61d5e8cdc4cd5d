/* codec-faulty.c: a codec of a trivial format that breaks one promise on demand.
 *
 * The format: "FAULTPIX", width, height, pixel format, sum of the pixels, then the pixels. `fault` names
 * what goes wrong; without it the codec keeps every promise, so each fault fails its own lines only. */
#define LARDER_API_VERSION 0
#include <larder/codec.h>

#include <stdio.h>

#define HEAD 24

struct faulty { const char *fault; };

static const struct larder_option options[] = {
	{ .key = "fault", .type = LARDER_STRING, .at = offsetof (struct faulty, fault), .help = "promise to break" },
	{ 0 }
};

struct picture {
	const char *fault;
	const struct larder_source *source;
	const struct larder_sink *sink;
	uint32_t width, height, pixels, next, sum, wanted;
	size_t row;
	uint64_t offset;
	uint8_t *held;
};

static _Thread_local uint8_t shared[65536]; /* what the states of a thread share under the fault shared-state */

static bool
is (const char *fault, const char *name)
{
	return fault != NULL && strcmp (fault, name) == 0;
}

static uint32_t
bid (const void *head, size_t count)
{
	return count >= 8 && memcmp (head, "FAULTPIX", 8) == 0 ? 64 : 0;
}

static int
stop (const char *fault, struct larder_call *call, struct larder_error *error)
{
	if (!is (fault, "ignores-cancel") && larder_host->cancelled (call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	return 0;
}

/* Bytes at the picture's own place in the source. */
static int
take (struct picture *picture, uint8_t *into, size_t count, struct larder_error *error)
{
	const struct larder_source *source = picture->source;
	for (size_t have = 0; have < count;) {
		int64_t got = source->pread != NULL ? source->pread (source->context, into + have, count - have, picture->offset, error)
		                                    : source->read (source->context, into + have, count - have, error);
		if (got < 0 && is (picture->fault, "hides-source-failure"))
			return larder_fail (error, LARDER_E_INTEGRITY, "something went wrong");
		if (got < 0)
			return (int) got;
		bool end = got == 0 || (is (picture->fault, "short-read-is-end") && (size_t) got < count - have);
		have += (size_t) got;
		picture->offset += (uint64_t) got;
		if (end && have < count && is (picture->fault, "grey-rows") && picture->offset > HEAD) {
			memset (into + have, 128, count - have);
			picture->wanted = 0;
			return 0;
		}
		if (end && have < count)
			return larder_fail (error, LARDER_E_INTEGRITY, is (picture->fault, "wordless") ? "" : "the file ends early");
	}
	return 0;
}

static int
over (const char *what, uint64_t limit, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_LIMIT, "%s is over %llu", what, (unsigned long long) limit);
}

static uint64_t
memory_of (const struct picture *picture)
{
	return sizeof *picture + (uint64_t) picture->row * picture->height;
}

static int
check_limits (const struct picture *picture, const struct larder_limits *limits, struct larder_error *error)
{
	if (is (picture->fault, "ignores-limits"))
		return 0;
	if (picture->width > limits->width)
		return over ("width", limits->width, error);
	if (picture->height > limits->height)
		return over ("height", limits->height, error);
	if ((uint64_t) picture->width * picture->height > limits->pixels)
		return over ("pixels", limits->pixels, error);
	if (limits->frames < 1)
		return over ("frames", limits->frames, error);
	return memory_of (picture) > limits->memory ? over ("memory", limits->memory, error) : 0;
}

static void
describe (const struct picture *picture, struct larder_picture *ret)
{
	struct larder_picture facts = {
		.size = sizeof facts, .width = picture->width, .height = picture->height, .full_width = picture->width,
		.full_height = picture->height, .pixels = picture->pixels, .depth = 8, .flags = LARDER_PICTURE_ROWS,
		.orientation = is (picture->fault, "orientation-9") ? 9 : 1, .frames = 1, .memory = memory_of (picture), .colour = "plain",
	};
	if (picture->source->length > HEAD + (uint64_t) picture->row * picture->height && !is (picture->fault, "hides-trailing"))
		facts.flags |= LARDER_PICTURE_TRAILING;
	if (is (picture->fault, "memory-unannounced"))
		facts.memory = 100;
	if (is (picture->fault, "newer-struct"))
		memcpy (ret, &facts, sizeof facts);
	else
		larder_give (ret, &facts);
}

static int
read_head (struct picture *picture, struct larder_error *error)
{
	uint8_t head[HEAD];
	int code = picture->source->pread == NULL ? picture->source->rewind (picture->source->context, error) : 0;
	if (code == 0)
		code = take (picture, head, sizeof head, error);
	if (code != 0)
		return code;
	if (bid (head, sizeof head) == 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "not a faulty picture");
	memcpy (&picture->width, head + 8, 4), memcpy (&picture->height, head + 12, 4);
	memcpy (&picture->pixels, head + 16, 4), memcpy (&picture->wanted, head + 20, 4);
	picture->row = picture->width * larder_pixel_bytes (picture->pixels);
	if (picture->row == 0 || picture->height == 0 || picture->width > 100000 || picture->height > 100000)
		return larder_fail (error, LARDER_E_INTEGRITY, "impossible header");
	return 0;
}

static void
drop (struct picture *picture)
{
	if (is (picture->fault, "leaks"))
		return;
	larder_host->free (picture->held);
	larder_host->free (picture);
}

static int
decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request, const struct larder_source *source,
              struct larder_picture *ret_picture, void **ret_state, struct larder_error *error)
{
	(void) call;
	struct picture *picture = larder_host->alloc (sizeof *picture);
	if (picture == NULL)
		return larder_fail (error, LARDER_E_LIMIT, "out of memory");
	picture->fault = ((const struct faulty *) self)->fault;
	picture->source = source;
	if (is (picture->fault, "touches-outputs"))
		ret_picture->width = 0;
	if (is (picture->fault, "asks-the-time"))
		(void) larder_host->wall ();
	int code = read_head (picture, error);
	if (code == 0)
		code = check_limits (picture, &request->limits, error);
	if (code == 0) {
		picture->held = larder_host->alloc (picture->row * picture->height);
		code = picture->held == NULL ? larder_fail (error, LARDER_E_LIMIT, "out of memory") : 0;
	}
	if (code != 0) {
		drop (picture);
		return code;
	}
	describe (picture, ret_picture);
	*ret_state = picture;
	return 0;
}

static void
add (struct picture *picture, const uint8_t *row)
{
	for (size_t i = 0; i < picture->row; i++)
		picture->sum = picture->sum * 31 + row[i] + 1;
}

/* The whole, before the first row is handed out. */
static int
fill (struct picture *picture, struct larder_error *error)
{
	int code = take (picture, picture->held, picture->row * picture->height, error);
	for (uint32_t y = 0; y < picture->height; y++)
		add (picture, picture->held + y * picture->row);
	if (code == 0 && picture->sum != picture->wanted && !is (picture->fault, "grey-rows"))
		return larder_fail (error, LARDER_E_INTEGRITY, "sum of the pixels is wrong");
	return code;
}

static int
decode_rows (void *state, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct picture *picture = state;
	bool sharing = is (picture->fault, "shared-state") && picture->row * picture->height <= sizeof shared;
	const uint8_t *held = sharing ? shared : picture->held;
	int code = stop (picture->fault, call, error);
	uint32_t left = picture->height - picture->next;
	if (count > left && !is (picture->fault, "endless-rows"))
		return larder_fail (error, LARDER_E_INVALID, "only %u rows are left", left);
	if (code == 0 && picture->next == 0)
		code = fill (picture, error);
	if (code == 0 && picture->next == 0 && sharing)
		memcpy (shared, picture->held, picture->row * picture->height);
	for (uint32_t i = 0; code == 0 && i < count && picture->next < picture->height; i++, picture->next++) {
		memcpy ((uint8_t *) rows + i * stride, held + picture->next * picture->row, picture->row);
		if (is (picture->fault, "overruns-rows") && stride > picture->row)
			((uint8_t *) rows)[i * stride + picture->row] = 0;
		if (is (picture->fault, "inexact"))
			((uint8_t *) rows)[i * stride] ^= 16;
	}
	return code;
}

static void
decode_end (void *state)
{
	if (state != NULL)
		drop (state);
}

static int
encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request, const struct larder_sink *sink,
              void **ret_state, struct larder_error *error)
{
	(void) call;
	if (larder_pixel_bytes (request->pixels) == 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "unknown pixels");
	const char *fault = ((const struct faulty *) self)->fault;
	if ((request->width > 100000 || request->height > 100000) && !is (fault, "any-size"))
		return over ("side", 100000, error);
	struct picture *picture = larder_host->alloc (sizeof *picture);
	if (picture == NULL)
		return larder_fail (error, LARDER_E_LIMIT, "out of memory");
	*picture = (struct picture) { .fault = fault, .sink = sink, .width = request->width, .height = request->height, .pixels = request->pixels };
	picture->row = picture->width * larder_pixel_bytes (picture->pixels);
	if (!is (fault, "any-size") || request->width < 100000)
		picture->held = larder_host->alloc (picture->row * picture->height);
	*ret_state = picture;
	return 0;
}

static int
encode_rows (void *state, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	struct picture *picture = state;
	int code = stop (picture->fault, call, error);
	if (count > picture->height - picture->next)
		return larder_fail (error, LARDER_E_INVALID, "too many rows");
	for (uint32_t i = 0; code == 0 && i < count; i++, picture->next++) {
		const uint8_t *row = (const uint8_t *) rows + i * stride;
		memcpy (picture->held + picture->next * picture->row, row, picture->row);
		add (picture, row);
	}
	return code;
}

static int
write_picture (struct picture *picture, struct larder_error *error)
{
	uint8_t head[HEAD] = "FAULTPIX";
	memcpy (head + 8, &picture->width, 4), memcpy (head + 12, &picture->height, 4);
	memcpy (head + 16, &picture->pixels, 4), memcpy (head + 20, &picture->sum, 4);
	int code = picture->sink->write (picture->sink->context, head, sizeof head, error);
	if (code == 0)
		code = picture->sink->write (picture->sink->context, picture->held, picture->row * picture->height, error);
	return is (picture->fault, "hides-sink-failure") ? 0 : code;
}

static int
encode_end (void *state, struct larder_call *call, bool finish, struct larder_error *error)
{
	struct picture *picture = state;
	int code = finish ? stop (picture->fault, call, error) : 0;
	if (finish && code == 0 && picture->next < picture->height)
		code = is (picture->fault, "missing-rows") ? 0 : larder_fail (error, LARDER_E_INVALID, "rows are missing");
	else if (finish && code == 0)
		code = write_picture (picture, error);
	bool keep = !finish && is (picture->fault, "keeps-abandoned");
	if (!keep)
		drop (picture);
	return code;
}

static const struct larder_codec codec = {
	.head = LARDER_CODEC_HEAD, .name = "faulty", .version = "0", .summary = "breaks one promise on demand",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct faulty),
	.caps = LARDER_CODEC_LOSSLESS | LARDER_CODEC_ALPHA | LARDER_CODEC_DEPTH16 | LARDER_CODEC_GREY,
	.content_type = "image/x-faulty", .extension = "faulty", .max_width = 100000, .max_height = 100000,
	.bid = bid, .decode_begin = decode_begin, .decode_rows = decode_rows, .decode_end = decode_end,
	.encode_begin = encode_begin, .encode_rows = encode_rows, .encode_end = encode_end,
};
LARDER_CODEC (codec)
