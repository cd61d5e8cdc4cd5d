/* manifest.h: what a run wrote, kept as an object of lines in the store that [larder] manifests names; and what all of a store's say
 * together. doc/dev/transfer.md describes the lines. Neither way does memory grow with their number. */
#ifndef LARDER_TRANSFER_MANIFEST_H
#define LARDER_TRANSFER_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>
#include <larder/larder.h>

enum { MANIFEST_VERSION = 1, MANIFEST_LINE_MOST = 8 << 10, MANIFEST_KEY_MOST = 1024 };

/* What was written, or removed, under a key. NULL: the store told none. */
struct manifest_line {
	const char *key, *version, *etag, *checksum;
	uint32_t checksum_type;       /* enum larder_checksum */
	bool checksum_composite, removed;
	uint64_t length;
	int64_t time;                 /* ns, UTC, by the clock of who wrote it */
	const char *manifest;         /* the name of the one that it stands in, behind the last '/' */
};

/* Where the manifests of one store lie: those of a view with those of the store whose bucket it has. */
struct manifest_place {
	struct larder_arena *arena;
	struct larder_store *store;   /* of the manifests */
	const char *prefix;           /* "PREFIX/images/" */
	const char *all;              /* "PREFIX/" */
	const char *of;               /* "images" */
};

/* INVALID without [larder] manifests. To be ended also after a failure. */
int manifest_place_begin (struct manifest_place *place, struct larder *larder, const struct larder_store *of, struct larder_error *error);
void manifest_place_end (struct manifest_place *place);
/* Names of the kinds by enum larder_checksum; the last is NULL. */
extern const char *const manifest_checksums[];
/* Not one with a part '..': whoever restores by it would leave his folder. */
bool manifest_takes_key (const char *key);

/* ---- manifest-read.c: what the manifests of a store say together, for verify and drills ---- */
struct manifests;
/* Reads all of them, each against its checksum, and sorts what they say of keys below `prefix` ("" for all) through a file without a name.
 * INTEGRITY for one that was cut or changed, with its name and line; NOTFOUND: there is none. */
int manifests_open (struct larder_store *store, const char *prefix, struct manifests **ret, struct larder_error *error);
/* 1 and the newest line of the next key, in byte order, whose texts live until the next call; 0 at the end; or a code. What was removed by a run
 * that left a manifest is passed over. */
int manifests_next (struct manifests *manifests, struct manifest_line *ret, struct larder_error *error);
uint64_t manifests_count (const struct manifests *manifests);   /* manifests that were read */
void manifests_close (struct manifests *manifests);             /* NULL allowed */
/* `most` of these lines, each as likely as any other, or all when there are no more; in byte order, in the arena. In memory: so many. */
int manifests_sample (struct larder_store *store, const char *prefix, size_t most, struct larder_arena *arena, struct manifest_line **ret, size_t *ret_count,
                      struct larder_error *error);

#endif
