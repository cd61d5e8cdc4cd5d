/* shared.c: limits asked of a header, and the orientation in EXIF. */
#include "shared.h"

struct larder_decode
shared_decode_request (const struct larder_decode *request)
{
	struct larder_decode ours = { 0 };
	memcpy (&ours, request, request->size < sizeof ours ? request->size : sizeof ours);
	return ours;
}

struct larder_encode
shared_encode_request (const struct larder_encode *request)
{
	struct larder_encode ours = { .quality = -1, .effort = -1 };
	memcpy (&ours, request, request->size < sizeof ours ? request->size : sizeof ours);
	return ours;
}

/* The limits are keys of the pipeline that the picture goes through. */
static int
too_large (const char *what, uint64_t value, uint64_t limit, const char *next, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_LIMIT, "picture is too large: %s %llu, the limit is %llu", what,
	                        (unsigned long long) value, (unsigned long long) limit);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

int
shared_fail_memory (struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_LIMIT, "out of memory");
	larder_explain (error, LARDER_DETAIL_NEXT, "take in fewer pictures at once (--jobs), or give the process more memory");
	return code;
}

int
shared_check_size (const struct larder_limits *limits, uint32_t width, uint32_t height, struct larder_error *error)
{
	uint64_t pixels = (uint64_t) width * height;
	if (width > limits->width)
		return too_large ("width is", width, limits->width, "make it smaller, or raise 'max-width' of the pipeline", error);
	if (height > limits->height)
		return too_large ("height is", height, limits->height, "make it smaller, or raise 'max-height' of the pipeline", error);
	if (pixels > limits->pixels)
		return too_large ("number of pixels is", pixels, limits->pixels, "make it smaller, or raise 'max-pixels' of the pipeline", error);
	return 0;
}

int
shared_check_expansion (const struct larder_limits *limits, uint32_t width, uint32_t height, size_t pixel, uint64_t file,
                        struct larder_error *error)
{
	uint64_t bytes;
	if (__builtin_mul_overflow ((uint64_t) width * height, pixel, &bytes))
		bytes = UINT64_MAX;
	uint64_t expansion = bytes / (file > 0 ? file : 1);
	if (expansion > limits->expansion)
		return too_large ("bytes of pixels for each byte of the file:", expansion, limits->expansion,
		                  "send a picture that is not nearly empty, or raise 'max-expansion' of the pipeline", error);
	return 0;
}

int
shared_check_scans (const struct larder_limits *limits, uint32_t scans, struct larder_error *error)
{
	if (scans > limits->scans)
		return too_large ("number of scans is at least", scans, limits->scans, "export it with fewer scans, or raise 'max-scans' of the pipeline", error);
	return 0;
}

int
shared_check_frames (const struct larder_limits *limits, uint32_t frames, struct larder_error *error)
{
	if (frames > limits->frames)
		return too_large ("number of frames is", frames, limits->frames, "send fewer frames, or raise 'max-frames' of the pipeline", error);
	return 0;
}

int
shared_check_memory (const struct larder_limits *limits, uint64_t memory, struct larder_error *error)
{
	if (memory > limits->memory)
		return too_large ("memory needed is, in bytes,", memory, limits->memory,
		                  "raise 'max-memory' of the pipeline and 'memory' of [larder], or take in fewer at once (--jobs)", error);
	return 0;
}

int
shared_check_rows (const struct shared_rows *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	if (rows->failed)
		return larder_fail (error, LARDER_E_INVALID, "this picture failed before: there are no more rows of it");
	if (count > rows->height - rows->next)
		return larder_fail (error, LARDER_E_INVALID, "%u rows at once, %u are left", count, rows->height - rows->next);
	if (stride < rows->bytes)
		return larder_fail (error, LARDER_E_INVALID, "stride of %zu bytes for rows of %zu", stride, rows->bytes);
	return 0;
}

int
shared_check_complete (const struct shared_rows *rows, struct larder_error *error)
{
	if (rows->failed)
		return larder_fail (error, LARDER_E_INVALID, "this picture failed before: it cannot be finished");
	if (rows->next < rows->height)
		return larder_fail (error, LARDER_E_INVALID, "%u rows of %u are missing", rows->height - rows->next, rows->height);
	return 0;
}

int
shared_check_cancel (struct larder_call *call, struct larder_error *error)
{
	if (call != NULL && larder_host->cancelled (call))
		return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	return 0;
}

int
shared_turns (struct larder_call *call, uint32_t count, uint32_t most, shared_turn_fn turn, void *codec, struct larder_error *error)
{
	int code = 0;
	for (uint32_t now; code == 0 && count > 0; count -= now) {
		now = count < most ? count : most;
		code = shared_check_cancel (call, error);
		if (code == 0)
			code = turn (codec, now, error);
	}
	return code;
}

uint32_t
shared_number (const uint8_t *at, unsigned bytes, bool big)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t) at[i] << (8 * (big ? bytes - 1 - i : i));
	return value;
}

/* Only the first directory counts, so a chain of them that loops is never followed. */
uint32_t
shared_orientation (const uint8_t *exif, size_t length)
{
	if (length >= 6 && memcmp (exif, "Exif\0\0", 6) == 0) {
		exif += 6;
		length -= 6;
	}
	if (length < 8 || (memcmp (exif, "II*\0", 4) != 0 && memcmp (exif, "MM\0*", 4) != 0))
		return 1;
	bool big = exif[0] == 'M';
	size_t at = shared_number (exif + 4, 4, big);
	if (at > length || length - at < 2)
		return 1;
	size_t count = shared_number (exif + at, 2, big);
	for (at += 2; count > 0 && length - at >= 12; count--, at += 12) {
		if (shared_number (exif + at, 2, big) != 0x0112)
			continue;
		bool one_short = shared_number (exif + at + 2, 2, big) == 3 && shared_number (exif + at + 4, 4, big) == 1;
		uint32_t value = shared_number (exif + at + 8, 2, big);
		return one_short && value >= 1 && value <= 8 ? value : 1;
	}
	return 1;
}
