# conform/local.mk
