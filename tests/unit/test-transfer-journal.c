/* test-transfer-journal.c: a journal that is cut or changed anywhere tells a beginning of what was written, or nothing. */
#include "journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "cleanup.h"
#include "file.h"
#include "folder.h"
#include "unit.h"

static const struct journal_what what = { "upload", "s3://bucket/a%20b", "a b", "images:a b", "/home/\xc3\xa4/a%FF", NULL, false, { NULL, 0, 0 } };
enum { PIECES = 5 };

static uint64_t
sum_of (uint32_t number)
{
	return UINT64_C (0x0123456789abcdef) * number;
}

/* A whole one, its path and its bytes. */
static void
write_one (const char *state, char path[300], char **ret_bytes, size_t *ret_count)
{
	struct journal journal;
	journal_open (&journal, state, &what);
	ck_assert_int_ge (journal.fd, 0);
	ck_assert_ptr_null (journal.id);
	ck_assert_int_eq (journal_begin (&journal, &what, "the id", "the pin", 8 << 20, NULL), 0);
	for (uint32_t number = 1; number <= PIECES; number++)
		ck_assert_int_eq (journal_add (&journal, number, sum_of (number), NULL), 0);
	snprintf (path, 300, "%s/transfers/%s", state, journal.name);
	journal_close (&journal);
	int root = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq (file_slurp (root, path + 1, 1 << 20, ret_bytes, ret_count, NULL), 0);
	close (root);
}

static void
set (const char *path, const char *bytes, size_t count)
{
	FILE *file = fopen (path, "w");
	ck_assert_uint_eq (fwrite (bytes, 1, count, file), count);
	fclose (file);
}

/* What is read is the beginning of what was written: how many pieces, or -1. */
static int
read_one (const char *state)
{
	struct journal journal;
	journal_open (&journal, state, &what);
	int count = journal.id ? (int) journal.count : -1;
	if (journal.id) {
		ck_assert_str_eq (journal.id, "the id");
		ck_assert_str_eq (journal.pin, "the pin");
		ck_assert_uint_eq (journal.part, 8 << 20);
	}
	for (uint32_t number = 1; number <= PIECES; number++) {
		uint64_t sum = 0;
		ck_assert_int_eq (journal_has (&journal, number, &sum), (int) number <= count);
		ck_assert_uint_eq (sum, (int) number <= count ? sum_of (number) : 0);
	}
	journal_close (&journal);
	return count;
}

START_TEST (test_journal_cut)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	CLEANUP_FREE char *bytes = NULL;
	char path[300];
	size_t count;
	int before = -1;
	write_one (folder.path, path, &bytes, &count);
	for (size_t length = 0; length <= count; length++) {
		set (path, bytes, length);
		int pieces = read_one (folder.path);
		ck_assert_int_ge (pieces, before);
		before = pieces;
	}
	ck_assert_int_eq (before, PIECES);
}
END_TEST

START_TEST (test_journal_changed)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	CLEANUP_FREE char *bytes = NULL;
	char path[300];
	size_t count;
	write_one (folder.path, path, &bytes, &count);
	for (size_t at = 0; at < count; at++) {
		bytes[at] ^= 4;
		set (path, bytes, count);
		ck_assert_int_lt (read_one (folder.path), PIECES);
		bytes[at] ^= 4;
	}
	set (path, bytes, count);
	ck_assert_int_eq (read_one (folder.path), PIECES);
}
END_TEST

/* Journals but for the one of this name; the last of them, looked at. */
static int
aside (const char *state, const char *name, bool remove, json_t **ret_head, const char **ret_problem)
{
	int fd = journal_folder (state), count = 0;
	DIR *entries = fdopendir (fd);
	for (const struct dirent *entry; (entry = readdir (entries));)
		if (entry->d_name[0] != '.' && strcmp (entry->d_name, name) != 0) {
			count++;
			json_decref (*ret_head);
			*ret_head = journal_look (fd, entry->d_name, ret_problem);
			if (remove)
				unlinkat (fd, entry->d_name, 0);
		}
	closedir (entries);
	return count;
}

static const char *
id_of (const json_t *head)
{
	return json_string_value (json_object_get (head, "id"));
}

/* Wherever an upload's journal is cut: a store that may have been asked is known; the answer is, once it is whole. */
START_TEST (test_journal_asked)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	CLEANUP_FREE char *bytes = NULL;
	struct journal journal;
	char path[300];
	size_t count;
	journal_open (&journal, folder.path, &what);
	ck_assert_int_eq (journal_begin (&journal, &what, NULL, "the pin", 8 << 20, NULL), 0);
	ck_assert_int_eq (journal_answered (&journal, "the id", false, NULL), 0);
	snprintf (path, sizeof path, "%s/transfers/%s", folder.path, journal.name);
	journal_close (&journal);
	int root = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq (file_slurp (root, path + 1, 1 << 20, &bytes, &count, NULL), 0);
	close (root);
	size_t first = strcspn (bytes, "\n") + 1;
	for (size_t length = 0; length <= count; length++) {
		json_t *head = NULL;
		const char *problem = NULL;
		set (path, bytes, length);
		journal_open (&journal, folder.path, &what);
		ck_assert_int_ge (journal.fd, 0);
		ck_assert_int_eq (journal.id != NULL, length == count);
		ck_assert_int_eq (aside (folder.path, journal.name, true, &head, &problem), length >= first && length < count);
		ck_assert_int_eq (head != NULL, length >= first && length < count);
		ck_assert_ptr_null (id_of (head));
		json_decref (head);
		journal_close (&journal);
	}
}
END_TEST

/* Asked twice, for the first answer was lost: both are known, each in its own. */
START_TEST (test_journal_uncertain)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct journal journal;
	json_t *head = NULL;
	const char *problem = NULL;
	journal_open (&journal, folder.path, &what);
	ck_assert_int_eq (journal_begin (&journal, &what, NULL, "the pin", 8 << 20, NULL), 0);
	ck_assert_int_eq (journal_answered (&journal, "the id", true, NULL), 0);
	ck_assert_int_eq (aside (folder.path, journal.name, false, &head, &problem), 1);
	ck_assert_ptr_nonnull (head);
	ck_assert_ptr_null (id_of (head));
	json_decref (head);
	journal_remove (&journal);
	head = NULL;
	ck_assert_int_eq (aside (folder.path, "", false, &head, &problem), 1);
	json_decref (head);
}
END_TEST

/* Of a version to come, damaged, somebody else's: as it was, and named, and a transfer of that name begins beside it. */
START_TEST (test_journal_unknown)
{
	static const struct { const char *line, *problem; } cases[] = {
		{ "{\"journal\":\"larder-transfer\",\"version\":3}", "a newer larder wrote its journal" },
		{ "{\"journal\":\"larder-transfer\",\"version\":0}", "its journal is damaged, or none of larder's" },
		{ "{\"journal\":\"other\",\"version\":2}", "its journal is damaged, or none of larder's" },
		{ "a diary", "its journal is damaged, or none of larder's" },
	};
	for (size_t i = 0; i < COUNT_OF (cases); i++) {
		CLEANUP_FOLDER struct folder folder = folder_make ();
		struct journal journal;
		json_t *head = NULL;
		const char *problem = NULL;
		char path[300], line[200];
		journal_open (&journal, folder.path, &what);
		snprintf (path, sizeof path, "%s/transfers/%s", folder.path, journal.name);
		journal_close (&journal);
		snprintf (line, sizeof line, "%s %08" PRIx32 "\n", cases[i].line, crc32c (0, cases[i].line, strlen (cases[i].line)));
		set (path, line, strlen (line));
		journal_open (&journal, folder.path, &what);
		ck_assert_int_ge (journal.fd, 0);
		ck_assert_ptr_null (journal.id);
		ck_assert_int_eq (aside (folder.path, journal.name, false, &head, &problem), 1);
		ck_assert_ptr_null (head);
		ck_assert_str_eq (problem, cases[i].problem);
		journal_remove (&journal);
	}
}
END_TEST

/* Two runs of one transfer: what the second opens is known by a journal beside that of the first, and is not gone on with. */
START_TEST (test_journal_held)
{
	CLEANUP_FOLDER struct folder folder = folder_make ();
	struct journal first, second, third;
	json_t *head = NULL;
	const char *problem = NULL;
	journal_open (&first, folder.path, &what);
	ck_assert_int_eq (journal_begin (&first, &what, "the id", "the pin", 1, NULL), 0);
	journal_open (&second, folder.path, &what);
	ck_assert_int_lt (second.fd, 0);
	ck_assert_int_eq (journal_begin (&second, &what, NULL, "pin", 1, NULL), 0);
	ck_assert_int_eq (journal_answered (&second, "other", false, NULL), 0);
	ck_assert (!journal_keeps (&second, LARDER_E_CANCELLED));
	ck_assert_int_eq (aside (folder.path, first.name, false, &head, &problem), 1);
	ck_assert_str_eq (id_of (head), "other");
	journal_remove (&second);
	ck_assert_int_eq (aside (folder.path, first.name, false, &head, &problem), 0);
	journal_close (&first);
	journal_open (&third, folder.path, &what);
	ck_assert_str_eq (third.id, "the id");
	ck_assert_uint_eq (third.count, 0);
	journal_remove (&third);
	journal_open (&first, folder.path, &what);
	ck_assert_ptr_null (first.id);
	journal_remove (&first);
	json_decref (head);
}
END_TEST

START_TEST (test_journal_nowhere)
{
	struct journal journal;
	journal_open (&journal, NULL, &what);
	ck_assert_int_lt (journal.fd, 0);
	journal_close (&journal);
	journal_open (&journal, "/dev/null", &what);
	ck_assert_int_lt (journal.fd, 0);
	journal_close (&journal);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-transfer-journal-cut", test_journal_cut, 0 },
		{ "test-transfer-journal-changed", test_journal_changed, 0 },
		{ "test-transfer-journal-asked", test_journal_asked, 0 },
		{ "test-transfer-journal-uncertain", test_journal_uncertain, 0 },
		{ "test-transfer-journal-unknown", test_journal_unknown, 0 },
		{ "test-transfer-journal-held", test_journal_held, 0 },
		{ "test-transfer-journal-nowhere", test_journal_nowhere, 0 },
	};
	return unit_run ("transfer-journal", cases, COUNT_OF (cases));
}
