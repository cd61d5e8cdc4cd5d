/* alike.h: policies, which services give back written in other ways, and statements of others in them. Pure. */
#ifndef LARDER_AWS_ALIKE_H
#define LARDER_AWS_ALIKE_H

#include <jansson.h>
#include <stdbool.h>

struct larder_arena;

#pragma GCC visibility push (default)

/* The policy, a statement, or what is in it, as all that say the same are: a list of one is that one, others are in order, everybody is "*", and yes is "true".
 * A new reference; NULL: no memory. */
json_t *aws_policy_plain (json_t *value);
bool aws_policy_alike (json_t *one, json_t *other);

/* Of one that is somebody else's, in the arena: "Allow s3:GetObject to arn:aws:iam::1:root (3f2a…)", with a digest of all that it says; and what it is known
 * by: its Sid, #3 where it has none, SID#3 where one before it has the same. NULL: no memory. */
const char *aws_policy_says (json_t *statement, struct larder_arena *arena);
const char *aws_policy_member (const json_t *statements, size_t n, struct larder_arena *arena);

#pragma GCC visibility pop

#endif
