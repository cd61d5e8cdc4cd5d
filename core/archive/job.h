/* job.h: which objects a restore is for, and how far each is: one file a job in STATE/restores, held locked while a process is at it.
 *
 * A line a JSON object: the first of the job, then one an object, and "end" when it was written whole. Before each object stands one letter,
 * its state, which is written over in place: so memory is for one line, and what breaks off costs no state but the last. */
#ifndef LARDER_ARCHIVE_JOB_H
#define LARDER_ARCHIVE_JOB_H

#include <stdint.h>
#include <jansson.h>
#include <larder/larder.h>
#include "arena.h"
#include "file.h"

enum job_state {
	JOB_WANTED = 'w',             /* not asked for yet, or its copy is gone again */
	JOB_ASKED = 'a',
	JOB_READY = 'r',              /* it can be read */
	JOB_PLAIN = 'p',              /* the same, and it never was archived */
	JOB_FETCHED = 'd',
	JOB_FAILED = 'f'              /* it is another by now, or gone */
};

#define JOB_ID_ROOM 17

struct job {
	char id[JOB_ID_ROOM];
	int folder, fd;               /* -1 */
	struct file_draft draft;      /* while it is written */
	json_t *head;                 /* its first line; NULL while it is written */
	int64_t first;                /* offset of the first object */
};
#define JOB_NONE { .folder = -1, .fd = -1, .draft = FILE_DRAFT_NONE }

struct job_object {
	int64_t at;
	enum job_state state;
	const char *key, *version, *etag, *storage_class;
	uint64_t length;
	bool bundle;                  /* its members are to be fetched, and not it */
	bool paid;                    /* it was asked for before, also where it is wanted again */
	const json_t *only;           /* of them those at these offsets; NULL: all */
};
typedef int (*job_object_fn) (void *context, const struct job_object *object, struct larder_error *error);

/* The folder of all jobs, made where there is none; -1 and a code when there can be none. */
int restore_folder (const char *state, struct larder_error *error);
/* Opens the one of this id. NOTFOUND; CONFLICT while another process is at it, unless it is only `looked` at; INTEGRITY. */
int restore_open (struct job *job, int folder, const char *id, bool looked, struct larder_error *error);
void restore_close (struct job *job);
/* A new one, in place of what is there of that id: the head, then objects, then the end. */
int restore_begin (struct job *job, int folder, const char *id, json_t *head, struct larder_error *error);
int restore_add (struct job *job, const struct job_object *object, struct larder_error *error);
int restore_end (struct job *job, struct larder_error *error);
/* Each object in order; a code of `each` ends it. */
int restore_each (const struct job *job, job_object_fn each, void *context, struct larder_error *error);
int restore_set (const struct job *job, const struct job_object *object, enum job_state state, struct larder_error *error);
const char *restore_text (const struct job *job, const char *name);      /* of the head; "" */

/* What a look at the object tells: JOB_FAILED it is another, else that its copy is ready, asked for, or neither. */
enum job_state restore_seen (const struct job_object *object, const struct larder_info *info);
/* Nothing was asked for: it never was. */
void restore_drop (const struct job *job);
/* As it is told. */
struct larder_archive_job restore_facts (const struct job *job, const uint64_t states[128], uint64_t objects, uint64_t bytes);

#endif
