/* driver-lying.c: a storage that lies in the one way its option names: about pages of a listing, or while reading. */
#include "fixture.h"

#include "checksum.h"

enum fault { NONE, EMPTY_PAGE, REPEATED_TOKEN, NO_TOKEN, LAST_WITH_TOKEN, ORDER, TWICE, BREAK, BREAK_LATE, BREAK_ALWAYS, DAMAGED, REPLACED, SHORT, NO_BEGIN };

struct state { uint32_t fault; };

static const struct larder_option options[] = {
	{ .key = "fault", .type = LARDER_ENUM, .at = offsetof (struct state, fault), .help = "how it lies", .def = "none",
	  .values = "none|empty-page|repeated-token|no-token|last-with-token|order|twice|break|break-late|break-always|damaged|replaced|short|no-begin" },
	{ 0 }
};

FIXTURE_DRIVER_OPS

static const char bytes[] = "0123456789";
enum { LENGTH = sizeof bytes - 1 };

static int
give (uint32_t fault, uint64_t from, uint64_t to, const struct larder_sink *sink, struct larder_error *error)
{
	char text[LENGTH];
	memcpy (text, bytes, LENGTH);
	if (fault == DAMAGED)
		text[7] = '!';
	return sink->write (sink->context, text + from, (size_t) (to - from), error);
}

static int
break_off (uint64_t at, struct larder_error *error)
{
	larder_fail (error, LARDER_E_RETRY, "the line went dead");
	if (error)
		error->offset = at;
	return LARDER_E_RETRY;
}

static int
lying_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)
{
	uint32_t fault = ((const struct state *) self)->fault;
	bool resumed = request->offset > 0;
	char checksum[16];
	(void) call;
	crc64nvme_text (crc64nvme (0, bytes, LENGTH), checksum);
	struct larder_info info = { .size = sizeof info, .key = request->object.key, .length = LENGTH, .etag = resumed && fault == REPLACED ? "second" : "first",
		.checksum_type = LARDER_CHECKSUM_CRC64NVME, .checksum = checksum };
	if (resumed && (request->offset > LENGTH - 1 || !request->if_match || strcmp (request->if_match, "first") != 0))
		return larder_fail (error, LARDER_E_INVALID, "resumed behind the end, or without the etag");
	int code = fault == NO_BEGIN ? 0 : sink->begin (sink->context, &info, error);
	uint64_t to = fault == SHORT ? LENGTH - 1 : (fault == BREAK || fault == REPLACED) && !resumed ? 4 : fault == BREAK_ALWAYS ? request->offset + 1 : LENGTH;
	if (code == 0)
		code = give (fault, request->offset, to, sink, error);
	if (code == 0 && (fault == BREAK_ALWAYS || fault == BREAK_LATE || to == 4))
		code = break_off (to, error);
	return code;
}

static int
lying_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page, struct larder_error *error)
{
	uint32_t fault = ((const struct state *) self)->fault;
	bool first = !request->token;
	const char *const keys[2] = { first ? "b" : fault == ORDER ? "a" : fault == TWICE ? "c" : "d", first ? "c" : "e" };
	struct larder_page page = { .size = sizeof page, .complete = !first, .token = first ? "2" : NULL };
	(void) call;
	for (int i = 0; i < 2 && !(first && fault == EMPTY_PAGE); i++) {
		struct larder_info info = { .size = sizeof info, .key = keys[i], .length = 1, .etag = "x" };
		int code = fault == REPEATED_TOKEN && !first ? 0 : item (context, &info, error);
		if (code)
			return code;
	}
	if (fault == NO_TOKEN)
		page = (struct larder_page) { .size = sizeof page };
	else if (fault == LAST_WITH_TOKEN)
		page.complete = true;
	else if (fault == REPEATED_TOKEN)
		page = (struct larder_page) { .size = sizeof page, .token = "2" };
	larder_give (ret_page, &page);
	return 0;
}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = {
	FIXTURE_DRIVER ("lying"), .options = options, .self_size = sizeof (struct state), .read = lying_read, .list = lying_list,
};
LARDER_DRIVER (driver)
