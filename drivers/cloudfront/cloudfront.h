/* cloudfront.h: one instance of the driver. */
#ifndef CLOUDFRONT_CLOUDFRONT_H
#define CLOUDFRONT_CLOUDFRONT_H

#define LARDER_API_VERSION 0
#include <pthread.h>

#include "wire.h"

/* With what viewers are let in: the private half of a key in the distribution's key group. */
enum cf_hash { CF_SHA256, CF_SHA1 };
struct cf_signing { const char *key_id, *key, *key_file, *passphrase, *public_file; uint32_t hash; };

struct cloudfront {
	struct aws_settings aws;
	struct cf_signing signing;
	const char *name, *server;
	bool read_only;
	struct aws_client *client, *certificates;     /* CloudFront, ACM */
	pthread_mutex_t mutex;           /* of what follows, as it was found in this run: ids by identities, all that have our tag, certificates by tags */
	struct larder_arena *arena;
	struct cf_known *known, *seen, *tagged;
	struct aws_key *key;             /* read at its first use */
};

/* Known once, a distribution is asked for by its id: to find it among all costs a request for each. */
struct cf_known { const char *identity, *id; struct cf_known *next; };
const char *cf_known (struct cloudfront *cloudfront, struct cf_known *const *list, const char *identity);
/* Where there is no memory for it, it is looked for again. */
void cf_remember (struct cloudfront *cloudfront, struct cf_known **list, const char *identity, const char *id);

/* One operation: where it asks, and where what it is told lives. */
struct cf_work { struct cloudfront *cloudfront; struct larder_call *call; struct larder_arena *arena; };

/* One exchange. 0 also when the service refused with one of these words, "A B", which is then `ret->fault`. */
int cf_ask (const struct cf_work *work, struct aws_request *request, const char *what, const char *forgiven, struct aws_reply *ret, struct larder_error *error);

/* One page of a list: its first item, and where the next page begins; NULL each when there is none. INTEGRITY when it goes on nowhere. */
struct cf_list { const char *path, *root, *item, *what; };
int cf_ask_page (const struct cf_work *work, const struct cf_list *list, const char *marker, const struct aws_node **ret_first, const char **ret_next,
                 struct larder_error *error);

/* ---- find.c ---- */
/* By its tag, with its tags and as whom its origins are read. CONFLICT when two have it. */
int cf_find (const struct cf_work *work, const char *identity, struct cf_state *ret, struct larder_error *error);
/* Whose the distribution of that id is, by its tag. */
enum cf_owner { CF_NOBODY, CF_OURS, CF_OTHERS };
int cf_owner (const struct cf_work *work, const char *id, const char *identity, enum cf_owner *ret, struct larder_error *error);

/* ---- certificate.c ---- */
bool cf_is_tag (const char *certificate);
/* The ARN of the one that is asked for by a tag; NULL where none is. NOTFOUND for none, CONFLICT for two. */
int cf_certificate (const struct cf_work *work, const struct lines *desired, const char **ret, struct larder_error *error);

/* ---- access.c ---- */
/* 1 and what it is, 0: it is gone, or a code. */
int cf_access_look (const struct cf_work *work, const char *kind, const char *id, struct cf_access *ret, struct larder_error *error);
/* Ours of that kind, made or set right. */
int cf_access_make (const struct cf_work *work, const char *kind, const char *name, const char *comment, struct cf_access *ret, struct larder_error *error);
/* Those of our name go, but for one that something else uses. */
int cf_access_remove (const struct cf_work *work, const char *name, struct larder_error *error);

/* ---- rights.c ---- */
int cf_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error);

/* ---- url.c ---- */
bool cf_has_key (const struct cloudfront *cloudfront);
/* `key`, read once. INVALID where the section has none, or one that cannot be. */
int cf_key (struct cloudfront *cloudfront, struct larder_error *error);
int cf_url (void *self, struct larder_call *call, const struct larder_url *request, const char **ret_url, struct larder_error *error);

/* ---- invalidate.c ---- */
int cf_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error);
int cf_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error);

/* ---- keys.c ---- */
/* Is `key` the other half of what edges hold a signature against? `*ret_told`: of which, in the arena. INVALID where not, UNSUPPORTED where nothing signs. */
int cf_keys_check (const struct cf_work *work, const struct larder_action *action, const char **ret_told, struct larder_error *error);

/* ---- view.c ---- */
int cf_view (void *self, struct larder_call *call, const struct larder_view *request, const struct larder_sink *sink, struct larder_viewed *ret_viewed, struct larder_error *error);

/* ---- change.c ---- */
int cf_create (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
int cf_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);
int cf_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error);

#endif
