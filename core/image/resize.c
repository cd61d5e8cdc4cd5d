/* resize.c: exact Lanczos-3, row by row.
 *
 * Down first: each source row, as floats (premultiplied where there is alpha), is added by its weight to the
 * few result rows under way that want it; a result row that has had all of its source rows is resized across.
 * About 6 × scale source rows touch one result row, so at most 6 or 7 are open. Down is where the work is, and
 * plain loops over whole rows are what vector units like; the sums are the same on every one of them. */
#include "resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Weights of one result position: source positions first … first + count - 1. */
struct span { uint32_t first, count; const float *weights; };
struct spans { struct span *at; float *weights; uint32_t most; };

struct resize {
	uint32_t width, height, to_width, to_height, channels;
	bool same;                       /* equal sizes: rows pass through */
	struct spans across, down;
	float *row, *line;               /* one source row as floats; one result row */
	float *open;                     /* ring of result rows under way, as wide as the source */
	uint32_t ring, next_in, next_out;
	uint8_t *out;
	resize_row_fn emit;
	void *context;
};

static double
lanczos3 (double x)
{
	if (x == 0)
		return 1;
	if (fabs (x) >= 3)
		return 0;
	double a = M_PI * x;
	return 3 * sin (a) * sin (a / 3) / (a * a);
}

/* As everybody counts it: centre (i + 0.5) × scale, support 3 × scale, normalised at the borders. */
static int
make_spans (struct spans *spans, uint32_t in, uint32_t out)
{
	double scale = (double) in / out, filter = scale < 1 ? 1 : scale, support = 3 * filter;
	spans->most = (uint32_t) (2 * ceil (support) + 3);
	spans->at = calloc (out, sizeof *spans->at);
	spans->weights = calloc ((size_t) out * spans->most, sizeof *spans->weights);
	if (!spans->at || !spans->weights)
		return -1;
	for (uint32_t i = 0; i < out; i++) {
		double centre = (i + 0.5) * scale, sum = 0, from = centre - support, to = centre + support;
		long first = from < 0 ? 0 : (long) (from + 0.5), last = (long) (to + 0.5);
		if (last > (long) in)
			last = in;
		float *weights = spans->weights + (size_t) i * spans->most;
		for (long x = first; x < last; x++)
			sum += lanczos3 ((x - centre + 0.5) / filter);
		for (long x = first; x < last; x++)
			weights[x - first] = (float) (lanczos3 ((x - centre + 0.5) / filter) / sum);
		spans->at[i] = (struct span) { (uint32_t) first, (uint32_t) (last - first), weights };
	}
	return 0;
}

static void
free_spans (struct spans *spans)
{
	free (spans->at);
	free (spans->weights);
}

/* Most result rows that are open at once: those whose spans overlap one source row. */
static uint32_t
ring_size (const struct spans *down, uint32_t to_height)
{
	uint32_t most = 1;
	for (uint32_t i = 0, j = 0; i < to_height; i++) {
		uint32_t end = down->at[i].first + down->at[i].count;
		while (j < to_height && down->at[j].first < end)
			j++;
		if (j - i > most)
			most = j - i;
	}
	return most;
}

int
resize_new (uint32_t width, uint32_t height, uint32_t to_width, uint32_t to_height, uint32_t channels,
            resize_row_fn row, void *context, struct resize **ret, struct larder_error *error)
{
	if (!width || !height || !to_width || !to_height || channels < 1 || channels > 4)
		return larder_fail (error, LARDER_E_INVALID, "cannot resize %ux%u of %u channels to %ux%u", width, height, channels, to_width, to_height);
	struct resize *resize = calloc (1, sizeof *resize);
	if (!resize)
		return larder_fail_memory (error);
	*resize = (struct resize) {
		.width = width, .height = height, .to_width = to_width, .to_height = to_height, .channels = channels,
		.same = width == to_width && height == to_height, .emit = row, .context = context,
	};
	size_t line = (size_t) to_width * channels, wide = (size_t) width * channels;
	bool ready = resize->same || (make_spans (&resize->across, width, to_width) == 0 && make_spans (&resize->down, height, to_height) == 0);
	if (ready && !resize->same) {
		resize->ring = ring_size (&resize->down, to_height);
		resize->row = malloc (wide * sizeof (float));
		resize->line = malloc (line * sizeof (float));
		resize->open = calloc (wide * resize->ring, sizeof (float));
		resize->out = malloc (line);
		ready = resize->row && resize->line && resize->open && resize->out;
	}
	if (!ready) {
		resize_free (resize);
		return larder_fail_memory (error);
	}
	*ret = resize;
	return 0;
}

void
resize_free (struct resize *resize)
{
	if (!resize)
		return;
	free_spans (&resize->across);
	free_spans (&resize->down);
	free (resize->row);
	free (resize->line);
	free (resize->open);
	free (resize->out);
	free (resize);
}

size_t
resize_memory (uint32_t width, uint32_t height, uint32_t to_width, uint32_t to_height, uint32_t channels)
{
	double down = (double) height / to_height, across = (double) width / to_width;
	size_t weights = (size_t) ((6 * (across < 1 ? 1 : across) + 5) * to_width + (6 * (down < 1 ? 1 : down) + 5) * to_height) * sizeof (float);
	return weights + ((size_t) width * 9 + (size_t) to_width) * channels * sizeof (float) + (size_t) (to_width + to_height) * sizeof (struct span);
}

/* Built twice, for any x86 and for AVX2, and chosen at load time. No fused multiply-add: both give the same bits. */
#if defined __x86_64__ && defined __GLIBC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define WIDE_VECTORS __attribute__ ((target_clones ("avx2", "default")))
#else
#define WIDE_VECTORS
#endif

/* Eight lanes a step, whatever the compiler would make of a plain loop at the user's level of optimisation. */
typedef float eight __attribute__ ((vector_size (32), aligned (4)));
typedef uint8_t eight_bytes __attribute__ ((vector_size (8), aligned (1)));

WIDE_VECTORS static void
bytes_to_floats (float *restrict into, const uint8_t *restrict row, size_t count)
{
	size_t i = 0;
	for (; i + 8 <= count; i += 8)
		*(eight *) (void *) (into + i) = __builtin_convertvector (*(const eight_bytes *) (const void *) (row + i), eight);
	for (; i < count; i++)
		into[i] = row[i];
}

/* Bytes to floats; colour times alpha, so that what is transparent does not bleed. */
static void
load_row (struct resize *resize, const uint8_t *row)
{
	size_t count = (size_t) resize->width * resize->channels;
	float *into = resize->row;
	if (resize->channels == 1 || resize->channels == 3) {
		bytes_to_floats (into, row, count);
		return;
	}
	for (size_t i = 0; resize->channels == 2 && i < count; i += 2) {
		into[i] = row[i] * (row[i + 1] * (1.0f / 255));
		into[i + 1] = row[i + 1];
	}
	for (size_t i = 0; resize->channels == 4 && i < count; i += 4) {
		float alpha = row[i + 3], part = alpha * (1.0f / 255);
		into[i] = row[i] * part;
		into[i + 1] = row[i + 1] * part;
		into[i + 2] = row[i + 2] * part;
		into[i + 3] = alpha;
	}
}

static void
across_1 (const struct resize *resize, const float *row)
{
	for (uint32_t x = 0; x < resize->to_width; x++) {
		const struct span *span = &resize->across.at[x];
		const float *at = row + span->first;
		float sum = 0;
		for (uint32_t i = 0; i < span->count; i++)
			sum += at[i] * span->weights[i];
		resize->line[x] = sum;
	}
}

static void
across_2 (const struct resize *resize, const float *row)
{
	for (uint32_t x = 0; x < resize->to_width; x++) {
		const struct span *span = &resize->across.at[x];
		const float *at = row + (size_t) span->first * 2;
		float grey = 0, alpha = 0;
		for (uint32_t i = 0; i < span->count; i++, at += 2) {
			grey += at[0] * span->weights[i];
			alpha += at[1] * span->weights[i];
		}
		resize->line[2 * x] = grey;
		resize->line[2 * x + 1] = alpha;
	}
}

static void
across_3 (const struct resize *resize, const float *row)
{
	for (uint32_t x = 0; x < resize->to_width; x++) {
		const struct span *span = &resize->across.at[x];
		const float *at = row + (size_t) span->first * 3;
		float r = 0, g = 0, b = 0;
		for (uint32_t i = 0; i < span->count; i++, at += 3) {
			float weight = span->weights[i];
			r += at[0] * weight;
			g += at[1] * weight;
			b += at[2] * weight;
		}
		float *into = resize->line + (size_t) x * 3;
		into[0] = r, into[1] = g, into[2] = b;
	}
}

typedef float four __attribute__ ((vector_size (16), aligned (4)));

static void
across_4 (const struct resize *resize, const float *row)
{
	for (uint32_t x = 0; x < resize->to_width; x++) {
		const struct span *span = &resize->across.at[x];
		const float *at = row + (size_t) span->first * 4;
		four sum = { 0 };
		for (uint32_t i = 0; i < span->count; i++, at += 4)
			sum += *(const four *) (const void *) at * span->weights[i];
		*(four *) (void *) (resize->line + (size_t) x * 4) = sum;
	}
}

static uint8_t
to_byte (float value)
{
	return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t) (value + 0.5f);
}

static void
store_row (struct resize *resize, const float *from)
{
	size_t count = (size_t) resize->to_width * resize->channels, last = resize->channels - 1;
	if (resize->channels == 1 || resize->channels == 3) {
		for (size_t i = 0; i < count; i++)
			resize->out[i] = to_byte (from[i]);
		return;
	}
	for (size_t i = 0; i < count; i += resize->channels) {
		float alpha = from[i + last] > 255 ? 255 : from[i + last], part = alpha > 0.5f ? 255 / alpha : 0;
		for (size_t c = 0; c < last; c++)
			resize->out[i + c] = to_byte (from[i + c] * part);
		resize->out[i + last] = to_byte (alpha);
	}
}

static float *
open_row (const struct resize *resize, uint32_t y)
{
	return resize->open + (size_t) (y % resize->ring) * resize->width * resize->channels;
}

WIDE_VECTORS static void
add_weighted (float *restrict into, const float *restrict row, size_t count, float weight)
{
	size_t i = 0;
	for (; i + 8 <= count; i += 8)
		*(eight *) (void *) (into + i) += *(const eight *) (const void *) (row + i) * weight;
	for (; i < count; i++)
		into[i] += row[i] * weight;
}

/* Add source row `in` to every result row that wants it. */
static void
spread (struct resize *resize, uint32_t in)
{
	size_t count = (size_t) resize->width * resize->channels;
	for (uint32_t y = resize->next_out; y < resize->to_height && resize->down.at[y].first <= in; y++) {
		const struct span *span = &resize->down.at[y];
		if (in < span->first + span->count)
			add_weighted (open_row (resize, y), resize->row, count, span->weights[in - span->first]);
	}
}

static int
finish_rows (struct resize *resize, struct larder_error *error)
{
	static void (*const across[]) (const struct resize *resize, const float *row) = { across_1, across_2, across_3, across_4 };
	for (; resize->next_out < resize->to_height; resize->next_out++) {
		const struct span *span = &resize->down.at[resize->next_out];
		if (span->first + span->count > resize->next_in)
			return 0;
		float *from = open_row (resize, resize->next_out);
		across[resize->channels - 1] (resize, from);
		store_row (resize, resize->line);
		memset (from, 0, (size_t) resize->width * resize->channels * sizeof *from);
		int code = resize->emit (resize->context, resize->out, error);
		if (code < 0)
			return code;
	}
	return 0;
}

int
resize_rows (struct resize *resize, const uint8_t *rows, size_t stride, uint32_t count, struct larder_error *error)
{
	if (count > resize->height - resize->next_in)
		return larder_fail (error, LARDER_E_INVALID, "rows beyond the last one");
	for (uint32_t i = 0; i < count; i++, rows += stride) {
		if (resize->same) {
			resize->next_in++;
			int code = resize->emit (resize->context, rows, error);
			if (code < 0)
				return code;
			continue;
		}
		load_row (resize, rows);
		spread (resize, resize->next_in++);
		int code = finish_rows (resize, error);
		if (code < 0)
			return code;
	}
	return 0;
}

/* ---- the size ---------------------------------------------------------------------------------- */

static double
off_by (double aspect, double ratio)
{
	return fabs (aspect - ratio);
}

/* Of floor and ceiling, the one whose aspect is nearer; never 0. `other` is the fixed side. */
static uint32_t
nearest_side (double exact, double aspect, double other, bool is_width)
{
	double low = floor (exact), high = ceil (exact);
	double low_off = off_by (aspect, is_width ? low / other : low > 0 ? other / low : 0);
	double high_off = off_by (aspect, is_width ? high / other : other / high);
	double pick = high_off < low_off ? high : low;
	return pick < 1 ? 1 : (uint32_t) pick;
}

void
resize_fit (uint32_t width, uint32_t height, uint32_t box_width, uint32_t box_height, uint32_t *ret_width, uint32_t *ret_height)
{
	double aspect = (double) width / height;
	*ret_width = width;
	*ret_height = height;
	if (width <= box_width && height <= box_height)
		return;
	if ((double) box_width / box_height >= aspect) {
		*ret_height = box_height;
		*ret_width = nearest_side (box_height * aspect, aspect, box_height, true);
	} else {
		*ret_width = box_width;
		*ret_height = nearest_side (box_width / aspect, aspect, box_width, false);
	}
}
