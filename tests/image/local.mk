# image/local.mk
