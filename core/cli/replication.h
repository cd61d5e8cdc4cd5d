/* replication.h: what the commands of larder replication share. */
#ifndef LARDER_CLI_REPLICATION_H
#define LARDER_CLI_REPLICATION_H

#include <stdio.h>

#include "cli.h"

/* ---- replication.c: one [replication] of a store ---- */
struct copying {
	const char *store, *name, *to;
	const char *prefix, *tag, *storage_class;     /* "" where it says none */
	int64_t within;                               /* ns that a copy may take */
};
typedef int (*copying_fn) (struct cli *cli, const struct copying *copying, void *context, struct larder_error *error);
/* Those of a store, in the order it names them; UNSUPPORTED where it has none. */
int copying_each (struct cli *cli, const char *store, copying_fn each, void *context, struct larder_error *error);
/* The two trees that are to be alike, by the prefix; what lives beside the request is the run's. */
struct copying_pair { const char *include; struct larder_sync request; };
int copying_pair (struct cli *cli, const struct copying *copying, struct copying_pair *ret, struct larder_error *error);
/* The keys that take part, where not all with the prefix do: a sample (0: all), and those that the tag selects. A file without a name, and in `ret_path` where
 * larder_sync reads it; NULL: all do. */
enum { COPYING_PATH = 64 };
int copying_keys (struct cli *cli, const struct copying *copying, uint64_t sample, FILE **ret, char ret_path[COPYING_PATH], struct larder_error *error);
/* A line of such a file: the head, and the key percent-encoded; and that all of them are in it. */
int keys_write (FILE *file, const char *head, const char *key, struct larder_error *error);
int keys_written (FILE *file, struct larder_error *error);
/* "images -> images-replica", of several one a heading. */
void copying_head (struct cli *cli, const struct copying *copying);
/* Of check and repair: each [replication] of the store, and one summary. `flags` of struct larder_sync. */
typedef int (*trees_fn) (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context, struct larder_summary *ret_summary,
                         struct larder_error *error);
struct copying_run { trees_fn trees; uint32_t flags; uint64_t sample; larder_event_fn event; bool classed; };
int copying_run (struct cli *cli, const struct copying_run *run, struct larder_error *error);
/* ---- replication-versions.c ---- */
/* Of each [replication] of the store: has the replica as many versions of each key as the store, where a tag selects of what it has? And one summary. */
int versions_check (struct cli *cli, struct larder_error *error);

enum { SAMPLE_DEFAULT = 1000 };
#define SAMPLE_OPTIONS(self, member_sample, member_all) \
	{ .key = "sample", .type = LARDER_INT, .at = offsetof (self, member_sample), .def = "1000", .min = 1, .max = 1000000, .argument = "N", .help = "so many keys at the most, others each time" }, \
	{ .key = "all", .type = LARDER_BOOL, .at = offsetof (self, member_all), .help = "every key" }

/* ---- look.c: what a store tells of many objects, some at a time ---- */
struct looked { char *key; int code; const char *replication; int64_t mtime; struct larder_error error; };
typedef int (*looked_fn) (void *context, const struct looked *one, struct larder_error *error);
struct looking {
	const char *store, *prefix;
	uint64_t sample;              /* so many of them, chosen at random; 0: all */
	bool unasked;                 /* the keys alone */
	looked_fn looked;             /* on the caller's thread, in byte order of the keys; what is gone by then is passed by */
	void *context;
};
/* In memory for the sample. `ret_listed`: how many there are. */
int look_each (struct cli *cli, const struct looking *looking, uint64_t *ret_listed, struct larder_error *error);
/* Of the words of replication: static; "none" for NULL, "OTHER" for what is no word of S3. */
enum { REPLICATION_WORDS = 6 };
extern const char *const replication_words[REPLICATION_WORDS];    /* "COMPLETED", "PENDING", "FAILED", "REPLICA", "none", "OTHER" */
const char *replication_word (const char *told);

#endif
