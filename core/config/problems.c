/* problems.c: whether a load goes on after a problem. */
#include "problems.h"

int
problems_pass (struct problems *problems, int code, const struct larder_error *error)
{
	if (code >= 0 || !problems || !problems->tell)
		return code;
	problems->count++;
	if (problems->first == 0)
		problems->first = code;
	problems->tell (problems->context, error);
	return code == LARDER_E_LIMIT ? code : 0;   /* without memory nothing goes on */
}
