/* template.h: keys and metadata from templates, and a thumbnail's key from a picture's. */
#ifndef LARDER_IMAGE_TEMPLATE_H
#define LARDER_IMAGE_TEMPLATE_H

#include <larder/types.h>
#include "arena.h"

enum { KEY_MOST = 1024 };

struct template_values {
	const char *user, *job, *ext;
	int64_t time;                    /* {year} {month} {day}, UTC */
	const char *digest;              /* {hash8}: how it begins; NULL where it may not stand */
	const char *now;                 /* {now} of metadata, or NULL where it may not stand */
	struct larder_pairs more;
};

/* Ids are one component of a key: not empty, not "." or "..", no '/', no control bytes. */
int template_check_id (const char *name, const char *value, struct larder_error *error);
/* Fill in. Unknown placeholders are INVALID and named. */
int template_fill (struct larder_arena *arena, const char *template, const struct template_values *values, const char **ret, struct larder_error *error);
/* The key of the thumbnail of `key`: the first template read backwards, the second forwards. INVALID when `key` was not
 * made by `template` or a placeholder of `to` cannot be known from it. */
int template_translate (struct larder_arena *arena, const char *template, const char *to, const char *key, const char **ret, struct larder_error *error);

#endif
