/* rights.c: what a role must be allowed of a distribution, and of who reads for it. */
#include "cloudfront.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "policy.h"

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

/* Looked up by a tag. */
static void
allow_certificate (struct aws_policy *policy, const char *partition, const char *certificate)
{
	if (!certificate || !cf_is_tag (certificate))
		return;
	aws_policy_allow (policy, AWS_ANYTHING, NULL, ACTIONS ("acm:ListCertificates"));
	aws_policy_on (policy, "*");
	aws_policy_allow (policy, "AcmCertificates", NULL, ACTIONS ("acm:ListTagsForCertificate"));
	aws_policy_on (policy, "arn:%s:acm:" CF_HOME ":*:certificate/*", partition);
}

/* What is signed here is held against what edges look at. */
static void
allow_keys (struct aws_policy *policy, const struct cloudfront *cloudfront, const char *group)
{
	if (!group || !cf_has_key (cloudfront))
		return;
	aws_policy_allow (policy, AWS_ANYTHING, NULL, ACTIONS ("cloudfront:GetKeyGroup", "cloudfront:GetPublicKey"));
	aws_policy_on (policy, "*");
}

static int
allow_all (struct aws_asked *asked, const void *driver, struct larder_error *error)
{
	const char *makes[7] = { "cloudfront:CreateDistribution", "cloudfront:ListCloudFrontOriginAccessIdentities", "cloudfront:ListDistributions", "cloudfront:ListOriginAccessControls" };
	const char *keeps[8] = { "cloudfront:CreateInvalidation", "cloudfront:GetDistribution", "cloudfront:GetInvalidation", "cloudfront:ListTagsForResource", "cloudfront:TagResource", "cloudfront:UpdateDistribution",
		asked->request->stays ? NULL : "cloudfront:DeleteDistribution" };
	size_t count = 4;
	(void) error;
	if (strcmp (asked->request->role, "operator") != 0)
		return 0;
	if (reads_as (&asked->desired, "oac"))
		makes[count++] = "cloudfront:CreateOriginAccessControl";
	if (reads_as (&asked->desired, "oai"))
		makes[count++] = "cloudfront:CreateCloudFrontOriginAccessIdentity";
	aws_policy_allow (asked->policy, AWS_ANYTHING, NULL, makes);
	aws_policy_on (asked->policy, "*");
	aws_policy_allow (asked->policy, "CloudfrontDistributions", NULL, keeps);
	on_own (asked->policy, asked->partition, "distribution");
	allow_access (asked->policy, asked->partition, &asked->desired);
	allow_certificate (asked->policy, asked->partition, lines_value (&asked->desired, "certificate"));
	allow_keys (asked->policy, driver, lines_value (&asked->desired, "key-group"));
	return 0;
}

int
cf_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	(void) call;
	return aws_policy_write (request, aws_client_region (((const struct cloudfront *) self)->client), allow_all, self, sink, ret_most, error);
}
