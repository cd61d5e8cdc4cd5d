/* manifest.h: what a run wrote, kept as an object of lines in the store that [larder] manifests names; and what all of a store's say
 * together. doc/dev/transfer.md describes the lines. Neither way does memory grow with their number. */
#ifndef LARDER_TRANSFER_MANIFEST_H
#define LARDER_TRANSFER_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>
#include <larder/larder.h>

enum { MANIFEST_VERSION = 1, MANIFEST_LINE_MOST = 16 << 10, MANIFEST_KEY_MOST = 1024 };

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

/* What [larder] manifests says; NULL: it is not there, or empty, and none are left. */
const char *manifest_where (const struct larder *larder);
/* INVALID without [larder] manifests. To be ended also after a failure. */
int manifest_place_begin (struct manifest_place *place, struct larder *larder, const struct larder_store *of, struct larder_error *error);
void manifest_place_end (struct manifest_place *place);
/* Does a key of `of` lie where manifests do? */
bool manifest_place_has (const struct manifest_place *place, const struct larder_store *of, const char *key);
/* Not one with a part '..': whoever restores by it would leave his folder. */
bool manifest_takes_key (const char *key);

/* ---- manifest-write.c: of one run ---- */
struct manifest;
/* NULL where [larder] has no manifests. `of`, which is what is written to, and `command` live as long. */
int manifest_new (struct manifest **ret, struct larder *larder, struct larder_store *of, const char *command, struct larder_error *error);
/* By any thread, of what is there now: `info` is what the store told of it. What fails is kept, for manifest_end to tell. */
void manifest_add (struct manifest *manifest, const char *key, const struct larder_info *info);
void manifest_removed (struct manifest *manifest, const char *key);
/* Does the key lie where the manifests do, in the very bucket that is written to? */
bool manifest_is_one (const struct manifest *manifest, const char *key);
/* Puts it where it belongs, and those that earlier runs could not, also after a cancel; nothing when there is no line. What cannot be put is kept below the
 * state folder for the next run, and is an error that says so. */
int manifest_end (struct manifest *manifest, struct larder_error *error);
const char *manifest_address (const struct manifest *manifest);  /* "backups:manifests/images/" */
void manifest_free (struct manifest *manifest);                  /* NULL allowed; without manifest_end nothing is put */

/* ---- manifest-keep.c: below the state folder, until a run can put them ---- */
/* From where `place` says, as `name`. A code when it cannot be kept. */
int manifest_keep (const struct manifest_place *place, const char *name, const struct larder_source *source, struct larder_error *error);
/* Puts all that are kept for that place; each that is there goes. */
int manifest_deliver (const struct manifest_place *place, struct larder_error *error);
/* Create-only: one that is there by that name is CONFLICT. */
int manifest_put (const struct manifest_place *place, const char *name, const struct larder_source *source, struct larder_error *error);

/* ---- manifest-read.c: what the manifests of a store say together, for verify and drills ---- */
struct manifests;
/* Reads all of them, each against its checksum, and sorts what they say of keys below `prefix` ("" for all) through a file without a name.
 * INTEGRITY for one that was cut or changed, with its name and line. Where there is none it has no lines, and its count is 0; NOTFOUND is of a store that is not there, or of one that
 * went while they were read. */
int manifests_open (struct larder_store *store, const char *prefix, struct manifests **ret, struct larder_error *error);
/* 1 and the newest line of the next key, in byte order, whose texts live until the next call; 0 at the end; or a code. What was removed by a run
 * that left a manifest is passed over. */
int manifests_next (struct manifests *manifests, struct manifest_line *ret, struct larder_error *error);
uint64_t manifests_count (const struct manifests *manifests);   /* manifests that were read */
const struct manifest_place *manifests_place (const struct manifests *manifests);
void manifests_close (struct manifests *manifests);             /* NULL allowed */
/* What a line tells, as a store tells it; it lives as long as the line. */
struct larder_info manifest_info (const struct manifest_line *line);
/* Has it one that tells something? In a bucket that keeps no versions each is "null". */
bool manifest_has_version (const struct larder_info *info);
/* Are both told, and one? */
bool manifest_is_told (const char *one, const char *other);

#endif
