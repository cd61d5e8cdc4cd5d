# module/local.mk
