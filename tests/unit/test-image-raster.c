/* test-image-raster.c: raw pixels with a stride through the public API, on the mock store: keys, metadata and
 * bytes as the strategy's helper gives them; the caller's pixels are never changed. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <larder/larder.h>

static struct larder *handle;
static struct larder_arena *arena;
static struct larder_error error = LARDER_ERROR_INIT;
static char folder[] = "/tmp/larder-raster-XXXXXX";

static void
set_up (void)
{
	char config[4096];
	memcpy (folder + sizeof folder - 7, "XXXXXX", 7);
	ck_assert_ptr_nonnull (mkdtemp (folder));
	setenv ("LARDER_ROOT", folder, 1);
	setenv ("LARDER_FSYNC", "no", 1);
	snprintf (config, sizeof config, "%s/etc/larder.ini", getenv ("TOP_SRCDIR"));
	struct larder_settings settings = { .size = sizeof settings, .config = config, .profile = "mock" };
	ck_assert_msg (larder_open (&settings, &handle, &error) == 0, "%s", error.message);
	arena = larder_arena_new ();
}

static void
tear_down (void)
{
	larder_arena_free (arena);
	larder_close (handle);
	pid_t child = fork ();
	if (child == 0) {
		execlp ("rm", "rm", "-rf", folder, (char *) NULL);
		_exit (127);
	}
	waitpid (child, NULL, 0);
}

static int
ingest (const struct larder_raster *raster, const char *job, const char *format, struct larder_ingested *ret)
{
	struct larder_ingest request = { .size = sizeof request, .user = "u", .job = job, .format = format, .raster = raster, .at = INT64_C (1762000000000000000) };
	*ret = (struct larder_ingested) { .size = sizeof *ret };
	return larder_ingest (handle, arena, &request, ret, &error);
}

static const char *
metadata (const struct larder_info *info, const char *name)
{
	for (size_t i = 0; i < info->metadata.count; i++)
		if (strcmp (larder_pair_at (&info->metadata, i)->name, name) == 0)
			return larder_pair_at (&info->metadata, i)->value;
	return NULL;
}

START_TEST (keys_metadata_and_untouched_pixels)
{
	enum { WIDTH = 300, HEIGHT = 200, STRIDE = 1024 };
	unsigned char *rows = malloc (STRIDE * HEIGHT), *before = malloc (STRIDE * HEIGHT);
	for (int i = 0; i < STRIDE * HEIGHT; i++)
		rows[i] = (unsigned char) (i * 7 % 251);
	memcpy (before, rows, STRIDE * HEIGHT);
	struct larder_raster raster = { .size = sizeof raster, .rows = rows, .width = WIDTH, .height = HEIGHT, .pixels = 3, .stride = STRIDE };
	struct larder_ingested result;
	ck_assert_msg (ingest (&raster, "j1", NULL, &result) == 0, "%s", error.message);
	ck_assert_str_eq (result.bucket, "pingvas-studio-images");
	ck_assert_str_eq (result.key, "u/2025/11/j1.png");
	ck_assert_str_eq (result.thumbnail_key, "u/2025/11/thumbnails/j1.webp");
	ck_assert_str_eq (result.content_type, "image/png");
	ck_assert_uint_eq (result.thumbnail_width, 256);
	ck_assert_uint_eq (result.thumbnail_height, 171);
	ck_assert_int_eq (memcmp (rows, before, STRIDE * HEIGHT), 0);

	struct larder_store *store;
	struct larder_info info = { .size = sizeof info };
	ck_assert_int_eq (larder_store_open (handle, "images", &store, &error), 0);
	ck_assert_int_eq (larder_stat (store, arena, result.key, NULL, &info, &error), 0);
	ck_assert_uint_eq (info.length, result.length);
	ck_assert_str_eq (metadata (&info, "user_id"), "u");
	ck_assert_str_eq (metadata (&info, "job_id"), "j1");
	ck_assert_uint_eq (strlen (metadata (&info, "uploaded_at")), strlen ("2025-11-03T04:05:06.000000"));
	info = (struct larder_info) { .size = sizeof info };
	ck_assert_int_eq (larder_stat (store, arena, result.thumbnail_key, NULL, &info, &error), 0);
	ck_assert_ptr_null (metadata (&info, "user_id"));
	ck_assert_str_eq (info.content_type, "image/webp");
	larder_store_close (store);
	free (rows);
	free (before);
}
END_TEST

START_TEST (again_and_other_bytes)
{
	unsigned char rows[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
	struct larder_raster raster = { .size = sizeof raster, .rows = rows, .width = 2, .height = 2, .pixels = 3, .stride = 6 };
	struct larder_ingested result;
	ck_assert_int_eq (ingest (&raster, "j2", NULL, &result), 0);
	ck_assert_uint_eq (result.stored, LARDER_STORED_NEW);
	ck_assert_int_eq (ingest (&raster, "j2", NULL, &result), 0);
	ck_assert_uint_eq (result.stored, LARDER_STORED_ALREADY);
	rows[5]++;
	ck_assert_int_eq (ingest (&raster, "j2", NULL, &result), LARDER_E_CONFLICT);
	ck_assert_int_eq (ingest (&raster, "j2", "webp", &result), LARDER_E_CONFLICT);
}
END_TEST

static int64_t
read_at (void *context, void *into, size_t count, uint64_t offset, struct larder_error *why)
{
	(void) why;
	return pread (*(int *) context, into, count, (off_t) offset);
}

/* An encoded picture from a source of the caller's, whose length counts before its first byte. */
START_TEST (from_a_source)
{
	char file[4096];
	snprintf (file, sizeof file, "%s/doc/examples/pictures/dunes.png", getenv ("TOP_SRCDIR"));
	int fd = open (file, O_RDONLY | O_CLOEXEC);
	off_t length = lseek (fd, 0, SEEK_END);
	struct larder_source source = { .size = sizeof source, .context = &fd, .length = (uint64_t) length, .pread = read_at };
	struct larder_ingest request = { .size = sizeof request, .user = "u", .job = "j3", .source = &source, .at = INT64_C (1762000000000000000) };
	struct larder_ingested result = { .size = sizeof result };
	ck_assert_msg (larder_ingest (handle, arena, &request, &result, &error) == 0, "%s", error.message);
	ck_assert_str_eq (result.key, "u/2025/11/j3.png");
	ck_assert_uint_eq (result.length, (uint64_t) length);
	source.length = (UINT64_C (1) << 30) + 1;
	request.job = "j4";
	ck_assert_int_eq (larder_ingest (handle, arena, &request, &result, &error), LARDER_E_LIMIT);
	ck_assert_ptr_nonnull (strstr (error.next, "'max-file-size'"));
	close (fd);
}
END_TEST

START_TEST (every_pixel_format)
{
	unsigned char rows[64 * 8];
	for (unsigned i = 0; i < sizeof rows; i++)
		rows[i] = (unsigned char) (i * 37);
	for (uint32_t pixels = 1; pixels <= 8; pixels++) {
		char job[16];
		struct larder_ingested result;
		struct larder_raster raster = { .size = sizeof raster, .rows = rows, .width = 8, .height = 8, .pixels = pixels, .stride = 64 };
		snprintf (job, sizeof job, "p%u", pixels);
		ck_assert_msg (ingest (&raster, job, NULL, &result) == 0, "format %u: %s", pixels, error.message);
		ck_assert_uint_eq (result.thumbnail_width, 8);
		snprintf (job, sizeof job, "w%u", pixels);
		ck_assert_msg (ingest (&raster, job, "WebP", &result) == 0, "format %u: %s", pixels, error.message);
		ck_assert_str_eq (result.content_type, "image/webp");
	}
}
END_TEST

/* The rule inverts the templates, for every format, and takes the last extension only. */
START_TEST (thumbnail_key_of_key)
{
	static const struct { const char *key, *thumbnail; } keys[] = {
		{ "u/2025/11/j1.png", "u/2025/11/thumbnails/j1.webp" },
		{ "u/2025/11/a.b.jpeg", "u/2025/11/thumbnails/a.b.webp" },
		{ "u/2025/11/j.png.webp", "u/2025/11/thumbnails/j.png.webp" },
		{ "사용자 %/2025/11/a b%2B&?#.x.gif", "사용자 %/2025/11/thumbnails/a b%2B&?#.x.webp" },
		{ "u/2025/11/thumbnails/j1.webp", NULL }, { "u/2025/thumbnails/j1.webp", NULL }, { "u/25/11/j.png", NULL }, { "u/2025/1/j.png", NULL },
		{ "u/2025/11/.png", NULL }, { "u/2025/11/...png", NULL }, { "../2025/11/j.png", NULL }, { "/2025/11/j.png", NULL }, { "u/2025/11/j.", NULL },
		{ "u/2025/11/no-extension", NULL }, { "u/2025/j1.png", NULL }, { "", NULL },
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *thumbnail = NULL;
		int code = larder_thumbnail_key (handle, arena, NULL, keys[i].key, &thumbnail, &error);
		ck_assert_int_eq (code, keys[i].thumbnail ? 0 : LARDER_E_INVALID);
		if (keys[i].thumbnail)
			ck_assert_str_eq (thumbnail, keys[i].thumbnail);
	}
}
END_TEST

START_TEST (what_cannot_be)
{
	unsigned char rows[12] = { 0 };
	struct larder_raster raster = { .size = sizeof raster, .rows = rows, .width = 4, .height = 1, .pixels = 3, .stride = 6 };
	struct larder_ingested result;
	ck_assert_int_eq (ingest (&raster, "j", NULL, &result), LARDER_E_INVALID);   /* stride shorter than a row */
	raster.stride = 12;
	raster.pixels = 99;
	ck_assert_int_eq (ingest (&raster, "j", NULL, &result), LARDER_E_INVALID);
	raster.pixels = 3;
	ck_assert_int_eq (ingest (&raster, "a/b", NULL, &result), LARDER_E_INVALID);
	ck_assert_int_eq (ingest (&raster, "..", NULL, &result), LARDER_E_INVALID);
	ck_assert_int_eq (ingest (&raster, "j", "gif", &result), LARDER_E_INVALID);
	ck_assert_ptr_nonnull (strstr (error.message, "png, webp, jpeg"));
}
END_TEST

/* In no store; the rows are the arena's and the caller's stay. */
START_TEST (a_thumbnail_for_the_caller)
{
	enum { WIDTH = 300, HEIGHT = 200 };
	static uint16_t rows[HEIGHT][WIDTH], before[HEIGHT][WIDTH];
	for (int i = 0; i < WIDTH * HEIGHT; i++)
		rows[i / WIDTH][i % WIDTH] = 257 * 100;
	memcpy (before, rows, sizeof rows);
	struct larder_raster raster = { .size = sizeof raster, .rows = rows, .width = WIDTH, .height = HEIGHT, .pixels = 5, .stride = 2 * WIDTH };
	struct larder_raster small = { .size = sizeof small };
	struct larder_ingest picture = { .size = sizeof picture, .raster = &raster };
	ck_assert_msg (larder_thumbnail (handle, arena, &picture, 90, 90, &small, &error) == 0, "%s", error.message);
	ck_assert_uint_eq (small.width, 90);
	ck_assert_uint_eq (small.height, 60);
	ck_assert_uint_eq (small.pixels, 1);
	ck_assert_uint_eq (small.stride, 90);
	for (int i = 0; i < 90 * 60; i++)
		ck_assert_uint_eq (((const unsigned char *) small.rows)[i], 100);
	ck_assert_int_eq (memcmp (rows, before, sizeof rows), 0);

	struct larder_raster same = { .size = sizeof same };
	ck_assert_int_eq (larder_thumbnail (handle, arena, &picture, 0, 90, &same, &error), LARDER_E_INVALID);
	picture.file = "too-much.png";
	ck_assert_int_eq (larder_thumbnail (handle, arena, &picture, 90, 90, &same, &error), LARDER_E_INVALID);
	picture.file = NULL;
	raster.stride = 10;
	ck_assert_int_eq (larder_thumbnail (handle, arena, &picture, 90, 90, &same, &error), LARDER_E_INVALID);
	picture.raster = NULL;
	picture.file = "/nowhere/j.png";
	ck_assert_int_lt (larder_thumbnail (handle, arena, &picture, 90, 90, &same, &error), 0);
	ck_assert_ptr_null (same.rows);
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("test-image-raster");
	TCase *tcase = tcase_create ("test-image-raster");
	tcase_add_checked_fixture (tcase, set_up, tear_down);
	tcase_add_test (tcase, keys_metadata_and_untouched_pixels);
	tcase_add_test (tcase, again_and_other_bytes);
	tcase_add_test (tcase, from_a_source);
	tcase_add_test (tcase, every_pixel_format);
	tcase_add_test (tcase, thumbnail_key_of_key);
	tcase_add_test (tcase, what_cannot_be);
	tcase_add_test (tcase, a_thumbnail_for_the_caller);
	suite_add_tcase (suite, tcase);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
