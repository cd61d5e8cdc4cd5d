# Locks in Redis.
if WITH_HIREDIS
module_LTLIBRARIES += lock-redis.la
lock_redis_la_SOURCES = %D%/lock-redis.c %D%/lock-redis.h %D%/scripts.c %D%/link.c %D%/reach.c %D%/tls.c %D%/answers.c
lock_redis_la_CPPFLAGS = $(IN_LEASE)
lock_redis_la_CFLAGS = $(AM_CFLAGS) $(HIREDIS_CFLAGS) $(HIREDIS_SSL_CFLAGS)
lock_redis_la_LDFLAGS = $(LDFLAGS_MODULE)
lock_redis_la_LIBADD = liblease.la libbase.la $(HIREDIS_LIBS) $(HIREDIS_SSL_LIBS) $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
