/* archive.h: objects of classes that are cheap to keep and take hours, or money, to be read; a part of larder.h, which includes it. */
#ifndef LARDER_ARCHIVE_H
#define LARDER_ARCHIVE_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_archive_flag {              /* beside LARDER_RECURSIVE and LARDER_DRY_RUN */
	LARDER_ARCHIVE_PACK = 1 << 16    /* small files together, in bundles */
};

struct larder_archive {
	size_t size;
	uint32_t flags;                  /* enum larder_archive_flag */
	const char *const *from;         /* paths, or addresses */
	size_t count;
	const char *to;                  /* STORE:PREFIX: keys begin so, and with '/' */
	const char *storage_class;       /* NULL: as the store's section or its backend says */
	uint64_t small;                  /* files below it are packed; bytes, 0: 8 MiB, or a bundle */
	uint64_t bundle;                 /* a bundle is closed once it holds so many bytes; 0: 128 MiB, 1 GiB at the most */
};

/* What it comes to. Texts live in the arena. */
struct larder_archived {
	size_t size;
	uint64_t objects, bytes;         /* written, or to be: indexes are not among them */
	uint64_t bundles, members;       /* of the objects; of their members */
	const char *storage_class;       /* NULL: the backend's own */
	const char *month, *currency;    /* what these cost a month, "0.0123"; NULL: no price table says */
	uint64_t billed;                 /* bytes that are paid for in that class: each object takes a little more than it holds; 0: not known */
	int64_t least;                   /* ns for which each is paid, however soon it goes; 0: not known */
	const char *warning;             /* what does not pay here, or NULL */
};

/* Files into an archive. What is there with the same bytes is "skipped": what is written twice is paid for twice. With PACK small files go into bundles,
 * tars whose name says what they hold, with an index beside each that can be read at once (doc/dev/archive.md); events name the bundle as `to`. A bundle is made in a file
 * of TMPDIR. Events, summary and code as of larder_transfer. */
LARDER_API int larder_archive_put (struct larder *larder, struct larder_arena *arena, const struct larder_archive *request, larder_event_fn event, void *context,
                                   struct larder_archived *ret, struct larder_summary *ret_summary, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
