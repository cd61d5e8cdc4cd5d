/* body.h: a body of JSON. Pure. */
#ifndef LARDER_AWS_BODY_H
#define LARDER_AWS_BODY_H

#include <jansson.h>

#include "aws.h"

#define CLEANUP_JSON __attribute__ ((cleanup (json_decrefp)))        /* json_decrefp is Jansson's */

#pragma GCC visibility push (default)

/* Takes the body. aws_request_check tells of a failure. */
void aws_request_json (struct aws_request *request, const char *type, json_t *body);
/* In the arena alone, for tokens may be among it; NULL: no memory, or no JSON. */
char *aws_json_text (struct larder_arena *arena, const json_t *json, size_t flags);
/* One of the JSON 1.1 protocol: `target` is SERVICE.OPERATION. Takes the body. */
void aws_request_target (struct aws_request *request, struct larder_arena *arena, const char *target, json_t *body);

#pragma GCC visibility pop

#endif
