/* faulty.h: the store in memory behind driver-faulty. */
#ifndef CONFORM_FAULTY_H
#define CONFORM_FAULTY_H

#include <pthread.h>

#define LARDER_API_VERSION 0
#include <larder/driver.h>

#include "arena.h"

struct item {
	struct item *next;              /* by key, then newest first */
	struct larder_arena *arena;     /* of all texts and pairs */
	const char *key;
	char version[24], etag[24], checksum[16];
	int64_t mtime, restored;        /* until; 0: not */
	bool marker, ghost;
	char *bytes;
	size_t length;
	struct larder_attributes attributes;
	struct larder_pairs tags;
};

struct part { uint32_t number; unsigned came; char *bytes; size_t length; char etag[24]; };

struct upload {
	struct upload *next;
	struct item *item;              /* key and attributes */
	char id[24];
	struct part parts[16];
	unsigned count;
};

struct faulty {
	const char *const *fault;        /* names of promises to break */
	const char *left_alone;
	pthread_mutex_t lock;
	struct item *items;
	struct upload *uploads;
	uint64_t serial;
	char etag[24];                  /* for a fault: a text that does not live as long as it must */
	unsigned model_writes;
	struct thing *thing;            /* faulty-resources.c: the one resource */
	unsigned idle, remains;         /* for faults: how often they were met */
};

/* Is this fault switched on, and the key one it is about (any, if word is NULL)? */
bool breaks (const struct faulty *self, const char *fault, const char *key, const char *word);
int check_place (const char *bucket, const char *key, const struct faulty *self, struct larder_error *error);
struct item *find (const struct faulty *self, const char *key, const char *version);
struct item *item_new (const char *key, const struct larder_attributes *attributes, const struct item *base);
void item_free (struct item *item);
void item_fill (struct faulty *self, struct item *item);
void item_insert (struct faulty *self, struct item *item);
int give (struct larder_call *call, const struct item *item, struct larder_info *ret, struct larder_error *error);
int condition (struct faulty *self, const char *key, const struct larder_condition *wanted, const char *ignored, struct larder_error *error);
int slurp (struct faulty *self, struct larder_call *call, const char *key, const struct larder_source *source, char **ret, struct larder_error *error);

/* NOTREADY for what is archived. */
int check_restored (const struct faulty *self, const struct item *item, struct larder_error *error);
int faulty_restore (void *context, struct larder_call *call, const struct larder_restore *request, struct larder_error *error);

extern const struct larder_resource_type faulty_resources[];
int faulty_thing_new (struct faulty *self);

int faulty_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context,
                 struct larder_page *ret_page, struct larder_error *error);
int faulty_probe (void *self, struct larder_call *call, const struct larder_probe *request, larder_finding_fn finding, larder_advice_fn advice, void *to,
                  struct larder_error *error);
int faulty_parts_begin (void *self, struct larder_call *call, const struct larder_write *request, struct larder_upload *ret_upload,
                        struct larder_error *error);
int faulty_parts_write (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                        const struct larder_source *source, struct larder_part *ret_part, struct larder_error *error);
int faulty_parts_copy (void *self, struct larder_call *call, const struct larder_upload *upload, uint32_t number,
                       const struct larder_read *from, struct larder_part *ret_part, struct larder_error *error);
int faulty_parts_finish (void *self, struct larder_call *call, const struct larder_finish *request, struct larder_info *ret_info,
                         struct larder_error *error);
int faulty_parts_abort (void *self, struct larder_call *call, const struct larder_upload *upload, struct larder_error *error);
int faulty_parts_list (void *self, struct larder_call *call, const struct larder_upload *upload, larder_part_fn part, void *context,
                       struct larder_error *error);
int faulty_uploads_list (void *self, struct larder_call *call, const struct larder_list *request, larder_upload_fn upload, void *context,
                         struct larder_page *ret_page, struct larder_error *error);

#endif
