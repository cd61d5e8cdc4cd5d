/* kept.h: what the mock keeps of resources, and what it takes a while for: records below ROOT/.larder-kept/KIND/. */
#ifndef MOCK_KEPT_H
#define MOCK_KEPT_H

#include "mock.h"

#include "lines-file.h"

/* "point": a copy of a folder, whose files lie in FILES of its name; "snapshot", "restore": of a database; "back": a point coming back. */
#define KEPT_NAME ".larder-kept"
#define KEPT KEPT_NAME "/"
#define KEPT_FILES KEPT "files/"

struct playing {
	struct mock *mock;
	struct larder_call *call;
	struct larder_arena *arena;
	struct larder_action asked;
	const char *resource, *rule, *point, *to, *at, *region;
	const char *try;                 /* look at it all, and begin nothing */
	int root, lock;                  /* lock: -1, or held while something begins: of two at once the second finds what the first made */
	int64_t now;                     /* by the mock's clock */
	struct lines target;             /* what infra keeps of the target */
};

/* Of the record of that name, "ready" and what else it tells. 1, 0: there is none, or a code. */
int kept_read (const struct playing *playing, const char *kind, const char *name, struct lines *ret, struct larder_error *error);
/* With "begun" of now, and "ready" of when it is done. */
int kept_write (const struct playing *playing, const char *kind, const char *name, struct lines *lines, struct larder_error *error);
int64_t kept_time (const struct lines *lines, const char *path);
/* Each record of a kind. */
int kept_each (const struct playing *playing, const char *kind, lines_file_fn each, void *context, struct larder_error *error);
/* Of what this very command began, only looked at: how far is it? NOTREADY until it is done. */
int kept_how_far (const struct playing *playing, const struct lines *record, struct larder_error *error);
int kept_conflict (const char *what, const char *name, struct larder_error *error);

/* ---- tree.c ---- */
/* All below a folder, with times and modes, into another one, which is made: folders, files and links. */
int tree_copy (int from, int root, const char *to, uint64_t *ret_bytes, struct larder_error *error);

/* ---- kept-database.c ---- */
int kept_restore_database (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error);
int kept_copy_snapshot (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error);
int kept_snapshots (const struct playing *playing, larder_backup_fn told, void *context, struct larder_error *error);

/* ---- kept-files.c ---- */
int kept_back_up (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error);
int kept_bring_back (struct playing *playing, const char **ret_kind, const char **ret_name, struct larder_error *error);
int kept_points (const struct playing *playing, const char *job, bool jobs, larder_backup_fn told, void *context, struct larder_error *error);

#endif
