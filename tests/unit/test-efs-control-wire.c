/* test-efs-control-wire.c: what the control module of efs asks, and what it makes of the replies: goldens of the pure code. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "alike.h"
#include "arena.h"
#include "unit.h"

static struct lines
lines_of (struct larder_arena *arena, const char *const *pairs)
{
	struct lines lines;
	lines_begin (&lines, arena);
	for (; *pairs; pairs += 2)
		lines_add (&lines, pairs[0], pairs[1]);
	ck_assert_int_eq (lines_sort (&lines, NULL), 0);
	return lines;
}

/* Takes the document. */
static void
is_text (json_t *document, const char *wanted)
{
	char *text = json_dumps (document, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq (text ? text : "", wanted);
	free (text);
	json_decref (document);
}

START_TEST (requests)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct aws_request request;
	const char *text;
	efs_request (&request, arena, "GET", "file-systems?CreationToken=a%20b&Marker=c%26d", NULL);
	ck_assert_int_eq (aws_request_check (&request, NULL), 0);
	ck_assert_str_eq (request.path, "/2015-02-01/file-systems");
	ck_assert_int_eq (aws_query_text (&request, &text, NULL), 0);
	ck_assert_str_eq (text, "CreationToken=a%20b&Marker=c%26d");
	efs_request (&request, arena, "POST", "resource-tags/fs-1", json_pack ("{s:s}", "a", "b"));
	ck_assert_str_eq (request.body, "{\"a\":\"b\"}");
	ec2_request (&request, arena, "DescribeVpcs", &(struct larder_pair) { "Filter.1.Name", "tag:Na me" }, 1);
	ck_assert_str_eq (request.body, "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3ANa%20me");
	kms_describe (&request, arena, "alias/efs");
	ck_assert_str_eq (request.body, "{\"KeyId\":\"alias/efs\"}");
}
END_TEST

START_TEST (creations)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines desired = lines_of (arena, (const char *const[]) { "encrypted", "yes", "performance", "generalPurpose", "throughput", "provisioned 100MiB/s", "tag[Name]", "x", NULL });
	is_text (efs_creation ("t", &desired, "arn:k", NULL), "{\"CreationToken\":\"t\",\"Encrypted\":true,\"KmsKeyId\":\"arn:k\",\"PerformanceMode\":\"generalPurpose\","
		"\"ProvisionedThroughputInMibps\":100.0,\"Tags\":[{\"Key\":\"Name\",\"Value\":\"x\"}],\"ThroughputMode\":\"provisioned\"}");
	desired = lines_of (arena, (const char *const[]) { "throughput", "provisioned 100", NULL });
	ck_assert_ptr_null (efs_creation ("t", &desired, NULL, NULL));
}
END_TEST

/* c-C11: one transition in each element. */
START_TEST (lifecycles)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	static const struct { const char *pairs[7], *wanted; } cases[] = {
		{ { "lifecycle.to-ia", "30", "lifecycle.back-on-access", "1" }, "[{\"TransitionToIA\":\"AFTER_30_DAYS\"},{\"TransitionToPrimaryStorageClass\":\"AFTER_1_ACCESS\"}]" },
		{ { "lifecycle.to-ia", "1", "lifecycle.to-archive", "365" }, "[{\"TransitionToIA\":\"AFTER_1_DAY\"},{\"TransitionToArchive\":\"AFTER_365_DAYS\"}]" },
		{ { NULL }, "[]" },
		{ { "lifecycle.to-ia", "31" }, NULL },
	};
	struct lines desired = lines_of (arena, cases[_i].pairs);
	json_t *policies = NULL;
	ck_assert_int_eq (efs_lifecycle (&desired, &policies, NULL), cases[_i].wanted ? 0 : LARDER_E_INVALID);
	if (cases[_i].wanted)
		is_text (policies, cases[_i].wanted);
}
END_TEST

START_TEST (replies)
{
	static const struct { const char *body, *wanted; } cases[] = {
		{ "<RResponse xmlns=\"x\"><requestId>r</requestId><vpcSet><item><vpcId>vpc-1</vpcId><tagSet/></item><item><vpcId>vpc-2</vpcId></item></vpcSet></RResponse>",
		  "{\"requestId\":\"r\",\"vpcSet\":[{\"tagSet\":\"\",\"vpcId\":\"vpc-1\"},{\"vpcId\":\"vpc-2\"}]}" },
		{ "<RResponse><set><item>a</item></set></RResponse>", "{\"set\":[\"a\"]}" },
		{ "<RResponse>text</RResponse>", NULL }, { "<RResponse><a>", NULL }, { "", NULL }, { "<RResponse><a>1</a><item>2</item></RResponse>", NULL },
		{ "<RResponse><set><item>1</item><a>2</a></set></RResponse>", NULL }, { "<Other><a>1</a></Other>", NULL },
		{ "<RResponse><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>x</a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></RResponse>", NULL },
	};
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	json_t *reply = NULL;
	ck_assert_int_eq (ec2_read (arena, "R", cases[_i].body, strlen (cases[_i].body), &reply, NULL), cases[_i].wanted ? 0 : LARDER_E_INTEGRITY);
	if (cases[_i].wanted)
		is_text (reply, cases[_i].wanted);
}
END_TEST

START_TEST (rules)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_pair pairs[8];
	json_t *permissions = json_loads ("[{\"ipProtocol\":\"tcp\",\"fromPort\":\"2049\",\"toPort\":\"2049\",\"groups\":[{\"groupId\":\"sg-1\"}],\"ipRanges\":[{\"cidrIp\":\"10.0.0.0/8\"}]},"
		"{\"ipProtocol\":\"tcp\",\"fromPort\":\"1\",\"toPort\":\"9\",\"ipv6Ranges\":[{\"cidrIpv6\":\"::/0\"}]},{\"ipProtocol\":\"-1\",\"prefixListIds\":[{\"prefixListId\":\"pl-1\"}]}]", 0, NULL);
	static const char *const wanted[][2] = { { "sg-1", "tcp 2049" }, { "10.0.0.0/8", "tcp 2049" }, { "::/0", "tcp 1-9" }, { "pl-1", "all" } };
	json_t *all = rules_read (permissions);
	ck_assert_uint_eq (json_array_size (all), COUNT_OF (wanted));
	for (size_t n = 0; n < COUNT_OF (wanted); n++) {
		ck_assert_str_eq (json_text (json_array_get (all, n), "peer"), wanted[n][0]);
		ck_assert_str_eq (json_text (json_array_get (all, n), "text"), wanted[n][1]);
	}
	ck_assert_uint_eq (rules_pairs (arena, "sg-0", json_array_get (all, 2), pairs), 5);
	ck_assert_str_eq (pairs[4].name, "IpPermissions.1.Ipv6Ranges.1.CidrIpv6");
	ck_assert_uint_eq (rules_pairs (arena, "sg-0", json_array_get (all, 3), pairs), 3);
	ck_assert_str_eq (rules_egress (all), "otherwise");
	ck_assert (rules_has ("tcp 2049, tcp 22", "tcp 22") && !rules_has ("tcp 2049", "tcp 20") && !rules_has (NULL, "tcp 22") && !rules_has ("udp 2049", "tcp 2049"));
	json_decref (all);
	json_decref (permissions);
}
END_TEST

/* The client token is of all that an access point is: another mode is another one. */
START_TEST (points)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct share share = { .token = "t", .system = json_pack ("{s:s}", "FileSystemId", "fs-1") };
	struct lines desired = lines_of (arena, (const char *const[]) { "access-point[/m].mode", "755", "access-point[/m].owner", "1000:7", NULL });
	struct lines other = lines_of (arena, (const char *const[]) { "access-point[/m].mode", "750", "access-point[/m].owner", "1000:7", NULL });
	struct lines without = lines_of (arena, (const char *const[]) { "access-point[/m].mode", "755", NULL });
	json_t *one = point_creation (&share, "/m", &desired, NULL), *again = point_creation (&share, "/m", &desired, NULL), *another = point_creation (&share, "/m", &other, NULL);
	ck_assert (json_equal (one, again));
	ck_assert_str_ne (json_text (one, "ClientToken"), json_text (another, "ClientToken"));
	ck_assert (point_fits (one, &desired) && !point_fits (one, &other) && point_is_ours (one, "t") && !point_is_ours (one, "u"));
	ck_assert_str_eq (point_owner (one, arena), "1000:7");
	ck_assert_ptr_null (point_creation (&share, "/m", &without, NULL));
	json_object_del (one, "ClientToken");
	is_text (one, "{\"FileSystemId\":\"fs-1\",\"PosixUser\":{\"Gid\":7,\"Uid\":1000},\"RootDirectory\":{\"CreationInfo\":{\"OwnerGid\":7,\"OwnerUid\":1000,\"Permissions\":\"755\"},\"Path\":\"/m\"},"
		"\"Tags\":[{\"Key\":\"larder:id\",\"Value\":\"t\"}]}");
	json_decref (again);
	json_decref (another);
	json_decref (share.system);
}
END_TEST

/* Statements of others stay; ours are taken by their names alone. */
/* Of somebody's for the same folder and of ours, which comes second: ours is what is told, and what a policy names; theirs alone is told as theirs. */
START_TEST (points_of_others)
{
	static const char theirs[] = "{\"AccessPointId\":\"fsap-1\",\"AccessPointArn\":\"arn:1\",\"PosixUser\":{\"Uid\":1000,\"Gid\":7},\"RootDirectory\":{\"Path\":\"/m\"},\"Tags\":[]}";
	static const char ours[] = "{\"AccessPointId\":\"fsap-2\",\"AccessPointArn\":\"arn:2\",\"PosixUser\":{\"Uid\":1000,\"Gid\":7},\"RootDirectory\":{\"Path\":\"/m\"},"
		"\"Tags\":[{\"Key\":\"larder:id\",\"Value\":\"t\"}]}";
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct share share = { .token = "t", .system = json_pack ("{s:s}", "FileSystemArn", "arn:f"), .names = json_object (), .through = "/m" };
	struct lines desired = lines_of (arena, (const char *const[]) { "access-point[/m].owner", "1000:7", "policy.access-point", "yes", NULL }), is;
	json_t *wanted;
	char *text;
	share.points = json_pack ("[o, o]", json_loads (theirs, 0, NULL), json_loads (ours, 0, NULL));
	lines_begin (&is, arena);
	share_lines (&share, &desired, &is);
	ck_assert_int_eq (lines_sort (&is, NULL), 0);
	ck_assert_str_eq (lines_value (&is, "access-point[/m].id"), "fsap-2");
	ck_assert_str_eq (lines_value (&is, "access-point[/m].owner"), "1000:7");
	wanted = policy_wanted (&share, &desired, NULL);
	text = json_dumps (wanted, JSON_COMPACT);
	ck_assert (strstr (text, "arn:2") && !strstr (text, "arn:1"));
	free (text);
	json_decref (wanted);
	json_array_remove (share.points, 1);
	lines_begin (&is, arena);
	share_lines (&share, &desired, &is);
	ck_assert_int_eq (lines_sort (&is, NULL), 0);
	ck_assert_str_eq (lines_value (&is, "access-point[/m].owner"), "1000:7 of others");
	ck_assert_ptr_null (policy_wanted (&share, &desired, NULL));
	json_decref (share.points);
	json_decref (share.system);
	json_decref (share.names);
}
END_TEST

START_TEST (policies)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct share share = { .token = "t", .system = json_pack ("{s:s}", "FileSystemArn", "arn:f"),
		.policy = json_loads ("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"theirs\"},{\"Sid\":\"larder-tls\",\"Effect\":\"Allow\"},{\"Sid\":\"larder-of-others\"}]}", 0, NULL) };
	struct lines tls = lines_of (arena, (const char *const[]) { "policy.statement[theirs]", "x", "policy.tls", "yes", NULL }), none = lines_of (arena, (const char *const[]) { NULL });
	struct lines point = lines_of (arena, (const char *const[]) { "policy.access-point", "yes", NULL });
	ck_assert_str_eq (policy_tells (&share, "tls", &tls), "otherwise");
	ck_assert_ptr_null (policy_tells (&share, "access-point", &tls));
	struct lines told;
	lines_begin (&told, arena);
	policy_tell_others (&share, &told);
	ck_assert_int_eq (lines_sort (&told, NULL), 0);
	ck_assert_uint_eq (told.count, 2);
	ck_assert_str_eq (told.at[0].path, "policy.statement[larder-of-others]");
	ck_assert_str_eq (told.at[1].path, "policy.statement[theirs]");
	share.told = &told;
	is_text (policy_wanted (&share, &none, NULL), "{\"Statement\":[],\"Version\":\"2012-10-17\"}");
	told.at[1].value = "otherwise";                          /* not as it was seen: it stays */
	is_text (policy_wanted (&share, &none, NULL), "{\"Statement\":[{\"Sid\":\"theirs\"}],\"Version\":\"2012-10-17\"}");
	is_text (policy_wanted (&share, &told, NULL), "{\"Statement\":[{\"Sid\":\"theirs\"},{\"Sid\":\"larder-of-others\"}],\"Version\":\"2012-10-17\"}");
	ck_assert_ptr_null (policy_wanted (&share, &point, NULL));
	json_t *wanted = policy_wanted (&share, &tls, NULL);
	json_decref (share.policy);
	share.policy = wanted;
	ck_assert_str_eq (policy_tells (&share, "tls", &tls), "yes");
	is_text (json_incref (json_array_get (json_object_get (wanted, "Statement"), 2)), "{\"Action\":\"*\",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}},\"Effect\":\"Deny\","
		"\"Principal\":{\"AWS\":\"*\"},\"Resource\":\"arn:f\",\"Sid\":\"larder-tls\"}");
	json_decref (wanted);
	json_decref (share.system);
}
END_TEST

/* A policy is its statements, in whatever order. */
START_TEST (policies_alike)
{
	static const struct { const char *one, *other; bool same; } cases[] = {
		{ "[{\"Sid\":\"a\"},{\"Sid\":\"b\",\"Action\":[\"x\",\"y\"]}]", "[{\"Action\":[\"y\",\"x\"],\"Sid\":\"b\"},{\"Sid\":\"a\"}]", true },
		{ "[{\"Sid\":\"a\"}]", "{\"Sid\":\"a\"}", true },
		{ "[{\"Sid\":\"a\"}]", "[{\"Sid\":\"a\"},{\"Sid\":\"b\"}]", false },
	};
	for (size_t n = 0; n < COUNT_OF (cases); n++) {
		json_t *one = json_loads (cases[n].one, 0, NULL), *other = json_loads (cases[n].other, 0, NULL);
		ck_assert_msg (aws_policy_alike (one, other) == cases[n].same && aws_policy_alike (other, one) == cases[n].same, "%s", cases[n].other);
		json_decref (one);
		json_decref (other);
	}
}
END_TEST

/* Written in another way, and with something else in it. */
START_TEST (statements_alike)
{
	static const char ours[] = "{\"Sid\":\"a\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"x\",\"y\"],\"Condition\":{\"Bool\":{\"k\":\"true\"}}}";
	static const struct { const char *text; bool same; } cases[] = {
		{ ours, true },
		{ "{\"Action\":[\"y\",\"x\"],\"Sid\":\"a\",\"Principal\":\"*\",\"Condition\":{\"Bool\":{\"k\":[\"true\"]}}}", true },
		{ "{\"Sid\":\"a\",\"Principal\":{\"AWS\":[\"*\"]},\"Action\":[\"x\",\"y\"],\"Condition\":{\"Bool\":{\"k\":true}}}", true },
		{ "{\"Sid\":\"a\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"x\"],\"Condition\":{\"Bool\":{\"k\":\"true\"}}}", false },
		{ "{\"Sid\":\"a\",\"Principal\":{\"AWS\":[\"*\",\"b\"]},\"Action\":[\"x\",\"y\"],\"Condition\":{\"Bool\":{\"k\":\"true\"}}}", false },
		{ "{\"Sid\":\"a\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"x\",\"y\"],\"Condition\":{\"Bool\":{\"k\":false}}}", false },
		{ "{\"Sid\":\"a\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"x\",\"y\"]}", false },
	};
	for (size_t n = 0; n < COUNT_OF (cases); n++) {
		json_t *one = json_loads (ours, 0, NULL), *other = json_loads (cases[n].text, 0, NULL);
		ck_assert_ptr_nonnull (other);
		ck_assert_msg (aws_policy_alike (one, other) == cases[n].same && aws_policy_alike (other, one) == cases[n].same, "%s", cases[n].text);
		json_decref (one);
		json_decref (other);
	}
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-efs-control-wire-requests", requests, 0 }, { "test-efs-control-wire-creations", creations, 0 }, { "test-efs-control-wire-lifecycles", lifecycles, 4 },
		{ "test-efs-control-wire-replies", replies, 9 }, { "test-efs-control-wire-rules", rules, 0 }, { "test-efs-control-wire-points", points, 0 },
		{ "test-efs-control-wire-points-of-others", points_of_others, 0 }, { "test-efs-control-wire-policies", policies, 0 },
		{ "test-efs-control-wire-statements-alike", statements_alike, 0 }, { "test-efs-control-wire-policies-alike", policies_alike, 0 },
	};
	return unit_run ("efs-control-wire", cases, COUNT_OF (cases));
}
