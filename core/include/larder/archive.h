/* archive.h: objects of classes that are cheap to keep and take hours, or money, to be read; a part of larder.h, which includes it. */
#ifndef LARDER_ARCHIVE_H
#define LARDER_ARCHIVE_H

#include <larder/larder.h>

#ifdef __cplusplus
extern "C" {
#endif

enum larder_archive_flag {              /* beside LARDER_RECURSIVE and LARDER_DRY_RUN */
	LARDER_ARCHIVE_WAIT = 1 << 17,
	LARDER_ARCHIVE_EXACT = 1 << 18,  /* a restore: each address is one object, whatever its name; those of `list` are percent-encoded; a dry run passes by what is not there */
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
	const char *instead;             /* what the same costs a month the other way: with PACK each small file alone, without in bundles; NULL: no price table says */
	uint64_t instead_objects;        /* which it would be then, about; 0: there is nothing small to pack */
};

/* Files into an archive. What is there with the same bytes is "skipped": what is written twice is paid for twice. With PACK small files go into bundles,
 * tars whose name says what they hold, with an index beside each that can be read at once (doc/dev/archive.md); events name the bundle as `to`. A bundle is made in a file
 * of TMPDIR. Events, summary and code as of larder_transfer. */
LARDER_API int larder_archive_put (struct larder *larder, struct larder_arena *arena, const struct larder_archive *request, larder_event_fn event, void *context,
                                   struct larder_archived *ret, struct larder_summary *ret_summary, struct larder_error *error);

/* Some classes are paid for a time at the least, by `least` of the price table: what goes before that, summed up. Without a table nothing is. */
struct larder_early;
struct larder_early_cost {
	size_t size;
	const char *store, *storage_class;
	uint64_t objects, bytes;
	const char *sum, *currency;      /* what is still paid for them, "0.0123"; a month is 30 days */
	int64_t least, longest;          /* ns that the class is paid for; and that are left of it, of the youngest */
};
LARDER_API int larder_early_begin (struct larder *larder, struct larder_early **ret, struct larder_error *error);
/* An event "removed" or "moved", or of a dry run. No request is made for it. */
LARDER_API void larder_early_add (struct larder_early *early, const struct larder_event *event);
/* Each class of each store of which something goes too early. A bucket that keeps versions is asked for that, once: what is removed there stays, but for its versions. */
LARDER_API void larder_early_each (struct larder_early *early, void (*each) (void *context, const struct larder_early_cost *cost), void *context);
LARDER_API void larder_early_free (struct larder_early *early);   /* NULL allowed */

/* What is archived, made readable for a while: a job that takes hours, whose state is kept in the state folder and that goes on where it was. */
struct larder_archive_restore {
	size_t size;
	uint32_t flags;                  /* LARDER_RECURSIVE: all that begins so; LARDER_DRY_RUN: the estimate alone; LARDER_ARCHIVE_WAIT: until all is ready */
	const char *const *addresses;    /* STORE:KEY, of one store */
	size_t count;
	const char *list;                /* file with such addresses, one a line; NULL: none */
	const char *tier;                /* the service's own word, "Standard" */
	uint32_t days;                   /* for which it can be read */
	const char *most;                /* what it may cost, "5.00"; NULL: anything */
	const char *to;                  /* folder into which each is fetched under its key, once it can be read, of a bundle its members; NULL: none */
	int64_t wait;                    /* ns at the most; 0: for ever */
	const char *version;             /* of the one address; NULL: its latest */
};

/* What it comes to, before anything is asked for: objects of one class, by one tier. */
struct larder_archive_estimate {
	size_t size;
	const char *storage_class, *tier;
	uint64_t objects, bytes;
	const char *price, *currency;    /* "1.25", of fetching them and of the copies for their days; price NULL: the table does not say; both: there is none */
	int64_t within;                  /* ns until they can be read; 0: not known */
	bool chosen;                     /* the tier that is asked for; of the others it is what they would come to */
	uint64_t paid;                   /* objects of it that this job asked for before, of the chosen tier */
	const char *spent;               /* about what those came to; NULL: nothing, or the table does not say */
};

struct larder_archive_job {
	size_t size;
	const char *id;
	int64_t begun;
	const char *store, *tier, *to;   /* to may be NULL */
	uint32_t days;
	uint64_t objects, bytes;
	uint64_t wanted, asked, ready, fetched, failed;    /* of the objects */
};
typedef int (*larder_archive_estimate_fn) (void *context, const struct larder_archive_estimate *estimate);
typedef int (*larder_archive_job_fn) (void *context, const struct larder_archive_job *job, struct larder_error *error);

/* Begins, or goes on with, the restore of just these: the same request is the same job until all of it is ready, or fetched. Estimates come first, whenever something is about to be asked for, of just that, by every tier that a class has; INVALID when
 * they come to more than `most`, nobody knows, or a class does not have the tier. What can be read, is restored, or on its way is not asked for. An address may be
 * that of a bundle's member: "found", with the bundle as `to`; of several the newest. Events: besides "asked", "restored", "copied", "skipped" (a member that is there), "again" (damaged on the way, or not to be read any more), "waiting" (until the next look), "failed" (CONFLICT: overwritten since; NOTFOUND; INTEGRITY).
 * NOTREADY while some is on its way; INVALID a tier that a class does not have. `job` is told once, at the end. */
LARDER_API int larder_archive_restore (struct larder *larder, const struct larder_archive_restore *request, larder_archive_estimate_fn estimate, larder_archive_job_fn job,
                                       larder_event_fn event, void *context, struct larder_summary *ret_summary, struct larder_error *error);
/* How far it is: each object is asked for. `id` NULL: every job, as it was at the last look. */
LARDER_API int larder_archive_status (struct larder *larder, const char *id, larder_archive_job_fn job, void *context, struct larder_error *error);

#ifdef __cplusplus
}
#endif
#endif
