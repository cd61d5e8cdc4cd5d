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
s3_token_join (struct larder_arena *arena, const char *key, const char *other)
{
	CLEANUP_BUFFER struct buffer token;
	buffer_init (&token, 1 << 16);
	text_percent (&token, key);
	buffer_add_char (&token, '&');
	text_percent (&token, other ? other : "");
	return token.failed ? NULL : arena_copy (arena, buffer_text (&token));
}

char *
s3_url_decode (struct larder_arena *arena, const char *text)
{
	char *into = arena_alloc (arena, strlen (text) + 1), *at = into;
	for (; into && *text; text++, at++) {
		*at = (char) (*text == '+' ? ' ' : *text);
		if (*text != '%')
			continue;
		const char hex[3] = { text[1], text[1] ? text[2] : '\0', '\0' };
		if (text_from_hex (hex, at, 1) < 0 || !*at)
			return NULL;
		text += 2;
	}
	return into;
}

int
s3_token_split (struct larder_arena *arena, const char *token, const char **ret_key, const char **ret_other, struct larder_error *error)
{
	const char *mark = strchr (token, '&');
	const char *front = mark ? arena_copy_bytes (arena, token, (size_t) (mark - token)) : NULL;
	const char *key = front ? s3_url_decode (arena, front) : NULL, *other = key ? s3_url_decode (arena, mark + 1) : NULL;
	if (!other)
		return larder_fail (error, LARDER_E_INVALID, "the token is not one that a page of this listing gave");
	*ret_key = key;
	*ret_other = *other ? other : NULL;
	return 0;
}
