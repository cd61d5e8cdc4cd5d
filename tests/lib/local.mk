# lib/local.mk
EXTRA_DIST += %D%/make-checksum-tables.py
