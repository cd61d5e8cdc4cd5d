/* marker.c: tokens of listings, and the decoding of what servers encode for URLs. */
#include "marker.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "text.h"

const char *
s3_token_join (struct larder_arena *arena, const struct s3_token *token)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1 << 16);
	text_percent (&text, token->last ? token->last : "");
	buffer_add_char (&text, '&');
	text_percent (&text, token->key ? token->key : "");
	buffer_add_char (&text, '&');
	text_percent (&text, token->other ? token->other : "");
	return text.failed ? NULL : arena_copy (arena, buffer_text (&text));
}

char *
s3_url_decode (struct larder_arena *arena, const char *text)
{
	char *copy = arena_copy (arena, text);
	for (char *at = copy; at && (at = strchr (at, '+')); )
		*at = ' ';
	return copy && text_from_percent (copy) ? copy : NULL;
}

int
s3_token_split (struct larder_arena *arena, const char *text, struct s3_token *ret, struct larder_error *error)
{
	struct s3_token token = { NULL, NULL, NULL };
	const char **const parts[] = { &token.last, &token.key, &token.other };
	const char *at = text;
	for (size_t i = 0; i < 3; i++, at++) {
		size_t length = strcspn (at, "&");
		const char *copy = arena_copy_bytes (arena, at, length), *part = copy ? s3_url_decode (arena, copy) : NULL;
		at += length;
		if (!part || (i < 2) != (*at == '&'))
			return larder_fail (error, LARDER_E_INVALID, "the token is not one that a page of this listing gave");
		*parts[i] = *part ? part : NULL;
	}
	*ret = token;
	return 0;
}
