# abi/local.mk
