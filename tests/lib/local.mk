# lib/local.mk
EXTRA_DIST += %D%/make-checksum-tables.py %D%/world.py %D%/answers.py
