/* going-wrong.h: which calls go wrong, as LARDER_BAD says: CALL:HOW[:FROM[:TIMES]], comma between. HOW is the name of an error, "short" (a third of
 * what was asked for), "kill" (the process ends there as by kill -9), "stop" (it sleeps there until it is woken), or "late": it is done, and said to have failed, as an NFS client says
 * whose first reply was lost. FROM counts the calls of that name from 1, TIMES 0 is for ever. */
#ifndef LARDER_TESTS_GOING_WRONG_H
#define LARDER_TESTS_GOING_WRONG_H

#define SHORT (-1001)           /* no error of getaddrinfo */
#define LATE (-1002)

/* 0: this call of that name goes well; else an errno, SHORT or LATE. */
int going_wrong (const char *call);

#endif
