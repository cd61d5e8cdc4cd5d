# unit/config.mk
