etcdir = $(larderdatadir)/etc
profilesdir = $(etcdir)/profiles
EXTRA_DIST += etc/kubernetes/Containerfile
dist_etc_DATA = etc/larder.ini
dist_profiles_DATA = etc/profiles/aws.ini etc/profiles/minio.ini etc/profiles/mock.ini
pricesdir = $(etcdir)/prices
dist_prices_DATA = etc/prices/aws-ap-northeast-2.ini
dist_man_MANS += doc/man/larder.ini.5
