/* wire.h: requests to AWS Backup, and what is in its documents. Pure. */
#ifndef BACKUP_WIRE_H
#define BACKUP_WIRE_H

#include <jansson.h>

#include <larder/driver.h>
#include "aws.h"
#include "lines.h"

/* Is there one of that name? */
bool backup_has_vault (const json_t *vaults, const char *name);
/* A text of an object, "" where it has none of that name. */
const char *backup_text (const json_t *object, const char *name);

/* ---- request.c ---- */

/* `path` below the root; `body` is taken, or NULL; `query` ends with a NULL name, or is NULL. */
void backup_request (struct aws_request *request, struct larder_arena *arena, const char *method, const char *path, json_t *body, const struct larder_pair *query);

/* ---- lines.c: from documents to lines ---- */

/* What is known of a plan: BackupPlan of the service, all vaults there are, and an array of {"id", "selection"}. */
struct backup_state { const char *id, *arn; json_t *plan, *selections, *vaults; };

/* Each line in byte order of the paths. */
int backup_tell (const struct backup_state *state, struct larder_arena *arena, larder_line_fn line, void *context, struct larder_error *error);

/* ---- foreign.c: what others put there ---- */

/* What has no path, as SET[PREFIX+NAME] = what it says; but for empty ones. */
void backup_tell_others (struct lines *lines, const char *set, const char *prefix, const json_t *object, const char *const *known);
/* Those of which no line is left go. */
void backup_drop_others (json_t *object, const struct lines *desired, const char *set, const char *prefix, const char *const *known);
extern const char *const backup_plan_known[], *const backup_rule_known[], *const backup_life_known[], *const backup_selection_known[];

/* What the service fills in where a rule does not say it; ends with a NULL below. */
struct backup_field { const char *below, *key, *attribute, *usual; bool number; };         /* attribute: what Terraform calls it */
extern const struct backup_field backup_fields[];
/* NULL: not there, or as the service fills it in. */
const char *backup_field_told (const struct backup_field *field, const json_t *rule, struct larder_arena *arena);

/* "yes", or "cold-after DAYS, delete-after DAYS" and what else is in it. NULL: no memory. */
const char *backup_copy_told (const json_t *copy, struct larder_arena *arena);
/* Lifecycle of such a text; an empty one: none. */
json_t *backup_copy_life (const char *text);

/* ---- role-rights.c: the role that is made here: larder-KIND-PLAN ---- */

#define BACKUP_ROLE_KIND "backup"
#define BACKUP_SERVICE "backup.amazonaws.com"       /* who takes roles */
/* Is it the line of a selection whose role is made here? */
bool backup_role_is_auto (const struct line *line);
/* A policy for these addresses, in any order, and for copies; and for those that lines select with such a role. In the arena. */
int backup_rights (const char **arns, size_t count, bool copies, struct larder_arena *arena, const char **ret, struct larder_error *error);
int backup_rights_wanted (const struct lines *desired, const char **ret, struct larder_error *error);

/* ---- terraform.c ---- */

int backup_terraform (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

/* ---- document.c: from lines to documents ---- */

/* BackupPlan as it is to be: what `was` (or NULL) has beside the lines stays. NULL: no memory. */
json_t *backup_plan (const char *name, const struct lines *desired, const json_t *was);
/* BackupSelection objects as they are to be, by name: {"NAME": {…}}. */
json_t *backup_selections (const struct lines *desired, const json_t *was);
/* Without what the service adds by itself. */
json_t *backup_plan_sent (const json_t *plan);
/* The first selection that has no role, or selects nothing; NULL: none. */
const char *backup_selection_unfit (const json_t *selections, const char **ret_lack);

#endif
