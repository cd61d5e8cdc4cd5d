/* record.h: what is known of one generation of a model. A record is one small file, published by link under the generation's number:
 * whoever links it first has made that generation, and nobody else ever does. */
#ifndef LARDER_CACHE_RECORD_H
#define LARDER_CACHE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <larder/larder.h>

struct buffer;

struct record_file {
	const char *path;                /* below the generation's folder */
	const char *etag;
	uint32_t checksum_type;          /* of the whole file, as the source told; else NONE */
	const char *checksum;
	uint64_t length;
	int64_t mtime;                   /* of the object */
};

struct record {
	uint64_t generation;
	const char *path, *key;          /* as of struct place */
	const char *data;                /* folder of its files in the model's home; NULL: the model has gone */
	bool folder;
	bool adopted;                    /* the bytes were there before, and nobody has compared them yet */
	int64_t filled;
	int64_t used;                    /* the time of the record's file, touched by loads: a reader's lease ends `hold` of the section later */
	uint64_t length;                 /* of all files */
	struct record_file *files;
	size_t count;
	bool damaged;                    /* of record_look: its file is no record. Then only generation, data, length and times are known */
};

/* Texts in the arena. -1: it is none, or of a version to come. */
int record_parse (struct larder_arena *arena, const char *text, struct record *ret);
void record_write (const struct record *record, struct buffer *into);
/* Of its file, in the folder `home`; NULL: no memory. */
char *record_path (struct larder_arena *arena, const char *home, uint64_t generation);
/* The record `generation` in the folder `home` below root. 1; 0: none; INTEGRITY: that file is none; else why it cannot be read. */
int record_read (int root, const char *home, uint64_t generation, struct larder_arena *arena, struct record *ret, struct larder_error *error);
/* The same, but one that is damaged is told as such: with the folder that goes by its number. */
int record_look (int root, const char *home, uint64_t generation, struct larder_arena *arena, struct record *ret, struct larder_error *error);
/* The highest number that a record has; 0: none. A listing that broke off is an error: a number told from half of it could be taken twice. */
int record_newest (int root, const char *home, uint64_t *ret, struct larder_error *error);
/* Every number, in any order. Other than 0 of `each` ends it, and is handed on. */
int record_each (int root, const char *home, int (*each) (void *context, uint64_t generation, struct larder_error *error), void *context, struct larder_error *error);

#endif
