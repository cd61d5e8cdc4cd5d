/* driver-shuffled.c: a storage whose listing has no order, as that of an S3 directory bucket: names around the separator, page by
 * page. `twice` names one of them once more at the end; `honest = no` claims an order all the same. */
#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct state { int64_t keys; bool twice, honest; };

static const struct larder_option options[] = {
	{ .key = "keys", .type = LARDER_INT, .at = offsetof (struct state, keys), .def = "10", .min = 0, .max = 999999, .help = "how many there are" },
	{ .key = "twice", .type = LARDER_BOOL, .at = offsetof (struct state, twice), .def = "no", .help = "one comes twice" },
	{ .key = "honest", .type = LARDER_BOOL, .at = offsetof (struct state, honest), .def = "yes", .help = "it says that there is no order" },
	{ 0 }
};

FIXTURE_DRIVER_OPS

enum { PAGE = 1000, STEP = 7919 };    /* a prime */

static int
shuffled_caps (void *self, struct larder_call *call, uint64_t *caps, struct larder_error *error)
{
	(void) call, (void) error;
	if (!((const struct state *) self)->honest)
		*caps &= ~(uint64_t) LARDER_CAP_ANY_ORDER;
	return 0;
}

static void
name_of (int64_t number, char ret[64])
{
	static const char separators[] = "./0-";
	snprintf (ret, 64, "t/%02d%c%06d", (int) (number % 50), separators[number / 50 % 4], (int) number);
}

static int
shuffled_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	(void) self, (void) call;
	struct larder_info info = { .size = sizeof info, .key = request->object.key, .length = strlen (request->object.key), .etag = "e", .mtime = INT64_C (1000000000000000000) };
	int code = sink->begin ? sink->begin (sink->context, &info, error) : 0;
	return code < 0 ? code : sink->write (sink->context, info.key, (size_t) info.length, error);
}

static int
shuffled_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page, struct larder_error *error)
{
	const struct state *state = self;
	int64_t count = state->keys + state->twice, at = request->token ? atoll (request->token) : 0, end = at + PAGE < count ? at + PAGE : count;
	char name[64], token[24];
	if (state->honest && request->start_after)
		return larder_fail (error, LARDER_E_INVALID, "there is no order to start in");
	for (; at < end; at++) {
		name_of (at * STEP % state->keys, name);
		if (strncmp (name, request->prefix, strlen (request->prefix)) != 0)
			continue;
		struct larder_info info = { .size = sizeof info, .key = name, .length = strlen (name), .etag = name + 2, .mtime = INT64_C (1000000000000000000), .storage_class = "EXPRESS_ONEZONE" };
		int code = item (context, &info, error);
		if (code)
			return code;
	}
	snprintf (token, sizeof token, "%" PRId64, end);
	char *next = larder_host->arena (call, sizeof token);
	if (!next)
		return larder_fail (error, LARDER_E_LIMIT, "no memory");
	memcpy (next, token, sizeof token);
	struct larder_page page = { .size = sizeof page, .complete = end == count, .token = end == count ? NULL : next };
	larder_give (ret_page, &page);
	return 0;
}

static int
shuffled_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride, larder_removed_fn removed, void *context, struct larder_error *error)
{
	(void) self, (void) call, (void) bucket, (void) items, (void) stride, (void) error;
	for (size_t i = 0; i < count; i++)
		removed (context, i, 0, NULL, NULL);
	return 0;
}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = {
	FIXTURE_DRIVER ("shuffled"), .read = shuffled_read, .list = shuffled_list, .remove = shuffled_remove, .options = options, .self_size = sizeof (struct state), .caps_all = LARDER_CAP_ANY_ORDER | LARDER_CAP_ANY_KEY | LARDER_CAP_KEY_BESIDE_PREFIX,
	.caps = shuffled_caps,
};
LARDER_DRIVER (driver)
