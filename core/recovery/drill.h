/* drill.h: a drill under way: which keys, restored into a place of its own, compared, and told. */
#ifndef LARDER_RECOVERY_DRILL_H
#define LARDER_RECOVERY_DRILL_H

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <stdio.h>
#include <larder/larder.h>

#include "arena.h"
#include "file.h"
#include "manifest.h"
#include "sort.h"

/* What outlives a process: STATE/drills/ID/drill. Texts live in the arena. */
struct drill_head {
	const char *asked;            /* digest of the request */
	const char *scratch;          /* path of its own folder, which nobody else can have named */
	int64_t begun, newest;
	int64_t ahead;                /* of our clock, when the newest was found; 0: none */
	uint64_t listed, taken, bytes;
	bool archived;                /* some are of a class that may have to be restored */
	const char *point, *taker;    /* of a file system: what is restored, and into what; "" */
};

/* What is found of a key; of several that are found of one the first counts. */
enum finding { FOUND_DIFFERS, FOUND_MISSING, FOUND_EXTRA, FOUND_FAILED, FINDINGS };
extern const char *const finding_words[FINDINGS];

struct drilling {
	struct larder *larder;
	struct larder_drill asked;
	larder_archive_estimate_fn estimate;
	larder_event_fn event;
	void *context;
	struct larder_arena *arena, *each;    /* each: of one key */

	const char *prefix;           /* of the keys that take part; "" or ends in '/' */
	const char *place;            /* what addresses of the store begin with */
	struct larder_store *store;

	struct drill_head head;
	char id[17];
	int state, folder;            /* STATE/drills, and in it the drill's own, held locked; -1 */
	bool of_folder;               /* of a file system */
	const char **exclude;         /* globs of what is no part of it */
	size_t exclude_count;
	int scratch;                  /* its own folder; -1 */
	int tree;                     /* what was restored, in its scratch; -1 */
	const char *tree_path;

	struct sort *findings;
	int found;                    /* file of those that the archive's job told, for whoever goes on; -1 */
	bool of_job;                  /* what is found now it tells */
	bool of_member;               /* what is found now is of a key that is none of those that were taken */
	int list;                     /* of keys or addresses, while it is written */
	uint64_t lacking;             /* keys on it */
	struct file_draft asking;     /* addresses of what turns out to be archived, while they are found; fd -1 */
	uint64_t archived;            /* so many */
	bool estimated;               /* what the archive's job costs was told, as it begins */
	bool job_told;
	int64_t newest;               /* of files that came back */
	uint64_t beyond;              /* found of such keys, which are counted beside those */
	struct larder_drilled sum;
	struct larder_summary counts;
	struct finding_keys *finding; /* while they are found */
	struct manifest_place manifest_place;
	struct manifests *manifests;  /* or NULL */
	struct manifest_line line;    /* the next of them */
	bool has_line;

	int code;                     /* what could not be kept of an event */
	struct larder_error why;
};

/* ---- drill.c ---- */
/* Is the newest, as it is known by now, of a time to come? */
void drill_measure (struct drilling *all);

/* ---- drill-job.c: its state and its scratch ---- */
/* Opens it, made where there is none; what another request left of it is removed. `ret_new`: nothing was begun. CONFLICT while another process is at it. */
int drill_open (struct drilling *all, bool *ret_new, struct larder_error *error);
int drill_write_head (struct drilling *all, struct larder_error *error);
/* The keys are known: from here on the same request goes on. */
int drill_begin (struct drilling *all, struct larder_error *error);
/* The tree that is restored into, made where it is not yet. */
int drill_scratch (struct drilling *all, struct larder_error *error);
/* It is over: nothing of it is left, but what is to be kept. */
void drill_end (struct drilling *all);
/* It was not begun: nothing of this run is left. */
void drill_drop (struct drilling *all);
void drill_close (struct drilling *all);

/* ---- drill-keys.c: which keys ---- */
/* In the drill's folder: the keys, percent-encoded, one a line, in byte order. Of a dry run another one. */
const char *drill_keys_name (const struct drilling *all);
int drill_find_keys (struct drilling *all, struct larder_error *error);
typedef int (*drill_key_fn) (struct drilling *all, const char *key, struct larder_error *error);
int drill_each_key (struct drilling *all, drill_key_fn each, struct larder_error *error);
/* A line of a list: percent-encoded `before` and key. */
int drill_list (int fd, const char *before, const char *key, struct larder_error *error);
/* In its tree, or its scratch. */
bool drill_is_there (int root, const char *key);

/* ---- drill-fetch.c ---- */
/* What it costs, and whether it fits. */
int drill_estimate (struct drilling *all, struct larder_error *error);
/* NOTREADY while some is on its way. */
int drill_fetch (struct drilling *all, struct larder_error *error);
/* Is it a bundle, which comes as its members? 1, 0 or a code. */
int drill_is_packed (const struct drilling *all, const char *key, struct larder_error *error);
/* Of an address of the store; NULL: it is none. */
const char *drill_key_of (const struct drilling *all, const char *address);

/* ---- drill-manifest.c ---- */
/* What manifests tell of what lies below the prefix; none where none are kept, or there is none of the store. */
int drill_manifests_begin (struct drilling *all, struct larder_error *error);
void drill_manifests_end (struct drilling *all);
/* Up to the line of this key, or of a later one; NULL: to the end. Each that is passed is told. */
int drill_manifests_until (struct drilling *all, const char *key, drill_key_fn passed, struct larder_error *error);
int drill_manifests_pass (struct drilling *all, struct larder_error *error);      /* that line */
bool drill_manifests_have (const struct drilling *all, const char *key);
/* 1, 0 or a code. */
int drill_is_in_store (const struct drilling *all, const char *key, struct larder_error *error);
/* Is each key there, and as its manifest tells? */
int drill_prove (struct drilling *all, struct larder_error *error);

/* ---- drill-compare.c ---- */
int drill_compare (struct drilling *all, struct larder_error *error);
/* Of a bundle: no source had it, and it comes with its bundle. */
bool drill_is_index (const char *key);
/* All that was restored, and the source, byte for byte. */
int drill_compare_source (struct drilling *all, struct larder_error *error);
/* What the archive's job, which tells it once, told those whose work is gone on with. */
int drill_found_before (struct drilling *all, struct larder_error *error);
/* The key is one of the drill's, and what is lacking of it is told: its source is not asked about it again. */
void drill_mark (const struct drilling *all, const char *key);
/* Counted and told. `key` of the store. */
int drill_found (struct drilling *all, enum finding finding, const char *key, const struct larder_error *why);

/* ---- drill-folder.c ---- */
bool drill_is_of_folder (const struct drilling *all);
/* Is it a folder that a restore made? */
bool drill_is_restored (int root, const char *name);
/* What a restore of a file system made, compared with that one. */
int drill_folder (struct drilling *all, struct larder_error *error);

/* ---- drill-point.c ---- */
/* The newest that is kept is restored: tree_path. NOTREADY until it is. */
int drill_point (struct drilling *all, struct larder_error *error);
void drill_point_end (struct drilling *all);

/* ---- report.c ---- */
/* Counts what was found, key by key, and writes it down. */
int drill_report (struct drilling *all, struct larder_error *error);

#endif
