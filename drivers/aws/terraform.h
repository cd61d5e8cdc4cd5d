/* terraform.h: what is there as Terraform's configuration, in JSON: shares that drivers write and core joins. Pure. */
#ifndef LARDER_AWS_TERRAFORM_H
#define LARDER_AWS_TERRAFORM_H

#include <jansson.h>

#include <larder/types.h>
#include "aws.h"
#include "lines.h"

struct larder_export;

#pragma GCC visibility push (default)

#define AWS_TERRAFORM "terraform"      /* the format */

/* One share, of one resource of ours. Values are texts to the letter: what Terraform would take for a template is escaped at the end. A failure sticks. */
struct aws_terraform {
	json_t *root;
	const char *backend;               /* the provider's alias */
	const char *label;                 /* made of the section's name */
	struct larder_arena *arena;
	struct lines desired, observed;
	bool failed;
};

/* One share to the sink: what `fill` puts into it, which is given `context`. */
typedef int (*aws_terraform_fn) (struct aws_terraform *share, const struct larder_export *request, const void *context, struct larder_error *error);
int aws_terraform_write (const char *backend, const struct larder_export *request, aws_terraform_fn fill, const void *context, const struct larder_sink *sink, struct larder_error *error);

/* The provider of this backend: `services` are Terraform's names of what answers at its endpoint, ended by NULL. */
int aws_terraform_provider (const char *backend, const struct aws_settings *settings, const char *region, const char *const *services, const struct larder_sink *sink,
                            struct larder_error *error);

/* A driver's export_resource, where it knows no other format: the share of a resource, or the provider. */
struct aws_terraform_export {
	const char *driver, *backend, *region;
	const struct aws_settings *settings;
	const char *const *services;
	int (*share) (const char *backend, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);
};
int aws_terraform_export (const struct aws_terraform_export *of, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error);

/* TYPE.LABEL, or TYPE.LABEL_MORE. */
const char *aws_terraform_address (struct aws_terraform *share, const char *type, const char *more);
/* The resource `id` there, with its import. Takes the body; no body, no resource. Its address. */
const char *aws_terraform_add (struct aws_terraform *share, const char *type, const char *more, const char *id, json_t *body);
/* An attribute of another resource of the configuration. */
json_t *aws_terraform_ref (const char *address, const char *attribute);
/* What Terraform alone keeps, and no import tells: else it is a change. */
void aws_terraform_ignore (json_t *body, const char *attribute);
/* An attribute, where there is a line. */
void aws_terraform_text (json_t *body, const char *attribute, const char *value);
void aws_terraform_number (json_t *body, const char *attribute, const char *value);
void aws_terraform_bool (json_t *body, const char *attribute, const char *value);    /* of yes and no */

/* The next other member of the set, from line *at; NULL: no more. */
const char *aws_terraform_member (const struct lines *lines, size_t *at, const char *set);
/* All members of SET as a list, in order; NULL: none. */
json_t *aws_terraform_members (const struct lines *lines, const char *set);
/* The tags that lines tell, and one more where `name` is given; NULL: none. */
json_t *aws_terraform_tags (const struct lines *lines, const char *name, const char *value);

/* A role made here, with its rights. Its address. */
const char *aws_terraform_role (struct aws_terraform *share, const struct aws_made_role *role);

#pragma GCC visibility pop

#endif
