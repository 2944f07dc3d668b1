"""AT948: the mocks of single services that moto 5 removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.removed_names import Removed, removed_names
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_SINCE = ("moto", "5.0")
_SERVICES = """
    acm acmpca all amp apigateway apigatewaymanagementapi apigatewayv2 appconfig
    applicationautoscaling appsync athena autoscaling backup batch budgets ce cloudformation
    cloudfront cloudtrail cloudwatch codebuild codecommit codepipeline cognitoidentity
    cognitoidp comprehend config databrew datapipeline datasync dax dms ds dynamodb dynamodb2
    dynamodbstreams ebs ec2 ec2instanceconnect ecr ecs efs eks elasticache elasticbeanstalk
    elastictranscoder elb elbv2 emr emrcontainers emrserverless es events firehose forecast
    glacier glue greengrass guardduty iam identitystore inspector2 iot iotdata ivs kinesis
    kinesisvideo kinesisvideoarchivedmedia kms lakeformation lambda logs managedblockchain
    mediaconnect medialive mediapackage mediastore mediastoredata meteringmarketplace mq neptune
    opensearch opsworks organizations panorama personalize pinpoint polly quicksight ram rds
    rdsdata redshift redshiftdata rekognition resourcegroups resourcegroupstaggingapi robomaker
    route53 route53resolver s3 s3control sagemaker sagemakerruntime scheduler sdb secretsmanager
    servicediscovery servicequotas ses sesv2 signer sns sqs ssm ssoadmin stepfunctions sts
    support swf textract timestreamwrite transcribe wafv2 xray
"""
_SIMPLE = "use mock_aws(config={{'{0}': {{'use_docker': False}}}})"
_REMOVED = Removed(
    "was removed from moto",
    {f"moto.mock_{service}": "moto.mock_aws" for service in _SERVICES.split()},
    {
        "moto.mock_batch_simple": _SIMPLE.format("batch"),
        "moto.mock_lambda_simple": _SIMPLE.format("lambda"),
        "moto.mock_xray_client": "import it from moto.xray",
    },
    _SINCE,
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from removed_names(project, source, RULE.code, _REMOVED)


RULE = Rule(
    code="AT948",
    name="moto-services",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"\bmoto\b",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"\bmock_(?!aws\b)").search,
    alone=True,
    expects=("AttributeError", "ImportError"),
    libraries=("moto",),
    broken_since=(_SINCE,),
)
