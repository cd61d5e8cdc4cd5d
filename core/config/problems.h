/* problems.h: the first problem ends a load; or, where somebody asks for all of them, each is told and the load goes on. */
#ifndef LARDER_CONFIG_PROBLEMS_H
#define LARDER_CONFIG_PROBLEMS_H

#include "config.h"

struct problems {
	config_problem_fn tell;      /* NULL: nobody asks */
	void *context;
	unsigned count;
	int first;                   /* code of the first one told */
	bool header_lost;            /* names of sections are unknown: a reference may be right that seems to point nowhere */
};

/* What a check answered, and the error it filled: 0 when all is well, or when it was told and the load can go on. NULL: nobody asks. */
int problems_pass (struct problems *problems, int code, const struct larder_error *error);

#endif
