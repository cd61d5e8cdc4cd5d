# unit/transfer.mk
