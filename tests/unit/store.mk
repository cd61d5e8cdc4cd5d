# unit/store.mk
