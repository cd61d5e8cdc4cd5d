/* cdn-sign.c: addresses signed by larder_cdn_sign, and the signatures alone by OpenSSL, in turns on one thread: CPU time of each.
 *   cdn-sign CONFIG PROFILE STORE KEY.pem COUNT */
#include <larder/larder.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 10 };

static double
cpu (void)
{
	struct timespec now;
	clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
stop (const char *what, const struct larder_error *error)
{
	fprintf (stderr, "cdn-sign: %s: %s\n", what, error ? error->message : "");
	exit (1);
}

static void
sign_addresses (struct larder_store *store, struct larder_arena *arena, long count)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder_cdn_sign request = { .size = sizeof request, .expires = (int64_t) (time (NULL) + 3600) * 1000000000 };
	for (long n = 0; n < count; n++) {
		char key[64];
		const char *address;
		snprintf (key, sizeof key, "ann/2026/11/%ld.png", n);
		request.key = key;
		larder_arena_clear (arena);
		if (larder_cdn_sign (store, arena, &request, &address, &error) < 0)
			stop ("larder_cdn_sign", &error);
	}
}

/* What the address of above says, and no more. */
static void
sign_bare (EVP_PKEY *key, long count)
{
	for (long n = 0; n < count; n++) {
		char text[256];
		unsigned char bytes[512];
		size_t length = sizeof bytes;
		int size = snprintf (text, sizeof text, "{\"Statement\":[{\"Resource\":\"https://images.example/ann/2026/11/%ld.png\",\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":1767225599}}}]}", n);
		EVP_MD_CTX *context = EVP_MD_CTX_new ();
		if (EVP_DigestSignInit (context, NULL, EVP_sha256 (), NULL, key) != 1 || EVP_DigestSign (context, bytes, &length, (const unsigned char *) text, (size_t) size) != 1)
			stop ("EVP_DigestSign", NULL);
		EVP_MD_CTX_free (context);
	}
}

int
main (int argc, char **argv)
{
	struct larder_error error = LARDER_ERROR_INIT;
	struct larder *larder;
	struct larder_store *store;
	if (argc != 6)
		return fprintf (stderr, "usage: cdn-sign CONFIG PROFILE STORE KEY.pem COUNT\n"), 2;
	const struct larder_settings settings = { .size = sizeof settings, .config = argv[1], .profile = argv[2] };
	FILE *file = fopen (argv[4], "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey (file, NULL, NULL, NULL) : NULL;
	if (!key || larder_open (&settings, &larder, &error) < 0 || larder_store_open (larder, argv[3], &store, &error) < 0)
		stop ("cannot open", &error);
	struct larder_arena *arena = larder_arena_new ();
	double ours = 0, bare = 0;
	long count = strtol (argv[5], NULL, 10) / TURNS;
	sign_addresses (store, arena, 1);
	for (int turn = 0; turn < TURNS; turn++) {
		double begin = cpu ();
		sign_addresses (store, arena, count);
		double middle = cpu ();
		sign_bare (key, count);
		ours += middle - begin, bare += cpu () - middle;
	}
	printf ("%ld addresses: %.0f a second, OpenSSL alone %.0f: %.2f of it\n", count * TURNS, (double) (count * TURNS) / ours, (double) (count * TURNS) / bare, bare / ours);
	larder_arena_free (arena);
	larder_store_close (store);
	larder_close (larder);
	EVP_PKEY_free (key);
	fclose (file);
	return 0;
}
