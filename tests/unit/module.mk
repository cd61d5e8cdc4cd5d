# unit/module.mk
