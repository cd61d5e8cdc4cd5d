/* limits.c: promises about limits, structs, and what a run leaves behind. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#define BEFORE_REFUSAL (1024 * 1024) /* bytes a codec may take before it looks at the limits */

/* decode_begin under limits that the picture breaks by one. */
static void
refused (struct suite *suite, const struct buffer *bytes, struct larder_limits limits, const char *what, uint64_t limit)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_decode request = { .size = sizeof request, .limits = limits };
	struct larder_picture facts = { .size = sizeof facts };
	struct bytes source;
	char number[32];
	void *state = NULL;
	(void) snprintf (number, sizeof number, "%llu", (unsigned long long) limit);
	bytes_source (&source, bytes->at, bytes->length, false);
	size_t live = suite_count ().live;
	suite_count_reset ();
	int code = suite->codec->decode_begin (suite->self, suite_call (), &request, &source.source, &facts, &state, &error);
	if (code != LARDER_E_LIMIT)
		because (suite, "a picture over the limit of %s gives %d, not LIMIT", what, code);
	else if (strstr (error.message, number) == NULL)
		because (suite, "the limit of %s, %s, is not in the message '%s'", what, number, error.message);
	if (suite_count ().peak - live > BEFORE_REFUSAL)
		because (suite, "%zu bytes were taken before the limit of %s was looked at", suite_count ().peak - live, what);
	if (code == 0)
		suite->codec->decode_end (state);
}

static void
test_limits (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct larder_limits limits = plenty ();
	if (made (suite, &run, 600, 450, first_pixels (suite), 1, &picture, &bytes)) {
		limits.width = 599;
		refused (suite, &bytes, limits, "width", limits.width);
		limits = plenty (), limits.height = 449;
		refused (suite, &bytes, limits, "height", limits.height);
		limits = plenty (), limits.pixels = 600 * 450 - 1;
		refused (suite, &bytes, limits, "pixels", limits.pixels);
		limits = plenty (), limits.memory = 4096;
		refused (suite, &bytes, limits, "memory", limits.memory);
		limits = plenty (), limits.expansion = 600 * 450 / bytes.length; /* of one byte a pixel: less than there is, where it shrinks at all */
		if (limits.expansion > 1)
			limits.expansion--, refused (suite, &bytes, limits, "expansion", limits.expansion);
		limits = plenty (), limits.frames = 0;
		refused (suite, &bytes, limits, "frames", limits.frames);
		limits = plenty (), limits.width = 600, limits.height = 450, limits.pixels = 600 * 450, limits.frames = 1;
		run.limits = limits;
		struct bytes source;
		bytes_source (&source, bytes.at, bytes.length, false);
		if (run_decode (suite, &run, &source.source, NULL, NULL) != 0)
			because (suite, "a picture just within the limits is refused");
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "limits-before-allocation");
}

/* The memory it announces is what it takes, as far as host->alloc tells. */
static void
test_memory (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct bytes source;
	struct larder_picture facts = { 0 };
	if (made (suite, &run, 800, 700, first_pixels (suite), 1, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		size_t live = suite_count ().live;
		suite_count_reset ();
		int code = run_decode (suite, &run, &source.source, NULL, &facts);
		size_t taken = suite_count ().peak - live;
		if (code != 0 || taken > facts.memory)
			because (suite, "%zu bytes were taken, %llu announced (%d)", taken, (unsigned long long) facts.memory, code);
		run.limits = plenty ();
		run.limits.memory = facts.memory;
		if (run_decode (suite, &run, &source.source, NULL, NULL) != 0)
			because (suite, "refused within the memory it asked for");
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "memory-announced");
}

static void
test_largest (struct suite *suite)
{
	for (int tall = 0; tall < 2; tall++) {
		uint32_t most = tall ? suite->codec->max_height : suite->codec->max_width;
		struct larder_error error = LARDER_ERROR_INIT;
		struct larder_sink sink = { .size = sizeof sink };
		struct larder_encode request = { .size = sizeof request, .width = tall ? 1 : most + 1, .height = tall ? most + 1 : 1,
		                                 .pixels = LARDER_RGB8, .quality = -1, .effort = -1 };
		char number[32];
		void *state = NULL;
		if (most == UINT32_MAX)
			continue;
		(void) snprintf (number, sizeof number, "%u", most);
		int code = suite->codec->encode_begin (suite->self, suite_call (), &request, &sink, &state, &error);
		if (code != LARDER_E_LIMIT || strstr (error.message, number) == NULL)
			because (suite, "one more than the largest %s gives %d '%s'", tall ? "height" : "width", code, error.message);
		if (code == 0)
			(void) suite->codec->encode_end (state, suite_call (), false, NULL);
	}
	promise (suite, "largest-size-refused-first");
}

static void
test_header_only (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct bytes source;
	struct larder_decode request = { .size = sizeof request, .limits = plenty (), .header_only = true };
	struct larder_picture facts = { .size = sizeof facts };
	void *state = NULL;
	if (made (suite, &run, 70, 50, first_pixels (suite), 1, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = suite->codec->decode_begin (suite->self, suite_call (), &request, &source.source, &facts, &state, NULL);
		if (code != 0 || facts.width != 70 || facts.height != 50 || facts.full_width != 70 || facts.full_height != 50)
			because (suite, "the header alone gives %d, %u × %u", code, facts.width, facts.height);
		if (code == 0)
			suite->codec->decode_end (state);
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "header-only");
}

/* A caller with an older, shorter struct picture. */
static void
test_struct_sizes (struct suite *suite)
{
	struct run run = RUN_PLAIN;
	struct picture picture;
	struct buffer bytes;
	struct bytes source;
	union { struct larder_picture facts; unsigned char at[sizeof (struct larder_picture) + 64]; } older;
	struct { struct larder_decode request; char newer[64]; } longer = { .request = { .limits = plenty () } };
	size_t size = offsetof (struct larder_picture, colour);
	void *state = NULL;
	memset (&older, 0xA7, sizeof older);
	memset (longer.newer, 0xA7, sizeof longer.newer);
	older.facts.size = size;
	longer.request.size = sizeof longer;
	if (made (suite, &run, 70, 50, first_pixels (suite), 1, &picture, &bytes)) {
		bytes_source (&source, bytes.at, bytes.length, false);
		int code = suite->codec->decode_begin (suite->self, suite_call (), &longer.request, &source.source, &older.facts, &state, NULL);
		if (code != 0 || older.facts.width != 70 || older.facts.size != size)
			because (suite, "a shorter struct of the caller gives %d, width %u, size %zu", code, older.facts.width, older.facts.size);
		for (size_t i = size; i < sizeof older; i++)
			if (older.at[i] != 0xA7) {
				because (suite, "bytes behind the caller's struct were written");
				break;
			}
		if (code == 0)
			suite->codec->decode_end (state);
	}
	picture_free (&picture);
	buffer_free (&bytes);
	promise (suite, "struct-sizes");
}

static void
test_outputs_untouched (struct suite *suite)
{
	struct larder_decode request = { .size = sizeof request, .limits = plenty () };
	struct larder_picture facts = { .size = sizeof facts, .width = 4711 };
	struct bytes source;
	int mark;
	void *state = &mark;
	bytes_source (&source, "this is no picture of any kind, only a line of text, and that of 70 bytes", 70, false);
	int code = suite->codec->decode_begin (suite->self, suite_call (), &request, &source.source, &facts, &state, NULL);
	if (code == 0 || state != &mark || facts.width != 4711)
		because (suite, "text gives %d; outputs %s", code, state != &mark || facts.width != 4711 ? "changed" : "unchanged");
	promise (suite, "outputs-untouched-on-failure");
}

/* What was seen through the whole run. */
static void
sum_up (struct suite *suite)
{
	if (suite->bad_facts)
		because (suite, "some decode_begin gave facts that cannot be (size, orientation, frames, pixels, memory, colour, note)");
	promise (suite, "facts-possible");
	if (suite->wordless)
		because (suite, "some failure came without a message, or with another code in its error than it returned");
	promise (suite, "failures-worded");
	if (suite->overrun)
		because (suite, "bytes outside the rows were written");
	promise (suite, "rows-not-overrun");
	if (suite_count ().live != 0)
		because (suite, "%zu bytes from host->alloc were never given back", suite_count ().live);
	promise (suite, "memory-given-back");
	if (suite_count ().forbidden)
		because (suite, "host functions were called that the decoding child does not have");
	promise (suite, "host-functions-of-codecs-only");
}

void
suite_limits (struct suite *suite)
{
	test_limits (suite);
	test_memory (suite);
	test_largest (suite);
	test_header_only (suite);
	test_struct_sizes (suite);
	test_outputs_untouched (suite);
	sum_up (suite);
}
