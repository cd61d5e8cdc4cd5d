/* ingest.h: what `larder image ingest` takes in, one request after the other. */
#ifndef LARDER_CLI_INGEST_H
#define LARDER_CLI_INGEST_H

#include <stdio.h>
#include "cli.h"

struct ingest {
	const char *user, *job, *format, *at, *pipeline, *batch;
	const char *const *values;
	bool recursive, overwrite, invalidate;
};

/* One request under way; what it points to lives until it is done. */
struct picture {
	struct picture *next;
	char *name, *job;
	struct larder_pair *pairs;
	void *json;                   /* of a line: its texts */
};

struct intake {
	struct cli *cli;
	const struct ingest *flags;
	struct larder_pairs values;   /* of the flags */
	int64_t at;
	struct picture *under_way;    /* under its lock: one thread waits for input while others finish */
	pthread_mutex_t lock;
	/* a list of files */
	char **files;
	size_t count, taken;
	/* or lines */
	int lines_fd;                 /* -1: no lines */
	char *text;
	size_t length, start, room;   /* of text: what was read and not yet taken */
	bool lines_ended;
	uint64_t line;
	/* outcome */
	uint64_t already;
};

/* 1 with a request, 0 at the end, or a code that costs one item. */
int intake_line (struct intake *intake, struct picture *picture, struct larder_ingest *ret, struct larder_error *error);
void picture_free (struct picture *picture);
/* Operands to files: folders are walked with --recursive; other things are skipped with a reason. */
int intake_files (struct intake *intake, struct larder_error *error);

#endif
