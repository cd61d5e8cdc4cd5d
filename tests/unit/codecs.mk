# unit/codecs.mk
