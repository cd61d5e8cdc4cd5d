# unit/image.mk
