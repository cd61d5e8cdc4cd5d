/* measure.c: what one process and those it waited for took: wall time, CPU, peak memory, as one line of JSON.
 *
 *   measure OUT COMMAND…
 *
 * A program of its own because it must be small: what a process had before exec counts as its child's peak. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static double
now (void)
{
	struct timespec time;
	clock_gettime (CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static double
seconds (struct timeval time)
{
	return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

int
main (int argc, char **argv)
{
	extern char **environ;
	struct rusage usage;
	pid_t child;
	int status = 0, failed;
	if (argc < 3)
		return fprintf (stderr, "usage: measure OUT COMMAND…\n"), 2;
	double began = now ();
	if ((failed = posix_spawnp (&child, argv[2], NULL, NULL, argv + 2, environ)))
		return fprintf (stderr, "measure: %s: %s\n", argv[2], strerror (failed)), 2;
	while (wait4 (child, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return perror ("measure"), 2;
	double wall = now () - began;
	FILE *out = fopen (argv[1], "w");
	if (!out)
		return perror (argv[1]), 2;
	fprintf (out, "{\"wall\": %.6f, \"cpu\": %.6f, \"peak\": %.2f, \"status\": %d}\n", wall, seconds (usage.ru_utime) + seconds (usage.ru_stime),
	         (double) usage.ru_maxrss / 1024, WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status));
	return fclose (out) ? 2 : 0;
}
