/* private-library.c: a private library of driver-private. It needs another one, and both leave a mark when they run. */
#include "fixture.h"
#include "private.h"

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('p');
}

int
private_answer (void)
{
	return private_deepest () + 1;
}
