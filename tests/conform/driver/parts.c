/* parts.c: promises about objects written in parts. */
#include "suite.h"

#include <stdlib.h>

#include "file.h"

#define OP(name) offsetof (struct larder_driver, name)
#define PART ((size_t) 5 << 20)         /* the least that S3 takes for all but the last */

/* An upload with its own calls: what the driver returned lives until upload_end. */
struct going {
	struct suite *suite;
	struct larder_call call;
	struct larder_upload upload;
	struct larder_part parts[8];
	size_t count;
	char key[1100];
	char *bytes;                    /* of all parts, one behind the other */
	size_t length;
};

static int
begin_as (struct suite *suite, const char *name, bool copied, struct going *ret)
{
	*ret = (struct going) { .suite = suite, .bytes = malloc (3 * PART), .upload.size = sizeof ret->upload };
	key_of (suite, name, ret->key);
	const struct larder_write request = { .size = sizeof request, .bucket = suite->bucket, .key = ret->key,
	                                      .attributes = { .size = sizeof request.attributes, .content_type = "image/webp" }, .copied = copied };
	call_begin (&ret->call);
	enter (suite);
	int code = suite->driver->parts_begin (suite->self, &ret->call, &request, &ret->upload, NULL);
	leave (suite);
	return code;
}

static int
begin (struct suite *suite, const char *name, struct going *ret)
{
	return begin_as (suite, name, false, ret);
}

static void
end (struct going *going)
{
	call_end (&going->call);
	free (going->bytes);
}

static int
add (struct going *going, uint32_t number, const void *bytes, size_t count, struct larder_part *ret)
{
	struct memory_source memory;
	struct larder_source source;
	*ret = (struct larder_part) { .size = sizeof *ret };
	memory_source_begin (&memory, bytes, count, &source);
	enter (going->suite);
	int code = going->suite->driver->parts_write (going->suite->self, &going->call, &going->upload, number, &source, ret, NULL);
	leave (going->suite);
	return code;
}

static int
finish (struct going *going, uint64_t length, const struct larder_condition *condition)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_finish request = { .size = sizeof request, .upload = going->upload, .parts = going->parts, .count = going->count,
	                                 .stride = sizeof *going->parts, .length = length };
	if (condition)
		request.condition = *condition;
	enter (going->suite);
	int code = going->suite->driver->parts_finish (going->suite->self, &going->call, &request, &info, NULL);
	leave (going->suite);
	return code;
}

static int
abort_upload (struct going *going)
{
	enter (going->suite);
	int code = going->suite->driver->parts_abort (going->suite->self, &going->call, &going->upload, NULL);
	leave (going->suite);
	return code;
}

/* Two parts and a short third, the last first. */
static int
add_three (struct going *going)
{
	static const size_t lengths[] = { PART, PART, 1234 };
	going->count = 3;
	going->length = 2 * PART + 1234;
	fill_random (going->bytes, going->length, going->suite->seed);
	for (uint32_t number = 3; number >= 1; number--) {
		int code = add (going, number, going->bytes + PART * (number - 1), lengths[number - 1], &going->parts[number - 1]);
		if (code != 0)
			return code;
	}
	return 0;
}

static void
keep_parts (struct suite *suite)
{
	struct going going;
	struct fact fact = { 0 };
	int code = begin (suite, "parts/any-order", &going);
	if (code != 0 || (code = add_three (&going)) != 0)
		broken (suite, "begin and three parts: code %d", code);
	else if (op_stat (suite, "parts/any-order", NULL, NULL) != LARDER_E_NOTFOUND)
		broken (suite, "the object is seen before finish");
	else if ((code = finish (&going, going.length, NULL)) != 0)
		broken (suite, "finish: code %d", code);
	else if (!is_there (suite, "parts/any-order", going.bytes, going.length) || op_stat (suite, "parts/any-order", NULL, &fact) != 0)
		broken (suite, "the parts are not there, one behind the other");
	else if ((suite->caps & LARDER_CAP_METADATA) && strcmp (fact.content_type, "image/webp") != 0)
		broken (suite, "the type given at begin became '%s'", fact.content_type);
	end (&going);
}

/* c-T03: a part missing from the list is noticed, and nothing is published. */
static void
keep_gap (struct suite *suite)
{
	struct going going;
	int code = begin (suite, "parts/gap", &going);
	if (code != 0 || (code = add_three (&going)) != 0)
		broken (suite, "begin and three parts: code %d", code);
	else {
		struct larder_part middle = going.parts[1];
		going.parts[1] = going.parts[2];
		going.count = 2;
		code = finish (&going, PART + 1234, NULL);
		if (code != LARDER_E_INTEGRITY && code != LARDER_E_INVALID)
			broken (suite, "finish without the second part: code %d", code);
		else if (op_stat (suite, "parts/gap", NULL, NULL) != LARDER_E_NOTFOUND)
			broken (suite, "an object with a gap was published");
		going.parts[1] = middle;
	}
	(void) abort_upload (&going);
	end (&going);
}

static void
keep_length (struct suite *suite)
{
	struct going going;
	int code = begin (suite, "parts/length", &going);
	if (code != 0 || (code = add_three (&going)) != 0)
		broken (suite, "begin and three parts: code %d", code);
	else if ((code = finish (&going, going.length + 1, NULL)) != LARDER_E_INTEGRITY)
		broken (suite, "finish with another length: code %d", code);
	else if (op_stat (suite, "parts/length", NULL, NULL) != LARDER_E_NOTFOUND)
		broken (suite, "an object of another length was published");
	(void) abort_upload (&going);
	end (&going);
}

static void
keep_part_again (struct suite *suite)
{
	struct going going;
	int code = begin (suite, "parts/again", &going);
	if (code == 0)
		code = add (&going, 1, "first", 5, &going.parts[0]);
	if (code == 0)
		code = add (&going, 1, "second", 6, &going.parts[0]);
	going.count = 1;
	if (code == 0)
		code = finish (&going, 6, NULL);
	if (code != 0 || !is_there (suite, "parts/again", "second", 6))
		broken (suite, "code %d, or not the part that came last", code);
	end (&going);
}

static void
keep_abort (struct suite *suite)
{
	struct going going;
	int code = begin (suite, "parts/abort", &going);
	if (code == 0)
		code = add (&going, 1, "first", 5, &going.parts[0]);
	if (code != 0 || (code = abort_upload (&going)) != 0)
		broken (suite, "begin, part, abort: code %d", code);
	else if ((code = add (&going, 2, "more", 4, &going.parts[1])) != LARDER_E_NOTFOUND)
		broken (suite, "a part after abort: code %d", code);
	else if (op_stat (suite, "parts/abort", NULL, NULL) != LARDER_E_NOTFOUND)
		broken (suite, "an aborted object is there");
	end (&going);
}

static void
keep_abort_unknown (struct suite *suite)
{
	struct going going;
	int code = begin (suite, "parts/unknown", &going), first = abort_upload (&going), second = abort_upload (&going);
	if (code != 0 || first != 0 || second != LARDER_E_NOTFOUND)
		broken (suite, "begin %d, abort %d, abort again %d", code, first, second);
	end (&going);
}

static void
keep_finish_condition (struct suite *suite)
{
	struct going going;
	const struct larder_condition only = { .size = sizeof only, .create_only = true };
	int code = begin (suite, "parts/condition", &going);
	going.count = 1;
	if (code == 0)
		code = add (&going, 1, "parts", 5, &going.parts[0]);
	if (code == 0)
		code = op_write (suite, "parts/condition", "whole", 5, NULL, NULL, NULL);
	if (code != 0)
		broken (suite, "begin, part, write: code %d", code);
	else if ((code = finish (&going, 5, &only)) != LARDER_E_CONFLICT || !is_there (suite, "parts/condition", "whole", 5))
		broken (suite, "create-only finish where an object is: code %d", code);
	(void) abort_upload (&going);
	end (&going);
}

static int
check_part (void *context, const struct larder_part *part, struct larder_error *error)
{
	uint32_t *last = context;
	(void) error;
	if (part->number != *last + 1 || part->length == 0 || !part->etag)
		return LARDER_E_INTEGRITY;
	*last = part->number;
	return 0;
}

static void
keep_parts_list (struct suite *suite)
{
	struct going going;
	uint32_t last = 0;
	int code = begin (suite, "parts/list", &going);
	if (code == 0)
		code = add (&going, 2, "two", 3, &going.parts[1]);
	if (code == 0)
		code = add (&going, 1, "one", 3, &going.parts[0]);
	enter (suite);
	if (code == 0)
		code = suite->driver->parts_list (suite->self, &going.call, &going.upload, check_part, &last, NULL);
	leave (suite);
	if (code != 0 || last != 2)
		broken (suite, "code %d, %u parts of 2 in order", code, last);
	(void) abort_upload (&going);
	end (&going);
}

struct wanted { const char *id; unsigned found; };

static int
find_upload (void *context, const struct larder_upload *upload, struct larder_error *error)
{
	struct wanted *wanted = context;
	(void) error;
	wanted->found += upload->id && strcmp (upload->id, wanted->id) == 0;
	return 0;
}

static void
keep_uploads_list (struct suite *suite)
{
	struct going going;
	struct larder_page page = { .size = sizeof page };
	int code = begin (suite, "parts/uploads", &going);
	struct wanted wanted = { .id = going.upload.id ? going.upload.id : "" };
	const struct larder_list request = { .size = sizeof request, .bucket = suite->bucket, .prefix = going.key, .delimiter = "" };
	enter (suite);
	if (code == 0)
		code = suite->driver->uploads_list (suite->self, &going.call, &request, find_upload, &wanted, &page, NULL);
	leave (suite);
	if (code != 0 || wanted.found != 1)
		broken (suite, "code %d, the upload was listed %u times", code, wanted.found);
	(void) abort_upload (&going);
	end (&going);
}

static void
keep_parts_copy (struct suite *suite)
{
	struct going going;
	char from[1100];
	int code = begin_as (suite, "parts/copied", true, &going);
	key_of (suite, "parts/source", from);
	const struct larder_read request = { .size = sizeof request, .object = { sizeof request.object, suite->bucket, from, NULL },
	                                     .offset = 2, .length = 5 };
	if (code == 0)
		code = op_write (suite, "parts/source", "0123456789", 10, NULL, NULL, NULL);
	going.parts[0] = (struct larder_part) { .size = sizeof going.parts[0] };
	going.count = 1;
	enter (suite);
	if (code == 0)
		code = suite->driver->parts_copy (suite->self, &going.call, &going.upload, 1, &request, &going.parts[0], NULL);
	leave (suite);
	if (code == 0)
		code = finish (&going, 5, NULL);
	if (code != 0 || !is_there (suite, "parts/copied", "23456", 5))
		broken (suite, "code %d, or not the range asked for", code);
	end (&going);
}

const struct promise parts_promises[] = {
	{ "parts in any order make one object, seen when finished", OP (parts_finish), 0, keep_parts },
	{ "finish with a part missing from the list is refused", OP (parts_finish), 0, keep_gap },
	{ "finish with another length is INTEGRITY", OP (parts_finish), 0, keep_length },
	{ "of a part written twice the last counts", OP (parts_finish), 0, keep_part_again },
	{ "abort ends an upload and leaves nothing", OP (parts_abort), 0, keep_abort },
	{ "abort of an unknown upload is NOTFOUND", OP (parts_abort), 0, keep_abort_unknown },
	{ "finish keeps create-only", OP (parts_finish), LARDER_CAP_CREATE_ONLY, keep_finish_condition },
	{ "parts are listed by number", OP (parts_list), 0, keep_parts_list },
	{ "open uploads are listed", OP (uploads_list), 0, keep_uploads_list },
	{ "a range of an object can be a part", OP (parts_copy), 0, keep_parts_copy },
	{ NULL, 0, 0, NULL }
};
