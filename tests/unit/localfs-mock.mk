# unit/localfs-mock.mk
