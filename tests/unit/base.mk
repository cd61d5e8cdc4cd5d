# unit/base.mk
