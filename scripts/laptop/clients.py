"""The clients with which the applied environment is read."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_cloudfront import CloudFrontClient
    from types_boto3_ecs import ECSClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_iam import IAMClient
    from types_boto3_kms import KMSClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_rds import RDSClient
    from types_boto3_route53 import Route53Client
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient

    from scripts.access import Access


@dataclass(frozen=True, kw_only=True)
class Clients:
    """One boto3 client per service, made when it is first asked for."""

    access: Access
    region: str

    def _client(self, service: Any) -> Any:
        return self.access.session(self.region).client(service, endpoint_url=self.access.endpoint)

    @functools.cached_property
    def cloudfront(self) -> CloudFrontClient:
        """Return the client of CloudFront."""
        client: CloudFrontClient = self._client("cloudfront")
        return client

    @functools.cached_property
    def ecs(self) -> ECSClient:
        """Return the client of ECS."""
        client: ECSClient = self._client("ecs")
        return client

    @functools.cached_property
    def elbv2(self) -> ElasticLoadBalancingv2Client:
        """Return the client of the load balancers."""
        client: ElasticLoadBalancingv2Client = self._client("elbv2")
        return client

    @functools.cached_property
    def iam(self) -> IAMClient:
        """Return the client of IAM."""
        client: IAMClient = self._client("iam")
        return client

    @functools.cached_property
    def kms(self) -> KMSClient:
        """Return the client of KMS."""
        client: KMSClient = self._client("kms")
        return client

    @functools.cached_property
    def logs(self) -> CloudWatchLogsClient:
        """Return the client of CloudWatch Logs."""
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @functools.cached_property
    def rds(self) -> RDSClient:
        """Return the client of RDS."""
        client: RDSClient = self._client("rds")
        return client

    @functools.cached_property
    def route53(self) -> Route53Client:
        """Return the client of Route 53."""
        client: Route53Client = self._client("route53")
        return client

    @functools.cached_property
    def s3(self) -> S3Client:
        """Return the client of S3."""
        client: S3Client = self._client("s3")
        return client

    @functools.cached_property
    def secretsmanager(self) -> SecretsManagerClient:
        """Return the client of Secrets Manager."""
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @functools.cached_property
    def sqs(self) -> SQSClient:
        """Return the client of SQS."""
        client: SQSClient = self._client("sqs")
        return client

    @functools.cached_property
    def ssm(self) -> SSMClient:
        """Return the client of Systems Manager."""
        client: SSMClient = self._client("ssm")
        return client

    @functools.cached_property
    def sts(self) -> STSClient:
        """Return the client of STS."""
        client: STSClient = self._client("sts")
        return client

    def key_arn(self, key: str | None) -> str | None:
        """Return the ARN of a key named by id, alias or ARN; None for a key that AWS manages itself."""
        if not key or key.startswith("alias/aws/"):
            return None
        return str(self.kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"])
