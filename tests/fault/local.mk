# fault/local.mk
