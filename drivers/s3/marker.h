/* marker.h: where a listing goes on, and names that were encoded for it. */
#ifndef LARDER_S3_MARKER_H
#define LARDER_S3_MARKER_H

#include <larder/types.h>

struct larder_arena;

/* Two markers of the server as one token, "KEY&OTHER", each percent-encoded; NULL: no memory. */
const char *s3_token_join (struct larder_arena *arena, const char *key, const char *other);
/* And apart; `*ret_other` is NULL when there is none. INVALID for a token that is not one of ours. */
int s3_token_split (struct larder_arena *arena, const char *token, const char **ret_key, const char **ret_other,
                    struct larder_error *error);
/* A name as encoding-type=url gives it: percent-encoded, "+" a blank. NULL: malformed, a NUL in it, or no memory. */
char *s3_url_decode (struct larder_arena *arena, const char *text);

#endif
