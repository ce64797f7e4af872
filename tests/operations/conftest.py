"""A small root on an embedded AWS of its own: what the runner and the operations do to it is real, and takes seconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import environments, operations
from scripts.emulator import control
from scripts.terraform import Terraform

ACCOUNT = "123456789012"
BUCKET = "gallery-test-state"
ROOT = """
terraform {{
  required_version = ">= 1.11"
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }}
  }}
  backend "s3" {{
    bucket       = "{bucket}"
    key          = "test.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }}
}}

provider "aws" {{
  region              = "eu-west-1"
  allowed_account_ids = ["{account}"]
  max_retries         = 1
}}

variable "greeting" {{
  default = "hello"
}}

resource "aws_ssm_parameter" "greeting" {{
  name  = "/test/greeting"
  type  = "String"
  value = var.greeting
}}
"""
SLOW = """
resource "aws_sqs_queue" "slow" {
  name       = "slow"
  depends_on = [aws_ssm_parameter.greeting]
}

resource "aws_ssm_parameter" "last" {
  name       = "/test/last"
  type       = "String"
  value      = "last"
  depends_on = [aws_sqs_queue.slow]
}
"""
"""A queue takes the provider 25 s: time to interrupt it. What depends on it shows whether more was begun."""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[control.Emulator]:
    """Start an embedded AWS with a state bucket in it, and stop it afterwards."""
    home = tmp_path / "emulator"
    found = control.start(home, account_id=ACCOUNT)
    found.seed_bucket(BUCKET)
    yield found
    control.stop(home)


@pytest.fixture
def terraform(emulator: control.Emulator, tmp_path: Path) -> Terraform:
    """Return an initialised Terraform in the small root."""
    folder = tmp_path / "terraform" / "envs" / "test"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(ROOT.format(bucket=BUCKET, account=ACCOUNT))
    local = environments.find("local").root
    shutil.copyfile(local / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
    made = Terraform(folder=folder, logs=tmp_path / "logs", environment=operations.emulated(emulator).variables)
    made.init()
    return made
