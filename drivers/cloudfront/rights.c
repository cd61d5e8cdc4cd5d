/* rights.c: what a role must be allowed of a distribution, and of who reads for it. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "error.h"

/* Is an origin to be read as "oac", "oai"? */
static bool
reads_as (const struct lines *desired, const char *kind)
{
	for (size_t n = 0; n < desired->count; n++)
		if (path_matches ("origin[*].access", desired->at[n].path) && strcmp (desired->at[n].value, kind) == 0)
			return true;
	return false;
}

static void
on_own (struct aws_policy *policy, const char *partition, const char *what)
{
	aws_policy_on (policy, "arn:%s:cloudfront::*:%s/*", partition, what);
}

/* Controls and identities. What read before, by the other way, goes as well. */
static void
allow_access (struct aws_policy *policy, const char *partition, const struct lines *desired)
{
	const char *actions[7] = { "cloudfront:DeleteCloudFrontOriginAccessIdentity", "cloudfront:DeleteOriginAccessControl", "cloudfront:GetCloudFrontOriginAccessIdentity",
		"cloudfront:GetOriginAccessControl" };
	size_t count = 4;
	if (reads_as (desired, "oac"))
		actions[count++] = "cloudfront:UpdateOriginAccessControl";
	if (reads_as (desired, "oai"))
		actions[count++] = "cloudfront:UpdateCloudFrontOriginAccessIdentity";
	aws_policy_allow (policy, "CloudfrontReaders", NULL, actions);
	on_own (policy, partition, "origin-access-control");
	on_own (policy, partition, "origin-access-identity");
}

static void
allow_operator (struct aws_policy *policy, const char *partition, const struct larder_policy *request, const struct lines *desired)
{
	const char *makes[7] = { "cloudfront:CreateDistribution", "cloudfront:ListCloudFrontOriginAccessIdentities", "cloudfront:ListDistributions", "cloudfront:ListOriginAccessControls" };
	const char *keeps[6] = { "cloudfront:GetDistribution", "cloudfront:ListTagsForResource", "cloudfront:TagResource", "cloudfront:UpdateDistribution",
		request->stays ? NULL : "cloudfront:DeleteDistribution" };
	size_t count = 4;
	if (reads_as (desired, "oac"))
		makes[count++] = "cloudfront:CreateOriginAccessControl";
	if (reads_as (desired, "oai"))
		makes[count++] = "cloudfront:CreateCloudFrontOriginAccessIdentity";
	aws_policy_allow (policy, AWS_ANYTHING, NULL, makes);
	aws_policy_on (policy, "*");
	aws_policy_allow (policy, "CloudfrontDistributions", NULL, keeps);
	on_own (policy, partition, "distribution");
	allow_access (policy, partition, desired);
}

int
cf_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct cloudfront *cloudfront = self;
	struct aws_policy *policy = arena ? aws_policy_new () : NULL;
	struct lines desired;
	(void) call;
	if (!policy)
		return larder_fail_memory (error);
	lines_begin (&desired, arena);
	int code = lines_take (&desired, request->desired, error);
	if (code == 0 && strcmp (request->role, "operator") == 0)
		allow_operator (policy, aws_partition (aws_client_region (cloudfront->client)), request, &desired);
	int ended = aws_policy_end (policy, sink, ret_most, error);
	return code < 0 ? code : ended;
}
