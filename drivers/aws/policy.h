/* policy.h: what a role needs, as a driver's `policy` writes it: a policy of IAM. Pure. */
#ifndef LARDER_AWS_POLICY_H
#define LARDER_AWS_POLICY_H

#include "aws.h"
#include "lines.h"

struct larder_policy;

#pragma GCC visibility push (default)

#define ACTIONS(...) ((const char *const[]) { __VA_ARGS__, NULL })

/* Statements, each known by its Sid: those of one Sid, of whatever resource, allow the same, or are on the same, so that core makes one of them. */
struct aws_policy;

/* What is asked of one resource, while its statements are written. The region is "*" where none is known. */
struct aws_asked { const struct larder_policy *request; struct lines desired, facts; struct aws_policy *policy; const char *region, *partition; };
typedef int (*aws_allow_fn) (struct aws_asked *asked, const void *driver, struct larder_error *error);
/* The statements of `allow`, which is given `driver`, to the sink: nothing where there is none, or it failed. */
int aws_policy_write (const struct larder_policy *request, const char *region, aws_allow_fn allow, const void *driver, const struct larder_sink *sink, uint64_t *ret_most,
                      struct larder_error *error);

/* Begins a statement. The region, where it has one (or NULL), becomes a part of the Sid; the actions are ended by NULL. */
void aws_policy_allow (struct aws_policy *policy, const char *sid, const char *region, const char *const *actions);
#define AWS_ANYTHING "Any"               /* Sid of what is on "*" alone, as lists are */
void aws_policy_on (struct aws_policy *policy, const char *format, ...) LARDER_PRINTF (2, 3);
void aws_policy_when (struct aws_policy *policy, const char *test, const char *key, const char *value);
/* A name as a part of a Sid, which has letters and digits alone: other names make other Sids. */
void aws_policy_word (struct buffer *sid, const char *text);
/* To keep a role of that name, and to have a service take it; to have it take one that is given. */
void aws_policy_role (struct aws_policy *policy, const char *name, const char *service);
void aws_policy_pass (struct aws_policy *policy, const char *arn, const char *service);

/* A key by ARN, id or alias; `via`: for what that service ("s3") does with it alone, or NULL. */
struct aws_key { const char *name, *region, *via; };
void aws_policy_key (struct aws_policy *policy, const char *what, const char *const *actions, const struct aws_key *key);
/* What it is to rights, which are for keys and not for their other names: an ARN, and for an alias, which is returned, a condition. */
const char *aws_key_resource (const struct aws_key *key, struct buffer *into);

#pragma GCC visibility pop

#endif
