/* scans.c: how many scans a JPEG has, by its markers alone: told before any of them is decoded. */
#include "codec-jpeg.h"

/* The source, from front to back through a window. */
struct window { const struct larder_source *source; uint64_t start; size_t have; uint8_t bytes[16384]; };

/* The bytes from `at` on that are at hand: how many, 0 at the end. */
static int64_t
look (struct window *window, uint64_t at, const uint8_t **ret, struct larder_error *error)
{
	if (at < window->start || at >= window->start + window->have) {
		int64_t got = window->source->pread (window->source->context, window->bytes, sizeof window->bytes, at, error);
		if (got < 0)
			return got;
		window->start = at;
		window->have = (size_t) got;
	}
	*ret = window->bytes + (at - window->start);
	return (int64_t) (window->start + window->have - at);
}

/* The byte behind the next 0xff from *at on, that is no 0xff itself; 0 at the end. */
static int
next_after_ff (struct window *window, uint64_t *at, uint8_t *ret, struct larder_error *error)
{
	const uint8_t *bytes = NULL, *found = NULL;
	int64_t have = 1;
	while (found == NULL && (have = look (window, *at, &bytes, error)) > 0) {
		found = memchr (bytes, 0xff, (size_t) have);
		*at += found != NULL ? (uint64_t) (found - bytes) + 1 : (uint64_t) have;
	}
	while (have > 0 && (have = look (window, *at, &bytes, error)) > 0) {
		(*at)++;
		*ret = *bytes;
		if (*ret != 0xff)
			return 1;
	}
	return (int) have;
}

/* Behind the length that stands at *at, and what it covers. */
static int
skip_segment (struct window *window, uint64_t *at, struct larder_error *error)
{
	uint32_t length = 0;
	for (int i = 0; i < 2; i++) {
		const uint8_t *byte = NULL;
		int64_t have = look (window, *at + (uint64_t) i, &byte, error);
		if (have <= 0)
			return (int) have;
		length = length << 8 | *byte;
	}
	*at += length > 2 ? length : 2;
	return 1;
}

int
scans_count (const struct larder_source *source, uint32_t most, uint32_t *ret, struct larder_error *error)
{
	struct window window = { .source = source };
	uint64_t at = 2;
	uint8_t type = 0;
	int code = 1;
	for (*ret = 0; code > 0 && *ret <= most;) {
		code = next_after_ff (&window, &at, &type, error);
		if (code <= 0 || type == JPEG_EOI)
			break;
		bool alone = type < 2 || (type >= JPEG_RST0 && type < JPEG_RST0 + 8);
		*ret += type == 0xda;
		if (!alone)
			code = skip_segment (&window, &at, error);
	}
	return code < 0 ? code : 0;
}
