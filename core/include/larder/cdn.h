/* cdn.h: what a CDN serves, for applications; a part of larder.h, which includes it. */
#ifndef LARDER_CDN_H
#define LARDER_CDN_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_cdn_flag {
	LARDER_CDN_COOKIES = 1 << 0,     /* cookies for a browser instead of an address */
	LARDER_CDN_BELOW = 1 << 1,       /* all keys that begin so; with cookies */
	LARDER_CDN_CUSTOM = 1 << 2       /* in the longest form, though a shorter one says as much */
};

struct larder_cdn_sign {
	size_t size;
	const char *key;
	int64_t expires;                 /* wall clock, ns; no further away than sign-most of the [cdn] */
	int64_t starts;                  /* wall clock, ns; 0: at once */
	const char *viewer;              /* from these network addresses alone, "192.0.2.0/24"; NULL: from any */
	struct larder_pairs query;       /* names and values that the address ends in, as they are: they are encoded here, once */
	uint32_t flags;                  /* enum larder_cdn_flag */
};
/* What lets a viewer in for a while: an address, or cookies, a NAME=VALUE a line, each with its line feed. By the key of the [backend] that serves the
 * store's [cdn]; no network, and no look whether the object is there. UNSUPPORTED when the store has no CDN, or it signs nothing; INVALID a time
 * that is past, or too far; DENIED a key whose passphrase is wrong. Many at once from many threads. */
LARDER_API int larder_cdn_sign (struct larder_store *store, struct larder_arena *arena, const struct larder_cdn_sign *request, const char **ret,
                                struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
