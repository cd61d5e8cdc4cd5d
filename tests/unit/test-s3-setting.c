/* test-s3-setting.c: documents of a bucket as they come over the wire, with what somebody else has in them, as lines; and written with ours alone. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include "setting.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "unit.h"

static const struct s3_place place = { .bucket = "b", .partition = "aws", .region = "us-east-1" };

static const struct s3_setting *
named (const char *name)
{
	size_t n = 0;
	while (s3_setting_at (n) && strcmp (s3_setting_at (n)->name, name) != 0)
		n++;
	ck_assert_ptr_nonnull (s3_setting_at (n));
	return s3_setting_at (n);
}

static void
read_lines (const char *setting, const char *body, struct lines *ret)
{
	ck_assert_int_eq (named (setting)->read (&place, body, strlen (body), ret, NULL), 0);
	ck_assert_int_eq (lines_sort (ret, NULL), 0);
}

/* PATH=VALUE, joined by line ends. */
static const char *
text_of (const struct lines *lines)
{
	const char *text = "";
	for (size_t n = 0; n < lines->count; n++)
		text = arena_printf (lines->arena, "%s%s%s=%s", text, n ? "\n" : "", lines->at[n].path, lines->at[n].value);
	return text;
}

#define RULE(inner) "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status>" inner "</Rule></LifecycleConfiguration>"
#define ENABLED "rule[a].status=enabled"
#define COPY(inner) "<ReplicationConfiguration><Role>r</Role><Rule><ID>a</ID><Priority>1</Priority><Status>Enabled</Status>" \
	"<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::to</Bucket></Destination>" inner "</Rule></ReplicationConfiguration>"
#define COPIES(other) "role=r\nrule[a].delete-markers=no\n" other "rule[a].priority=1\nrule[a].status=enabled\nrule[a].to=to"

static const struct { const char *setting, *body, *lines; } told[] = {
	{ "lifecycle", RULE ("<Filter><Prefix></Prefix></Filter><Expiration><Days>3</Days></Expiration>"), "rule[a].expire=3\n" ENABLED },
	{ "lifecycle", RULE ("<Filter/><Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>"), ENABLED },
	{ "lifecycle", RULE ("<Prefix/><Expiration><Date>2040-01-01T00:00:00Z</Date></Expiration>"), "rule[a].other[Expiration/Date]=2040-01-01T00:00:00Z\n" ENABLED },
	{ "lifecycle", RULE ("<Filter><And><Prefix>p</Prefix><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter>"), "rule[a].other[Filter/And/ObjectSizeLessThan]=9\nrule[a].prefix=p\n" ENABLED },
	{ "lifecycle", RULE ("<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition><Transition><Date>d</Date><StorageClass>GLACIER</StorageClass></Transition>"),
	  "rule[a].other[Transition#2/Date]=d\nrule[a].other[Transition#2/StorageClass]=GLACIER\n" ENABLED "\nrule[a].transition[GLACIER].days=1" },
	{ "lifecycle", RULE ("<New><Inner>x]%</Inner></New>"), "rule[a].other[New/Inner]=x]%\n" ENABLED },
	{ "replication", COPY ("<Filter><Prefix></Prefix></Filter>"), COPIES ("") },
	{ "replication", COPY ("<Prefix>p</Prefix>"), COPIES ("rule[a].prefix=p\n") },
	{ "replication", COPY ("<Filter><And><Prefix>p</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>l</Key><Value/></Tag></And></Filter>"),
	  "role=r\nrule[a].delete-markers=no\nrule[a].prefix=p\nrule[a].priority=1\nrule[a].status=enabled\nrule[a].tag=k=v&l=\nrule[a].to=to" },
	{ "replication", COPY ("<SourceSelectionCriteria><ReplicaModifications><Status>Disabled</Status></ReplicaModifications></SourceSelectionCriteria>"), COPIES ("") },
	{ "replication", COPY ("<SourceSelectionCriteria><ReplicaModifications><Status>Enabled</Status></ReplicaModifications></SourceSelectionCriteria>"),
	  COPIES ("rule[a].other[SourceSelectionCriteria/ReplicaModifications/Status]=Enabled\n") },
	{ "cors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><New>x</New></CORSRule></CORSConfiguration>", "cors[#1].method[GET]=yes\ncors[#1].other[New]=x" },
	{ "versioning", "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>", "mfa-delete=yes\nversioning=yes" },
	{ "versioning", "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>", "versioning=yes" },
	{ "encryption", "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>", "bucket-key=yes" },
	{ "encryption", "<ServerSideEncryptionConfiguration><Rule><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>", "" },
};

START_TEST (tells)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	lines_begin (&lines, arena);
	read_lines (told[_i].setting, told[_i].body, &lines);
	ck_assert_str_eq (text_of (&lines), told[_i].lines);
}
END_TEST

/* The document with the lines that it tells, but for those of a path that holds `without`. */
static const char *
rewritten (struct larder_arena *arena, const char *setting, const char *body, const char *without)
{
	CLEANUP_BUFFER struct buffer document;
	struct lines there, desired;
	struct s3_place at = place;
	lines_begin (&there, arena);
	lines_begin (&desired, arena);
	read_lines (setting, body, &there);
	for (size_t n = 0; n < there.count; n++)
		if (!strstr (there.at[n].path, without))
			lines_add (&desired, there.at[n].path, there.at[n].value);
	at.there = &there;
	buffer_init (&document, 1 << 16);
	ck_assert_int_eq (named (setting)->write (&at, &desired, body, strlen (body), &document, NULL), 0);
	return arena_copy (arena, buffer_text (&document));
}

/* What is beyond our lines goes with all that is hollow then, and nothing else. */
START_TEST (mends)
{
	static const struct { const char *setting, *body, *keeps; } cases[] = {
		{ "lifecycle", RULE ("<Filter><And><Prefix>p</Prefix><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter><Expiration><Days>3</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
		  "<Expiration><Days>3</Days></Expiration><Filter><Prefix>p</Prefix></Filter>" },
		{ "lifecycle", RULE ("<Filter><Tag><Key>k</Key><Value></Value></Tag></Filter><NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionTransition>"),
		  "<Filter><Tag><Key>k</Key><Value></Value></Tag></Filter>" },
	};
	for (size_t n = 0; n < COUNT_OF (cases); n++) {
		CLEANUP_ARENA struct larder_arena *arena = arena_new ();
		const char *text = rewritten (arena, cases[n].setting, cases[n].body, ".other["), *rule = strstr (text, "</Status>");
		ck_assert_ptr_nonnull (rule);
		ck_assert_msg (strncmp (rule + strlen ("</Status>"), cases[n].keeps, strlen (cases[n].keeps)) == 0 && strncmp (rule + strlen ("</Status>") + strlen (cases[n].keeps), "</Rule>", 7) == 0, "%s", text);
	}
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *text = rewritten (arena, "replication", COPY ("<Filter><And><Prefix></Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>"), ".tag");
	ck_assert_msg (strstr (text, "<Filter><Prefix></Prefix></Filter>") && !strstr (text, "And"), "%s", text);
}
END_TEST

/* A rule, a statement or a tag that came since is in neither list, and stays; one that was told goes where nobody wants it. */
START_TEST (what_came_since_stays)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	static const struct { const char *setting, *body; } cases[] = {
		{ "lifecycle", RULE ("") }, { "policy", "{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\"}]}" },
		{ "tagging", "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>" },
	};
	for (size_t n = 0; n < COUNT_OF (cases); n++) {
		CLEANUP_BUFFER struct buffer document;
		struct lines none;
		lines_begin (&none, arena);
		buffer_init (&document, 1 << 16);
		ck_assert_str_eq (rewritten (arena, cases[n].setting, cases[n].body, "["), "");
		ck_assert_int_eq (named (cases[n].setting)->write (&place, &none, cases[n].body, strlen (cases[n].body), &document, NULL), 0);
		ck_assert_uint_gt (document.length, 0);
	}
}
END_TEST

/* Nobody but the owner of the account changes versions that MFA delete keeps: not tried. */
START_TEST (mfa_delete)
{
	static const char body[] = "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>";
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer document;
	struct lines desired;
	lines_begin (&desired, arena);
	lines_add (&desired, "versioning", "yes");
	buffer_init (&document, 1 << 16);
	ck_assert_int_eq (named ("versioning")->write (&place, &desired, body, strlen (body), &document, NULL), LARDER_E_UNSUPPORTED);
}
END_TEST

/* Who may do what, in short, and a digest of the whole; known by Sid, or by place. */
START_TEST (statements)
{
	static const char policy[] = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Principal\":\"*\"},{\"Sid\":\"x\",\"Effect\":\"Deny\",\"NotAction\":[\"s3:b\",\"s3:a\"],"
		"\"NotPrincipal\":{\"AWS\":[\"arn:1\",\"arn:2\",\"arn:3\"]}},{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Principal\":{\"AWS\":\"*\"},\"Resource\":\"r\"}]}";
	static const char *const begins[][2] = { { "statement[#1]", "Allow s3:GetObject to * (" }, { "statement[x#3]", "Allow s3:GetObject to * (" },
		{ "statement[x]", "Deny all but s3:a and 1 more to all but arn:1 and 2 more (" } };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct lines lines;
	lines_begin (&lines, arena);
	read_lines ("policy", policy, &lines);
	ck_assert_uint_eq (lines.count, 3);
	for (size_t n = 0; n < 3; n++) {
		ck_assert_str_eq (lines.at[n].path, begins[n][0]);
		ck_assert_msg (strncmp (lines.at[n].value, begins[n][1], strlen (begins[n][1])) == 0, "%s", lines.at[n].value);
	}
	ck_assert_str_ne (lines.at[0].value, lines.at[1].value);
}
END_TEST

/* Nobody asks here for what others set. */
START_TEST (not_asked_for)
{
	static const char *const paths[][2] = { { "bucket", "rule[a].other[x]" }, { "bucket", "cors[a].other[x]" }, { "bucket", "bucket-key" }, { "bucket", "mfa-delete" },
		{ "access", "statement[x]" }, { "replication", "rule[a].other[x]" } };
	const struct larder_line line = { .size = sizeof line, .path = paths[_i][1], .value = "yes" };
	const struct s3_server *server;
	ck_assert_int_eq (s3_server_find ("aws", false, &server, NULL), 0);
	ck_assert_int_eq (s3_setting_supports (server, paths[_i][0], &line, NULL), LARDER_E_UNSUPPORTED);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-s3-setting-tells", tells, COUNT_OF (told) }, { "test-s3-setting-mends", mends, 0 }, { "test-s3-setting-what-came-since-stays", what_came_since_stays, 0 },
		{ "test-s3-setting-mfa-delete", mfa_delete, 0 }, { "test-s3-setting-statements", statements, 0 }, { "test-s3-setting-not-asked-for", not_asked_for, 6 },
	};
	return unit_run ("s3-setting", cases, COUNT_OF (cases));
}
