/* private-deepest.c: what the private library needs in turn. */
#include "fixture.h"
#include "private.h"

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('d');
}

int
private_deepest (void)
{
	return 41;
}
