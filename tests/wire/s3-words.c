/* s3-words.c: texts, JSON strings a line on stdin; for each, what the rows of the capability table say of it as a key, and how it is
 * sent as a value of metadata. test-s3-words.py asks the servers themselves. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "json.h"
#include "metadata.h"
#include "server.h"

static void
print_one (struct larder_arena *arena, const char *text)
{
	CLEANUP_BUFFER struct buffer line;
	struct json json;
	buffer_init (&line, 1 << 16);
	json_begin (&json, &line);
	json_put_object (&json);
	for (size_t i = 0; s3_server_at (i); i++)
		json_member_bool (&json, s3_server_at (i)->name, s3_server_key (s3_server_at (i), text, NULL) == 0);
	json_member_bool (&json, "xml", s3_key_fits_xml (text));
	json_member (&json, "sent", s3_metadata_encode (arena, text));
	json_put_object_end (&json);
	puts (buffer_text (&line));
}

int
main (void)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE char *input = NULL;
	size_t room = 0;
	while (getline (&input, &room, stdin) > 0) {
		json_t *text = json_loads (input, JSON_DECODE_ANY, NULL);
		if (!text)
			return 2;
		print_one (arena, json_string_value (text));
		json_decref (text);
	}
	return 0;
}
