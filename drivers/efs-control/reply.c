/* reply.c: EC2's XML as JSON, so that both services are read alike. Pure. */
#include "wire.h"

#include <string.h>

#include "error.h"

enum { DEEPEST = 16 };

struct reading { json_t *at[DEEPEST]; size_t depth; };     /* what has been opened; NULL: nothing in it so far */

static int
on_begin (void *context, const char *path, struct larder_error *error)
{
	struct reading *reading = context;
	(void) path;
	if (reading->depth == DEEPEST)
		return larder_fail (error, LARDER_E_INTEGRITY, "the reply is deeper than any of EC2");
	reading->at[reading->depth++] = NULL;
	return 0;
}

static int
on_end (void *context, const char *path, const char *text, struct larder_error *error)
{
	struct reading *reading = context;
	const char *name = strrchr (path, '/');
	json_t *done = reading->at[--reading->depth];
	done = done ? done : json_string (text);
	if (!done)
		return larder_fail_memory (error);
	if (reading->depth == 0) {
		reading->at[0] = done;
		return 0;
	}
	json_t **above = &reading->at[reading->depth - 1];
	bool item = name && strcmp (name, "/item") == 0;
	if (!*above)
		*above = item ? json_array () : json_object ();
	int code = item ? json_array_append_new (*above, done) : json_object_set_new (*above, name ? name + 1 : path, done);
	return code < 0 ? larder_fail (error, LARDER_E_INTEGRITY, "the reply is none of EC2") : 0;
}

int
ec2_read (const char *body, size_t length, json_t **ret, struct larder_error *error)
{
	struct reading reading = { .depth = 0 };
	int code = aws_xml_read (body, length, on_begin, on_end, &reading, error);
	if (code == 0 && !json_is_object (reading.at[0]))
		code = larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than EC2 answers at that endpoint", "the reply tells of nothing");
	if (code < 0) {
		for (size_t n = 0; n < (reading.depth ? reading.depth : 1); n++)
			json_decref (reading.at[n]);
		return code;
	}
	*ret = reading.at[0];
	return 0;
}
