/* faults.c: promises about what goes wrong outside, and about states. */
#include "suite.h"

#include <pthread.h>
#include <stdlib.h>

/* Cut anywhere: a failure, or every pixel. */
static void
test_truncated (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture, whole = { 0 };
	struct buffer bytes;
	struct bytes source;
	run.group = 16;
	if (made (suite, &run, 61, 47, first_pixels (suite), 6, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		(void) run_decode (suite, &run, &source.source, &whole, NULL);
		size_t step = bytes.length > 2000 ? bytes.length / 1000 : 1;
		for (size_t cut = 0; cut < bytes.length; cut += cut < 200 || bytes.length - cut < 200 ? 1 : step) {
			struct picture back = { 0 };
			uint8_t *exact = malloc (cut + 1);
			memcpy (exact, bytes.at, cut);
			bytes_source (&source, exact, cut, false);
			int code = run_decode (suite, &run, &source.source, &back, NULL);
			if (code == 0 ? whole.at == NULL || !picture_same (&whole, &back) : code != LARDER_E_INTEGRITY && (cut >= 64 || code != LARDER_E_UNSUPPORTED))
				because (suite, "%zu of %zu bytes give %d", cut, bytes.length, code);
			picture_free (&back);
			free (exact);
		}
	}
	picture_free (&picture), picture_free (&whole);
	buffer_free (&bytes);
	promise (suite, "truncated-refused");
}

/* Any byte changed: an answer of the contract, whatever it is. */
static void
test_damaged (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct bytes source;
	run.limits = plenty ();
	run.limits.pixels = 1 << 20;
	run.limits.memory = 64 << 20;
	if (made (suite, &run, 33, 21, first_pixels (suite), 8, &picture, &bytes)) {
		size_t step = 1 + bytes.length / 1500;
		for (size_t i = 0; i < bytes.length; i += step) {
			struct picture back = { 0 };
			char was = bytes.at[i];
			bytes.at[i] = (char) (was ^ (1 << (i % 8)));
			bytes_source (&source, bytes.at, bytes.length, false);
			int code = run_decode (suite, &run, &source.source, &back, NULL);
			if (code > 0 || code < LARDER_E_CANCELLED)
				because (suite, "byte %zu changed gives %d", i, code);
			bytes.at[i] = was;
			picture_free (&back);
		}
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "damage-survived");
}

/* Bytes behind the picture: a failure, or every pixel and a word about it. */
static void
test_trailing (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture, whole = { 0 }, back = { 0 };
	struct buffer bytes;
	struct bytes source;
	if (made (suite, &run, 61, 47, first_pixels (suite), 6, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		if (run_decode (suite, &run, &source.source, &whole, NULL) != 0 || suite->noted)
			because (suite, "its own picture is refused, or said to be odd");
		(void) buffer_add (&bytes, "PK\3\4 and more that is no picture", 32);
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = run_decode (suite, &run, &source.source, &back, NULL);
		if (code == 0 ? !suite->noted || !picture_same (&whole, &back) : code != LARDER_E_INTEGRITY)
			because (suite, "32 bytes behind the picture give %d and no word", code);
	}
	picture_free (&picture), picture_free (&whole), picture_free (&back);
	buffer_free (&bytes);
	promise (suite, "trailing-noted");
}

static void
test_source_fails (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct bytes source;
	if (made (suite, &run, 300, 200, first_pixels (suite), 6, &picture, &bytes))
		for (unsigned i = 0; i < 8; i++) {
			bytes_source (&source, bytes.at, bytes.length, i % 2 == 1);
			source.fail_at = bytes.length * i / 9;
			source.most = 512;
			int code = run_decode (suite, &run, &source.source, NULL, NULL);
			if (code != LARDER_E_UNAVAILABLE)
				because (suite, "a source that fails at byte %zu gives %d, not its own code", source.fail_at, code);
		}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "source-failure-told");
}

static void
test_sink_fails (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	if (made (suite, &run, 300, 200, first_pixels (suite), 6, &picture, &bytes)) {
		size_t length = bytes.length;
		for (unsigned i = 0; i < 4; i++) {
			buffer_clear (&bytes);
			run.sink_fail_at = (length - 1) * i / 3;
			int code = run_encode (suite, &run, &picture, &bytes);
			if (code != LARDER_E_NOSPACE)
				because (suite, "a sink that fails after %zu of %zu bytes gives %d, not its own code", run.sink_fail_at, length, code);
		}
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "sink-failure-told");
}

static void
test_cancel (struct suite *suite)
{
	struct run run = RUN_PLAIN, cancelled = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes, none;
	struct bytes source;
	cancelled.cancelled = true;
	buffer_init (&none, 1 << 28);
	if (made (suite, &run, 700, 500, first_pixels (suite), 6, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = run_decode (suite, &cancelled, &source.source, NULL, NULL);
		if (code != LARDER_E_CANCELLED)
			because (suite, "a cancelled decode gives %d", code);
		code = run_encode (suite, &cancelled, &picture, &none);
		if (code != LARDER_E_CANCELLED)
			because (suite, "a cancelled encode gives %d", code);
	}
	picture_free (&picture);
	buffer_free (&bytes), buffer_free (&none);
	promise (suite, "cancel-honoured");
}

/* ---- states ---- */

struct worker { struct suite suite; const struct bytes *source; const struct picture *expected; bool failed; };

static void *
work (void *argument)
{
	struct worker *worker = argument;
	struct run run = RUN_PLAIN;
	run.group = 3;
	for (int i = 0; i < 8; i++) {
		struct picture back = { 0 };
		struct buffer again;
		struct bytes own = *worker->source;
		own.source.context = &own;
		buffer_init (&again, 1 << 28);
		int code = run_decode (&worker->suite, &run, &own.source, &back, NULL);
		worker->failed = worker->failed || code != 0 || !picture_same (&back, worker->expected) ||
		                 run_encode (&worker->suite, &run, worker->expected, &again) != 0;
		picture_free (&back);
		buffer_free (&again);
	}
	suite_call_done ();
	return NULL;
}

/* Two pictures at once, on two threads. */
static void
test_threads (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture[2], whole[2] = { { 0 }, { 0 } };
	struct buffer bytes[2];
	struct bytes source[2];
	struct worker workers[2];
	pthread_t threads[2];
	for (int i = 0; i < 2; i++) {
		if (!made (suite, &run, 80 + 31 * (uint32_t) i, 60, first_pixels (suite), 20 + (unsigned) i, &picture[i], &bytes[i]))
			continue;
		bytes_source (&source[i], bytes[i].at, bytes[i].length, false);
		if (run_decode (suite, &run, &source[i].source, &whole[i], NULL) != 0)
			because (suite, "its own picture cannot be read");
		workers[i] = (struct worker) { .suite = *suite, .source = &source[i], .expected = &whole[i] };
	}
	if (suite->why.length == 0) {
		for (int i = 0; i < 2; i++)
			(void) pthread_create (&threads[i], NULL, work, &workers[i]);
		for (int i = 0; i < 2; i++) {
			(void) pthread_join (threads[i], NULL);
			if (workers[i].failed)
				because (suite, "picture %d comes out otherwise beside another thread", i);
		}
	}
	for (int i = 0; i < 2; i++)
		picture_free (&picture[i]), picture_free (&whole[i]), buffer_free (&bytes[i]);
	promise (suite, "states-on-two-threads");
}

/* Two decodes in turns on one thread. */
static void
test_interleaved (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture[2], whole[2] = { { 0 }, { 0 } };
	struct buffer bytes[2];
	struct bytes source[2];
	void *states[2] = { NULL, NULL };
	uint8_t *row = NULL;
	struct larder_decode request = { .size = sizeof request, .limits = plenty () };
	struct larder_picture facts = { .size = sizeof facts };
	for (int i = 0; i < 2; i++) {
		if (!made (suite, &run, 50, 40, first_pixels (suite), 30 + (unsigned) i, &picture[i], &bytes[i]))
			continue;
		bytes_source (&source[i], bytes[i].at, bytes[i].length, false);
		if (run_decode (suite, &run, &source[i].source, &whole[i], NULL) != 0 ||
		    suite->codec->decode_begin (suite->self, suite_call (), &request, &source[i].source, &facts, &states[i], NULL) != 0)
			because (suite, "its own picture cannot be read");
	}
	row = malloc (whole[0].bytes + 1);
	for (uint32_t y = 0; suite->why.length == 0 && y < 80; y++) {
		const struct picture *one = &whole[y % 2];
		int code = suite->codec->decode_rows (states[y % 2], suite_call (), row, one->bytes, 1, NULL);
		if (code != 0 || memcmp (row, one->at + y / 2 * one->stride, one->bytes) != 0)
			because (suite, "two decodes in turns disturb each other in row %u (%d)", y / 2, code);
	}
	for (int i = 0; i < 2; i++) {
		suite->codec->decode_end (states[i]);
		picture_free (&picture[i]), picture_free (&whole[i]), buffer_free (&bytes[i]);
	}
	free (row);
	promise (suite, "states-independent");
}

/* ---- rows too few, too many ---- */

static void
encode_some (struct suite *suite, uint32_t rows, bool finish, int expected, const char *what)
{
	struct picture picture;
	struct bytes unused;
	struct larder_error error = LARDER_ERROR_INIT;
	struct run run = RUN_PLAIN;
	struct buffer bytes;
	void *state = NULL;
	bytes_source (&unused, "", 0, false);
	if (made (suite, &run, 30, 20, first_pixels (suite), 1, &picture, &bytes)) {
		struct larder_sink sink = { .size = sizeof sink, .context = NULL, .write = NULL };
		struct larder_encode request = { .size = sizeof request, .width = 30, .height = rows > 20 ? 10 : 20,
		                                 .pixels = picture.pixels, .quality = -1, .effort = -1, .lossless = true };
		int code = suite->codec->encode_begin (suite->self, suite_call (), &request, &sink, &state, &error);
		if (code == 0) {
			code = suite->codec->encode_rows (state, suite_call (), picture.at, picture.stride, rows > 20 ? 20 : rows, &error);
			int end = suite->codec->encode_end (state, suite_call (), finish && code == 0, &error);
			code = code != 0 ? code : end;
		}
		if (code != expected)
			because (suite, "%s give %d, not %d", what, code, expected);
	}
	picture_free (&picture);
	buffer_free (&bytes);
}

static void
test_row_counts (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct bytes source;
	struct larder_decode request = { .size = sizeof request, .limits = plenty () };
	struct larder_picture facts = { .size = sizeof facts };
	void *state = NULL;
	size_t before = suite_count ().live;
	encode_some (suite, 7, false, 0, "7 of 20 rows, thrown away,");
	if (suite_count ().live != before)
		because (suite, "an abandoned encode keeps %zu bytes", suite_count ().live - before);
	promise (suite, "encode-abandoned");
	encode_some (suite, 7, true, LARDER_E_INVALID, "7 of 20 rows, finished,");
	promise (suite, "encode-missing-rows-refused");
	encode_some (suite, 21, true, LARDER_E_INVALID, "20 rows of a picture of 10");
	promise (suite, "encode-too-many-rows-refused");
	if (made (suite, &run, 12, 9, first_pixels (suite), 1, &picture, &bytes)) {
		uint8_t *rows = malloc (picture.bytes * 20);
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = suite->codec->decode_begin (suite->self, suite_call (), &request, &source.source, &facts, &state, NULL);
		size_t stride = 12 * larder_pixel_bytes (facts.pixels);
		code = code != 0 ? code : suite->codec->decode_rows (state, suite_call (), rows, stride, 9, NULL);
		if (code != 0)
			because (suite, "its own picture cannot be read: %d", code);
		else if ((code = suite->codec->decode_rows (state, suite_call (), rows, stride, 1, NULL)) != LARDER_E_INVALID)
			because (suite, "a row after the last gives %d, not INVALID", code);
		suite->codec->decode_end (state);
		free (rows);
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "decode-too-many-rows-refused");
}

void
suite_faults (struct suite *suite)
{
	test_truncated (suite);
	test_damaged (suite);
	test_trailing (suite);
	test_source_fails (suite);
	test_sink_fails (suite);
	test_cancel (suite);
	test_interleaved (suite);
	test_threads (suite);
	test_row_counts (suite);
}
