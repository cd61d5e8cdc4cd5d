/* test-s3-server.c: the capability table, keys that a server cannot hold, metadata that comes back. */
#define LARDER_API_VERSION 0
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "marker.h"
#include "metadata.h"
#include "server.h"
#include "unit.h"

static const struct s3_server *
row (const char *name)
{
	const struct s3_server *server = NULL;
	ck_assert_int_eq (s3_server_find (name, true, &server, NULL), 0);
	return server;
}

static unsigned seed = 1;

static unsigned
chance (unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

/* ---- rows ---- */

START_TEST (find)
{
	static const char *const names[] = { "aws", "minio", "versitygw", "ceph", "moto", "other" };
	const struct s3_server *server = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	for (size_t i = 0; i < COUNT_OF (names); i++)
		ck_assert_str_eq (row (names[i])->name, names[i]);
	ck_assert_int_eq (s3_server_find (NULL, true, &server, &error), 0);
	ck_assert_str_eq (server->name, "other");
	ck_assert_int_eq (s3_server_find (NULL, false, &server, &error), 0);
	ck_assert_str_eq (server->name, "aws");
	server = NULL;
	ck_assert_int_eq (s3_server_find ("mino", true, &server, &error), LARDER_E_INVALID);
	ck_assert_str_eq (error.message, "unknown server 'mino'; did you mean 'minio'?");
	ck_assert_str_eq (error.next, "one of aws, minio, versitygw, ceph, moto, other");
	ck_assert_ptr_null (server);
	ck_assert_int_eq (s3_server_find ("digitalocean", true, &server, &error), LARDER_E_INVALID);
	ck_assert_str_eq (error.message, "unknown server 'digitalocean'");
}
END_TEST

START_TEST (whole)
{
	size_t i = 0;
	for (; s3_server_at (i); i++) {
		const struct s3_server *server = s3_server_at (i);
		ck_assert_ptr_nonnull (server->title);
		for (int feature = 0; feature < S3_FEATURES; feature++)
			ck_assert_msg (server->state[feature] <= S3_DESTRUCTIVE, "%s %d", server->name, feature);
		ck_assert_uint_gt (server->delete_most, 0);
	}
	ck_assert_uint_eq (i, 6);
	for (int feature = 0; feature < S3_FEATURES; feature++) {
		ck_assert_ptr_nonnull (s3_feature_name ((enum s3_feature) feature));
		ck_assert_ptr_nonnull (s3_feature_meaning ((enum s3_feature) feature));
		for (int other = 0; other < feature; other++)
			ck_assert_str_ne (s3_feature_name ((enum s3_feature) feature), s3_feature_name ((enum s3_feature) other));
	}
	ck_assert_ptr_null (s3_feature_name (S3_FEATURES));
	for (int feature = 0; feature < S3_FEATURES; feature++)
		ck_assert_msg (!s3_server_can (row ("other"), (enum s3_feature) feature), "other can %s", s3_feature_name ((enum s3_feature) feature));
}
END_TEST

/* What was measured and costs data when forgotten. */
START_TEST (dangers)
{
	static const struct { const char *server; enum s3_feature feature; enum s3_state state; } facts[] = {
		{ "minio", S3_COPY_CONDITION, S3_DESTRUCTIVE }, { "versitygw", S3_COPY_CONDITION, S3_DESTRUCTIVE }, { "moto", S3_COPY_CONDITION, S3_DESTRUCTIVE },
		{ "minio", S3_DELETE_IF_MATCH, S3_DESTRUCTIVE }, { "moto", S3_COMPLETE_IF_MATCH, S3_DESTRUCTIVE }, { "minio", S3_MP_OBJECT_SIZE, S3_IGNORED },
		{ "moto", S3_MP_OBJECT_SIZE, S3_IGNORED }, { "versitygw", S3_CLASSES, S3_IGNORED }, { "versitygw", S3_ENCRYPTION, S3_IGNORED },
		{ "versitygw", S3_ENCRYPTION_KMS, S3_IGNORED }, { "minio", S3_DELETE_MANY, S3_IGNORED }, { "minio", S3_KEY_BESIDE_PREFIX, S3_IGNORED },
		{ "minio", S3_UPLOADS_LIST, S3_IGNORED }, { "moto", S3_CHECKSUM_MULTIPART, S3_IGNORED }, { "moto", S3_CHECKSUM_COMPARED, S3_IGNORED },
		{ "minio", S3_RAW_KEYS, S3_DESTRUCTIVE }, { "versitygw", S3_RAW_KEYS, S3_DESTRUCTIVE }, { "minio", S3_PUT_CREATE_ONLY, S3_SUPPORTED },
		{ "minio", S3_COMPLETE_CREATE_ONLY, S3_SUPPORTED }, { "moto", S3_SDK_CHECKSUM_ALGORITHM, S3_SUPPORTED },
		{ "moto", S3_LIFECYCLE_SIZE, S3_DESTRUCTIVE }, { "minio", S3_LIFECYCLE_ABORT, S3_REFUSED }, { "minio", S3_PUBLIC_ACCESS, S3_REFUSED },
		{ "minio", S3_OWNERSHIP, S3_REFUSED }, { "versitygw", S3_LIFECYCLE, S3_REFUSED }, { "ceph", S3_POLICY, S3_REFUSED },
		{ "minio", S3_TIERING, S3_REFUSED }, { "versitygw", S3_TIERING, S3_REFUSED }, { "moto", S3_TIERING, S3_IGNORED }, { "other", S3_TIERING, S3_REFUSED },
	};
	for (size_t i = 0; i < COUNT_OF (facts); i++)
		ck_assert_msg (row (facts[i].server)->state[facts[i].feature] == facts[i].state, "%s: %s", facts[i].server, s3_feature_name (facts[i].feature));
}
END_TEST

/* features = …: what one server does otherwise. */
START_TEST (change)
{
	static const char *const given[] = { "delete-if-match=supported", "classes=ignored", NULL };
	struct s3_server changed;
	struct larder_error error = LARDER_ERROR_INIT;
	ck_assert_int_eq (s3_server_change (row ("minio"), given, &changed, &error), 0);
	for (int feature = 0; feature < S3_FEATURES; feature++)
		ck_assert_int_eq (changed.state[feature], feature == S3_DELETE_IF_MATCH ? S3_SUPPORTED : feature == S3_CLASSES ? S3_IGNORED : row ("minio")->state[feature]);
	ck_assert_ptr_eq (s3_server_base (&changed), row ("minio"));
	ck_assert_int_eq (s3_server_change (row ("other"), given, &changed, &error), 0);
	ck_assert_int_eq (s3_server_need (&changed, S3_DELETE_IF_MATCH, NULL, &error), 0);
	ck_assert_int_eq (s3_server_need (&changed, S3_CLASSES, "GLACIER", &error), LARDER_E_UNSUPPORTED);
	ck_assert_str_eq (error.message, "a server of unknown make takes storage class 'GLACIER' and does nothing about it");
	ck_assert_int_eq (s3_server_need (&changed, S3_TAGGING, NULL, &error), LARDER_E_UNSUPPORTED);
	ck_assert_str_eq (error.message, "it is not known what a server of unknown make does with tags of objects");
	ck_assert_ptr_eq (s3_server_base (row ("moto")), row ("moto"));
	static const struct { const char *text, *message; } bad[] = {
		{ "clases=refused", "features has 'clases=refused', which is not FEATURE=STATE; did you mean classes" },
		{ "classes=refuse", "features has 'classes=refuse', which is not FEATURE=STATE" }, { "classes", "features has 'classes', which is not FEATURE=STATE" },
		{ "=", "features has '=', which is not FEATURE=STATE" },
	};
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		const char *const one[] = { bad[i].text, NULL };
		ck_assert_int_eq (s3_server_change (row ("minio"), one, &changed, &error), LARDER_E_INVALID);
		ck_assert_str_eq (error.message, bad[i].message);
		ck_assert_ptr_nonnull (strstr (error.next, "doctor --probe"));
	}
}
END_TEST

/* Each measured row is its own nearest, also where a few features were not found out or are otherwise; what is like none is other. */
START_TEST (nearest)
{
	static const char *const names[] = { "aws", "minio", "versitygw", "moto" };
	uint8_t state[S3_FEATURES];
	for (size_t i = 0; i < COUNT_OF (names); i++) {
		memcpy (state, row (names[i])->state, sizeof state);
		ck_assert_ptr_eq (s3_server_nearest (state, row ("other")), row (names[i]));
		state[S3_BUCKET_LOCATION] = state[S3_VERSIONS] = 255;
		state[S3_TAGGING] = S3_REFUSED;
		ck_assert_ptr_eq (s3_server_nearest (state, row ("other")), row (names[i]));
	}
	memset (state, S3_REFUSED, sizeof state);
	ck_assert_str_eq (s3_server_nearest (state, row ("minio"))->name, "other");
	memset (state, 255, sizeof state);
	ck_assert_str_eq (s3_server_nearest (state, row ("versitygw"))->name, "versitygw");
}
END_TEST

START_TEST (need)
{
	static const struct { const char *server; enum s3_feature feature; const char *value, *message; } cases[] = {
		{ "minio", S3_CLASSES, "GLACIER", "MinIO refuses storage class 'GLACIER'" },
		{ "versitygw", S3_CLASSES, "GLACIER", "versitygw takes storage class 'GLACIER' and does nothing about it" },
		{ "minio", S3_DELETE_IF_MATCH, NULL, "MinIO takes a removal of a known object only, does nothing about it, and what it should protect is lost" },
		{ "other", S3_TAGGING, NULL, "it is not known what a server of unknown make does with tags of objects" },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_int_eq (s3_server_need (row (cases[i].server), cases[i].feature, cases[i].value, &error), LARDER_E_UNSUPPORTED);
		ck_assert_str_eq (error.message, cases[i].message);
		ck_assert_str_ne (error.next, "");
	}
	ck_assert_int_eq (s3_server_need (row ("aws"), S3_CLASSES, "GLACIER", NULL), 0);
}
END_TEST

/* Danger 5: where the list's hash is not checked, keys go one by one unless nobody can change the list on its way. */
START_TEST (delete_many)
{
	static const struct { const char *server, *endpoint; bool may; } cases[] = {
		{ "aws", NULL, true }, { "versitygw", "http://10.0.0.1:7070", true }, { "other", "https://x", false }, { "ceph", "https://x", false },
		{ "minio", "https://store.example", true }, { "minio", "http://store.example:9000", false }, { "minio", "http://127.0.0.1:9000", true },
		{ "minio", "http://127.1.2.3", true }, { "minio", "http://localhost:9000/base", true }, { "minio", "http://[::1]:9000", true },
		{ "minio", "http://localhost.example:9000", false }, { "minio", "http://127.evil.example", false }, { "minio", "http://[::2]:9000", false },
		{ "minio", "http://10.127.0.1:9000", false }, { "moto", "http://192.168.1.1", false }, { "minio", "http://127.0.0.1@evil.example/", false },
		{ "minio", "http://localhost@evil.example/", false },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++)
		ck_assert_msg (s3_server_delete_many (row (cases[i].server), cases[i].endpoint) == cases[i].may, "%s %s", cases[i].server, cases[i].endpoint);
}
END_TEST

START_TEST (checksum)
{
	ck_assert_uint_eq (s3_server_checksum (row ("aws")), LARDER_CHECKSUM_CRC64NVME);
	ck_assert_uint_eq (s3_server_checksum (row ("other")), LARDER_CHECKSUM_NONE);
	struct s3_server old = *row ("aws");
	old.state[S3_CHECKSUM_CRC64NVME] = S3_REFUSED;
	ck_assert_uint_eq (s3_server_checksum (&old), LARDER_CHECKSUM_CRC32C);
}
END_TEST

/* ---- keys ---- */

/* Dangers 8 and 10; for each key the servers that cannot hold it: letters as in ROWS. */
START_TEST (keys)
{
	static const char letters[] = "amvcto";
	static const struct { const char *key, *refuse; } cases[] = {
		{ "a", "" }, { "a/b.c", "" }, { "dir/", "" }, { "a b+%&?#\\:*|'\"<>", "" }, { "\xf0\x9f\x98\x80", "" }, { "trailing. ", "" }, { "a..b/...", "" },
		{ "p//q", "mvco" }, { "/lead", "mvco" }, { "/", "mvco" }, { "a//", "mvco" }, { "x/../y", "mvco" }, { "x/./y", "mvco" }, { "../up", "mvco" },
		{ ".", "mvco" }, { "..", "mvco" }, { "x/..", "mvco" }, { "", "amvcto" }, { "\xff", "amvcto" }, { "a\xc3", "amvcto" }, { "\xed\xa0\x80", "amvcto" },
		{ "a\x01", "vto" }, { "\x1f", "vto" }, { "\x7f", "" }, { "a\xef\xbf\xbe", "vto" }, { "a\xef\xbf\xbd", "" }, { "a\nb", "to" }, { "a\rb", "to" },
		{ "a\tb", "" }, { "d__XLDIR__", "m" }, { "d__XLDIR__/x", "m" }, { "d__XLDIR__x", "" }, { ".sgwtmp/x", "v" }, { ".sgwtmp", "v" }, { ".sgwtmpx", "" },
		{ "a/.sgwtmp/x", "v" }, { "a/.sgwtmp", "v" }, { "a/x.sgwtmp/y", "" },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++)
		for (size_t k = 0; s3_server_at (k); k++) {
			struct larder_error error = LARDER_ERROR_INIT;
			int code = s3_server_key (s3_server_at (k), cases[i].key, &error);
			bool refuse = strchr (cases[i].refuse, letters[k]);
			ck_assert_msg (code == (refuse ? LARDER_E_INVALID : 0), "%s, key %zu: %d %s", s3_server_at (k)->name, i, code, error.message);
			ck_assert_msg (!refuse || strcmp (cases[i].refuse, "amvcto") == 0 || (error.next[0] && strncmp (error.message, s3_server_at (k)->title, strlen (s3_server_at (k)->title)) == 0),
			               "'%s' has no next step, or does not name the server", error.message);
		}
}
END_TEST

START_TEST (key_lengths)
{
	char key[1100];
	struct larder_error error = LARDER_ERROR_INIT;
	memset (key, 'k', sizeof key);
	for (size_t i = 255; i < 1024; i += 256)
		key[i] = '/';
	key[1024] = '\0';
	for (size_t k = 0; s3_server_at (k); k++)
		ck_assert_int_eq (s3_server_key (s3_server_at (k), key, &error), 0);
	key[1024] = 'k';
	key[1025] = '\0';
	for (size_t k = 0; s3_server_at (k); k++)
		ck_assert_int_eq (s3_server_key (s3_server_at (k), key, &error), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "1025"));
	memset (key, 'k', 256);
	key[256] = '\0';
	ck_assert_int_eq (s3_server_key (row ("aws"), key, &error), 0);
	ck_assert_int_eq (s3_server_key (row ("moto"), key, &error), 0);
	ck_assert_int_eq (s3_server_key (row ("minio"), key, &error), LARDER_E_INVALID);
	ck_assert_int_eq (s3_server_key (row ("versitygw"), key, &error), LARDER_E_INVALID);
	key[255] = '\0';
	ck_assert_int_eq (s3_server_key (row ("minio"), key, &error), 0);
}
END_TEST

/* ---- metadata ---- */

static int
check_metadata (const char *server, const char *name, const char *value, struct larder_error *error)
{
	const struct larder_pair pair = { name, value };
	const struct larder_pairs pairs = { &pair, 1, sizeof pair };
	return s3_server_metadata (row (server), &pairs, error);
}

START_TEST (metadata_bad)
{
	static const struct { const char *name, *value; int code; } cases[] = {
		{ "user_id", "u", 0 }, { "a.b-c", "", 0 }, { "User", "u", LARDER_E_INVALID }, { "", "u", LARDER_E_INVALID }, { "a b", "u", LARDER_E_INVALID },
		{ "a:b", "u", LARDER_E_INVALID }, { "\xc3\xa4", "u", LARDER_E_INVALID }, { "a", "x\ny", LARDER_E_INVALID }, { "a", "x\ty", LARDER_E_INVALID },
		{ "a", "\x7f", LARDER_E_INVALID }, { "a", "\xff", LARDER_E_INVALID }, { "a", "\xc3\xa4", 0 }, { "a", " x ", 0 },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		ck_assert_msg (check_metadata ("aws", cases[i].name, cases[i].value, &error) == cases[i].code, "case %zu: %s", i, error.message);
	}
	const struct larder_pair twice[] = { { "a", "1" }, { "b", "2" }, { "a", "3" } };
	const struct larder_pairs pairs = { twice, 3, sizeof *twice };
	ck_assert_int_eq (s3_server_metadata (row ("moto"), &pairs, NULL), LARDER_E_INVALID);
}
END_TEST

START_TEST (metadata_limits)
{
	static const struct { const char *server; size_t most; } cases[] = { { "aws", 2047 }, { "versitygw", 2047 }, { "minio", 2036 }, { "ceph", 2036 }, { "other", 2036 } };
	char value[3000];
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		struct larder_error error = LARDER_ERROR_INIT;
		memset (value, 'v', sizeof value);
		value[cases[i].most] = '\0';
		ck_assert_int_eq (check_metadata (cases[i].server, "n", value, &error), 0);
		value[cases[i].most] = 'v';
		value[cases[i].most + 1] = '\0';
		ck_assert_int_eq (check_metadata (cases[i].server, "n", value, &error), LARDER_E_LIMIT);
		ck_assert_ptr_nonnull (strstr (error.message, row (cases[i].server)->title));
	}
	memset (value, 'v', sizeof value);
	value[2999] = '\0';
	ck_assert_int_eq (check_metadata ("moto", "n", value, NULL), 0);
	memset (value, ' ', 1600);     /* as sent: 2134 bytes of base64 and its frame */
	value[1600] = '\0';
	ck_assert_int_eq (check_metadata ("aws", "n", value, NULL), LARDER_E_LIMIT);
}
END_TEST

/* What a server keeps of a header's value. */
static bool
travels (const char *text)
{
	size_t length = strlen (text);
	for (size_t i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e || (text[i] == ' ' && (i == 0 || i + 1 == length || text[i + 1] == ' ')))
			return false;
	return true;
}

static void
check_round_trip (struct larder_arena *arena, const char *value)
{
	const char *sent = s3_metadata_encode (arena, value);
	ck_assert_msg (travels (sent), "'%s' was sent as '%s'", value, sent);
	ck_assert_uint_eq (strlen (sent), s3_metadata_length (value));
	ck_assert_str_eq (s3_metadata_decode (arena, sent), value);
}

START_TEST (metadata_round_trip)
{
	static const char *const values[] = {
		"", "plain", " ", " a", "a ", "a  b", "a b", "\xc3\xa4", "\xec\x9d\xb4\xeb\xa6\x84", "=?UTF-8?Q?x?=", "=?UTF-8?B?eA==?=", "=?x?=", "=?" "?=", "=?", "?=",
		"=?UTF-8?B?eA==?= and more", "\"quoted\"", "a,b;c", "=?UTF-8?q?a?= =?UTF-8?q?b?=", "\xf0\x9f\x98\x80",
	};
	static const char *const bits[] = { "=?", "?=", "UTF-8", "?B?", "?Q?", "=", "_", " ", "a", "\xc3\xa4", "\xe2\x82\xac", "%", "+", "eA==", "=20", "\"" };
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t i = 0; i < COUNT_OF (values); i++)
		check_round_trip (arena, values[i]);
	for (unsigned round = 0; round < 60000; round++) {
		char value[128] = "";
		size_t length = 0;
		seed = round * 7 + 3;
		for (unsigned left = 1 + chance (10); left; left--)
			length += (size_t) snprintf (value + length, sizeof value - length, "%s", bits[chance (COUNT_OF (bits))]);
		check_round_trip (arena, value);
		if (round % 1000 == 0)
			arena_clear (arena);
	}
}
END_TEST

/* What others write: MinIO's form of raw UTF-8, words of several lines, and what is no word. */
START_TEST (metadata_decode)
{
	static const char *const cases[][2] = {
		{ "=?UTF-8?q?=C3=A4_x?=", "\xc3\xa4 x" }, { "=?utf-8?Q?=c3=a4?=", "\xc3\xa4" }, { "=?UTF-8?b?w6Q=?=", "\xc3\xa4" },
		{ "=?UTF-8?q?a_?= =?UTF-8?q?b?=", "a b" }, { "=?UTF-8?q?=C3?= =?UTF-8?q?=A4?=", "\xc3\xa4" }, { "=?us-ascii?q?x?=", "x" },
		{ "=?ISO-8859-1?q?=E4?=", "=?ISO-8859-1?q?=E4?=" }, { "=?UTF-8?q?=E4?=", "=?UTF-8?q?=E4?=" }, { "=?UTF-8?q?=0A?=", "=?UTF-8?q?=0A?=" },
		{ "=?UTF-8?q?=00?=", "=?UTF-8?q?=00?=" }, { "=?UTF-8?q?=4?=", "=?UTF-8?q?=4?=" }, { "=?UTF-8?q?=?=", "=?UTF-8?q?=?=" },
		{ "=?UTF-8?b?w6Q?=", "=?UTF-8?b?w6Q?=" }, { "=?UTF-8?x?y?=", "=?UTF-8?x?y?=" }, { "=?UTF-8?q?a?= b =?UTF-8?q?c?=", "=?UTF-8?q?a?= b =?UTF-8?q?c?=" },
		{ "x =?UTF-8?q?a?=", "x =?UTF-8?q?a?=" }, { "=?=", "=?=" }, { "=?UTF-8?=", "=?UTF-8?=" }, { "=?UTF-8?q?=", "=?UTF-8?q?=" }, { "\xc3\xa4", "\xc3\xa4" },
	};
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t i = 0; i < COUNT_OF (cases); i++)
		ck_assert_str_eq (s3_metadata_decode (arena, cases[i][0]), cases[i][1]);
}
END_TEST

/* ---- tokens and encoded names ---- */

START_TEST (tokens)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (unsigned round = 0; round < 50000; round++) {
		char text[3][24];
		struct s3_token have, want = { text[0], text[1], text[2] };
		seed = round;
		for (int i = 0; i < 3; i++) {
			unsigned length = chance (22);
			for (unsigned k = 0; k < length; k++)
				text[i][k] = (char) (chance (3) ? 1 + chance (255) : (unsigned) "&%/+= "[chance (6)]);
			text[i][length] = '\0';
		}
		ck_assert_int_eq (s3_token_split (arena, s3_token_join (arena, &want), &have, NULL), 0);
		ck_assert_str_eq (have.last ? have.last : "", text[0]);
		ck_assert_str_eq (have.key ? have.key : "", text[1]);
		ck_assert_str_eq (have.other ? have.other : "", text[2]);
		if (round % 1000 == 0)
			arena_clear (arena);
	}
	struct s3_token token;
	static const char *const bad[] = { "", "abc", "a&b", "a%&b&c", "a%0&b&c", "a&b%zz&c", "a%00&b&c", "a&b&c&", "a&b&c%" };
	for (size_t i = 0; i < COUNT_OF (bad); i++)
		ck_assert_int_eq (s3_token_split (arena, bad[i], &token, NULL), LARDER_E_INVALID);
	ck_assert_int_eq (s3_token_split (arena, "&k&", &token, NULL), 0);
	ck_assert_ptr_null (token.last);
	ck_assert_ptr_null (token.other);
}
END_TEST

START_TEST (url_decode)
{
	static const char *const cases[][2] = {
		{ "", "" }, { "a+b", "a b" }, { "a%20b", "a b" }, { "a%2Bb%2bc", "a+b+c" }, { "%C3%A4", "\xc3\xa4" }, { "%01%7F%FF", "\x01\x7f\xff" }, { "a%41b", "aAb" },
		{ "%", NULL }, { "a%4", NULL }, { "%zz", NULL }, { "%00", NULL }, { "a%-1", NULL }, { "% 1", NULL },
	};
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		const char *have = s3_url_decode (arena, cases[i][0]);
		ck_assert_msg (cases[i][1] ? have && strcmp (have, cases[i][1]) == 0 : !have, "'%s' became '%s'", cases[i][0], have);
	}
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-s3-server-find", find, 0 }, { "test-s3-server-whole", whole, 0 }, { "test-s3-server-dangers", dangers, 0 },
		{ "test-s3-server-need", need, 0 }, { "test-s3-server-change", change, 0 }, { "test-s3-server-nearest", nearest, 0 }, { "test-s3-server-delete-many", delete_many, 0 }, { "test-s3-server-checksum", checksum, 0 },
		{ "test-s3-server-keys", keys, 0 }, { "test-s3-server-key-lengths", key_lengths, 0 }, { "test-s3-server-metadata-bad", metadata_bad, 0 },
		{ "test-s3-server-metadata-limits", metadata_limits, 0 }, { "test-s3-server-metadata-round-trip", metadata_round_trip, 0 },
		{ "test-s3-server-metadata-decode", metadata_decode, 0 }, { "test-s3-server-tokens", tokens, 0 }, { "test-s3-server-url-decode", url_decode, 0 },
	};
	return unit_run ("s3-server", cases, COUNT_OF (cases));
}
