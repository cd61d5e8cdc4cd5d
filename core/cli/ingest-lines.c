/* ingest-lines.c: a batch as lines of JSON. A bad line costs that line. */
#include "ingest.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "text.h"

#define LINE_MOST (1 << 20)

void
picture_free (struct picture *picture)
{
	if (!picture)
		return;
	json_decref (picture->json);
	free (picture->pairs);
	free (picture->job);
	free (picture->name);
	free (picture);
}

/* More bytes into intake->text, unless a signal ends the wait. */
static int
read_more (struct intake *intake, struct larder_error *error)
{
	struct pollfd polled[2] = { { intake->lines_fd, POLLIN, 0 }, { intake->cli->stop_fd, POLLIN, 0 } };
	if (poll (polled, 2, -1) < 0 && errno != EINTR)
		return larder_fail_errno (error, errno, "cannot wait for lines");
	if (polled[1].revents || cli_stopped (intake->cli))
		return larder_fail (error, LARDER_E_CANCELLED, "interrupted");
	if (!polled[0].revents)
		return 0;
	if (intake->start > 0) {
		memmove (intake->text, intake->text + intake->start, intake->length - intake->start);
		intake->length -= intake->start;
		intake->start = 0;
	}
	if (intake->length == intake->room) {
		size_t room = intake->room ? 2 * intake->room : 64 << 10;
		char *text = realloc (intake->text, room);
		if (!text)
			return larder_fail_memory (error);
		intake->text = text;
		intake->room = room;
	}
	ssize_t got = read (intake->lines_fd, intake->text + intake->length, intake->room - intake->length);
	if (got < 0 && errno != EINTR && errno != EAGAIN)
		return larder_fail_errno (error, errno, "cannot read the lines of the batch");
	if (got == 0)
		intake->lines_ended = true;
	intake->length += got > 0 ? (size_t) got : 0;
	return 0;
}

/* The next line that is not blank: 1, 0 at the end. It stays valid until the next call. */
static int
next_line (struct intake *intake, const char **ret, size_t *ret_length, struct larder_error *error)
{
	for (;;) {
		const char *at = intake->text + intake->start;
		size_t left = intake->length - intake->start;
		const char *end = left ? memchr (at, '\n', left) : NULL;
		if (!end && !intake->lines_ended) {
			if (left > LINE_MOST)
				return larder_fail_next (error, LARDER_E_LIMIT, "a line names one picture by \"file\"; pictures themselves do not stand in it",
					"line %" PRIu64 " of the batch is longer than 1 MiB", intake->line + 1);
			int code = read_more (intake, error);
			if (code < 0)
				return code;
			continue;
		}
		if (left == 0)
			return 0;
		size_t length = end ? (size_t) (end - at) : left;
		intake->start += length + (end != NULL);
		intake->line++;
		*ret = at;
		*ret_length = length;
		for (size_t i = 0; i < length; i++)
			if (!strchr (" \t\r", at[i]) || !at[i])
				return 1;
	}
}

static int LARDER_PRINTF (3, 4)
fail_line (const struct intake *intake, struct larder_error *error, const char *format, ...)
{
	char text[300];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	return larder_fail_next (error, LARDER_E_INVALID, "a line is like {\"file\": \"cat.png\", \"user\": \"ann\", \"job\": \"1\"}; 'larder image ingest --help' tells more",
		"line %" PRIu64 ": %s", intake->line, text);
}

/* Texts of "values": further placeholders. */
static int
take_values (struct intake *intake, struct picture *picture, json_t *values, struct larder_ingest *ret, struct larder_error *error)
{
	if (!json_is_object (values))
		return fail_line (intake, error, "'%s' must be an object of texts", "values");
	picture->pairs = calloc (json_object_size (values) + 1, sizeof *picture->pairs);
	if (!picture->pairs)
		return larder_fail_memory (error);
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach (values, key, value) {
		if (!json_is_string (value))
			return fail_line (intake, error, "value '%s' is not a text", key);
		picture->pairs[count++] = (struct larder_pair) { key, json_string_value (value) };
	}
	ret->values = (struct larder_pairs) { picture->pairs, count, sizeof *picture->pairs };
	return 0;
}

static int
take_text (struct intake *intake, const char *key, const char *value, struct larder_ingest *ret, struct larder_error *error)
{
	static const char *const keys[] = { "file", "user", "job", "format", "pipeline", "at", "overwrite", "values" };
	const char **const places[] = { &ret->file, &ret->user, &ret->job, &ret->format, &ret->pipeline };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (strcmp (key, keys[i]) == 0) {
			*places[i] = value;
			return value ? 0 : fail_line (intake, error, "'%s' is not a text", key);
		}
	if (strcmp (key, "at") == 0)
		return value && text_time (value, &ret->at) == 0 ? 0 : fail_line (intake, error, "'%s' is not a time", key);
	int code = fail_line (intake, error, "unknown name '%s'", key);
	const char *nearest = text_nearest (key, keys, sizeof keys / sizeof *keys);
	char next[80];
	snprintf (next, sizeof next, "did you mean '%s'?", nearest ? nearest : "");
	larder_explain (error, LARDER_DETAIL_NEXT, nearest ? next : "names are file, user, job, format, pipeline, at, overwrite and values");
	return code;
}

static int
take_object (struct intake *intake, struct picture *picture, json_t *object, struct larder_ingest *ret, struct larder_error *error)
{
	const char *key;
	json_t *value;
	int code = 0;
	json_object_foreach (object, key, value) {
		if (strcmp (key, "values") == 0)
			code = take_values (intake, picture, value, ret, error);
		else if (strcmp (key, "overwrite") == 0) {
			ret->overwrite = json_is_true (value);
			code = json_is_boolean (value) ? 0 : fail_line (intake, error, "'%s' is not true or false", key);
		} else
			code = take_text (intake, key, json_string_value (value), ret, error);
		if (code < 0)
			return code;
	}
	if (!ret->file)
		return fail_line (intake, error, "'%s' is missing", "file");
	if (strcmp (ret->file, "-") == 0)
		return fail_line (intake, error, "'%s' is not a file: the lines themselves may come from there", "-");
	return 0;
}

int
intake_line (struct intake *intake, struct picture *picture, struct larder_ingest *ret, struct larder_error *error)
{
	const char *text = NULL;
	size_t length = 0;
	int code = next_line (intake, &text, &length, error);
	if (code <= 0)
		return code;
	char label[40];
	snprintf (label, sizeof label, "line %" PRIu64, intake->line);
	picture->name = strdup (label);
	if (!picture->name)
		return larder_fail_memory (error);
	ret->name = picture->name;
	json_error_t wrong;
	json_t *object = json_loadb (text, length, JSON_REJECT_DUPLICATES, &wrong);
	picture->json = object;
	if (!json_is_object (object))
		return fail_line (intake, error, "not an object of JSON: %s", object ? "another value" : wrong.text);
	code = take_object (intake, picture, object, ret, error);
	if (code < 0)
		return code;
	char *name = strdup (ret->file);
	if (!name)
		return larder_fail_memory (error);
	free (picture->name);
	ret->name = picture->name = name;
	return 1;
}
