"""network.py: what a file system stands in, made on moto with boto3: a VPC with two subnets, the group of the nodes, a key with an alias.

    net = network.Network(server, "us-east-1")
    net.vpc, net.subnets, net.nodes, net.key
"""


class Network:
    def __init__(self, server, region):
        self.ec2, kms = (server.client(name, region_name=region) for name in ("ec2", "kms"))
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=self.tags("vpc", "prod"))["Vpc"]["VpcId"]
        self.subnets = [self.subnet("private-" + zone, number, region + zone) for number, zone in enumerate("ac")]
        self.nodes = self.group("eks-node")
        self.key = kms.create_key()["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName="alias/efs", TargetKeyId=self.key)

    @staticmethod
    def tags(kind, name):
        return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]

    def subnet(self, name, number, zone, vpc=None):
        return self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock="10.0.%d.0/24" % number, AvailabilityZone=zone, TagSpecifications=self.tags("subnet", name))["Subnet"]["SubnetId"]

    def group(self, name):
        return self.ec2.create_security_group(GroupName=name, Description="test", VpcId=self.vpc, TagSpecifications=self.tags("security-group", name))["GroupId"]
