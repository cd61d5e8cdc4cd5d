/* bad-memory.c: preloaded: memory that is not there. What asks for LARGE bytes or more is the call "malloc" of LARDER_BAD (going-wrong.h),
 * calloc and realloc too. A limit of the system (prlimit --as) is none under the address sanitizer, whose own needs it would refuse. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "going-wrong.h"

#define LARGE 32768

/* The loader, and what comes before the sanitizer, ask for memory too: nothing is looked up or looked into for them. */
#define EARLY __attribute__ ((no_sanitize_address))
/* The last call is a jump: the leak checker knows what the loader asked for, and keeps, by who called. */
#define PUBLIC EARLY __attribute__ ((visibility ("default"), optimize ("O2")))
#define BEHIND(name, ...) \
	extern void *__interceptor_##name (__VA_ARGS__) __attribute__ ((weak)); \
	extern void *__libc_##name (__VA_ARGS__);
BEHIND (malloc, size_t)
BEHIND (calloc, size_t, size_t)
BEHIND (realloc, void *, size_t)
extern void __interceptor_free (void *) __attribute__ ((weak));

/* Who frees, gives: a shell that was built without the sanitizer has it loaded by this file, and frees by the C library. */
#define GIVE(name, ...) (__interceptor_free == free ? __interceptor_##name (__VA_ARGS__) : __libc_##name (__VA_ARGS__))

static bool awake;

EARLY __attribute__ ((constructor)) static void
wake (void)
{
	awake = true;
}

EARLY static bool
is_none (size_t count, size_t size)
{
	size_t all;
	if (!awake || (!__builtin_mul_overflow (count, size, &all) && all < LARGE) || going_wrong ("malloc") == 0)
		return false;
	errno = ENOMEM;
	return true;
}

PUBLIC void *
malloc (size_t size)
{
	if (is_none (1, size))
		return NULL;
	return GIVE (malloc, size);
}

PUBLIC void *
calloc (size_t count, size_t size)
{
	if (is_none (count, size))
		return NULL;
	return GIVE (calloc, count, size);
}

PUBLIC void *
realloc (void *before, size_t size)
{
	if (is_none (1, size))
		return NULL;
	return GIVE (realloc, before, size);
}
