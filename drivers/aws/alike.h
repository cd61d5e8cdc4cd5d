/* alike.h: statements of a policy, which services give back written in other ways. Pure. */
#ifndef LARDER_AWS_ALIKE_H
#define LARDER_AWS_ALIKE_H

#include <jansson.h>
#include <stdbool.h>

#pragma GCC visibility push (default)

/* The statement, or what is in it, as all that say the same are: a list of one is that one, others are in order, everybody is "*", and yes is "true".
 * A new reference; NULL: no memory. */
json_t *aws_policy_plain (json_t *value);
bool aws_policy_alike (json_t *one, json_t *other);

#pragma GCC visibility pop

#endif
