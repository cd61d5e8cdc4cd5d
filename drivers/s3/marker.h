/* marker.h: where a listing goes on, and names that were encoded for it. */
#ifndef LARDER_S3_MARKER_H
#define LARDER_S3_MARKER_H

#include <larder/types.h>

struct larder_arena;

/* A token: the last name that was listed, or NULL, so that the next page is known to go on behind it; and the markers of the server,
 * sent back as they came: one, or a key's and a version's or upload's. */
struct s3_token { const char *last, *key, *other; };

/* "LAST&KEY&OTHER", each percent-encoded; NULL: no memory. */
const char *s3_token_join (struct larder_arena *arena, const struct s3_token *token);
/* And apart; what is empty is NULL. INVALID for a token that is not one of ours. */
int s3_token_split (struct larder_arena *arena, const char *text, struct s3_token *ret, struct larder_error *error);
/* A name as encoding-type=url gives it: percent-encoded, "+" a blank. NULL: malformed, a NUL in it, or no memory. */
char *s3_url_decode (struct larder_arena *arena, const char *text);

#endif
