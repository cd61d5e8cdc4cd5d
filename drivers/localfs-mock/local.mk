# drivers/localfs-mock
