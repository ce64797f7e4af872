"""The runner against the real Terraform and provider: exit codes told apart, failures one sentence, signals passed on."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts import toolchain
from scripts.emulator import control
from scripts.operations import addresses
from scripts.terraform import Terraform, TerraformError
from tests.operations.conftest import BUCKET, SLOW

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e  # each of these starts Terraform and its provider several times


def s3(emulator: control.Emulator) -> Any:
    return boto3.client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=emulator.endpoint,
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",
    )


def test_the_life_of_a_root(terraform: Terraform, tmp_path: Path) -> None:
    """Plan tells change from no change, apply applies the saved plan alone, outputs and state are read back."""
    file = tmp_path / "plan"
    assert terraform.state() is None
    assert terraform.plan(file)
    assert terraform.show(file)["resource_changes"][0]["change"]["actions"] == ["create"]
    seen: list[str] = []
    terraform.apply(file, on_event=lambda event: seen.append(event["type"]))
    assert "apply_complete" in seen
    assert addresses(terraform.state()) == ({"aws_ssm_parameter.greeting"}, set())
    assert not terraform.plan(file)
    assert terraform.plan(file, destroy=True)
    terraform.apply(file)
    assert addresses(terraform.state()) == (set(), set())


def test_values_travel_in_the_environment(terraform: Terraform, tmp_path: Path) -> None:
    secret = dataclasses.replace(terraform, environment={**terraform.environment, "TF_VAR_greeting": "s3cret"})
    secret.plan(tmp_path / "plan")
    assert secret.show(tmp_path / "plan")["variables"]["greeting"]["value"] == "s3cret"


def test_a_plan_that_something_overtook_is_refused(terraform: Terraform, tmp_path: Path) -> None:
    terraform.plan(tmp_path / "first")
    terraform.plan(tmp_path / "second")
    terraform.apply(tmp_path / "first")
    with pytest.raises(TerraformError, match="Something else was applied since this plan was made"):
        terraform.apply(tmp_path / "second")


def test_a_held_lock_names_its_holder(terraform: Terraform, emulator: control.Emulator, tmp_path: Path) -> None:
    lock = {
        "ID": "3f0d6a52-1111-2222-3333-444455556666",
        "Operation": "OperationTypeApply",
        "Who": "ada@laptop",
        "Version": "1.11.4",
        "Created": "2026-11-23T20:00:00Z",
        "Path": f"{BUCKET}/test.tfstate",
    }
    s3(emulator).put_object(Bucket=BUCKET, Key="test.tfstate.tflock", Body=json.dumps(lock).encode())
    impatient = dataclasses.replace(terraform, lock_timeout="0s")
    with pytest.raises(TerraformError, match=r"ada@laptop, since 2026-11-23 20:00:00") as caught:
        impatient.plan(tmp_path / "plan")
    told = re.search(r"`(terraform force-unlock \S+)`", str(caught.value))
    assert told, "the sentence names the command that helps, and it does"
    subprocess.run(
        [str(toolchain.terraform()), *told.group(1).split()[1:2], "-force", told.group(1).split()[2]],
        cwd=terraform.folder,
        env={name: value for name, value in {**os.environ, **terraform.environment}.items() if value is not None},
        check=True,
    )
    assert impatient.plan(tmp_path / "plan")


def test_the_wrong_account_is_said_in_one_sentence(terraform: Terraform, tmp_path: Path) -> None:
    main = terraform.folder / "main.tf"
    main.write_text(main.read_text().replace('"123456789012"', '"999999999999"'))
    with pytest.raises(TerraformError, match="belong to account 123456789012"):
        terraform.plan(tmp_path / "plan")


def test_a_missing_state_bucket_names_bootstrap(terraform: Terraform) -> None:
    main = terraform.folder / "main.tf"
    main.write_text(main.read_text().replace(BUCKET, "gallery-not-there"))
    with pytest.raises(TerraformError, match=r"gallery-not-there does not exist yet: run `invoke bootstrap"):
        terraform.init(reconfigure=True)


def test_no_provider_and_no_network_is_said_in_one_sentence(terraform: Terraform, tmp_path: Path) -> None:
    rc = tmp_path / "empty.rc"
    rc.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}/none"\n  }}\n}}\n')
    bare = dataclasses.replace(terraform, environment={**terraform.environment, "TF_CLI_CONFIG_FILE": str(rc)})
    (terraform.folder / ".terraform").rename(tmp_path / "gone")
    with pytest.raises(TerraformError, match="The AWS provider could not be installed"):
        bare.init()


def test_an_emulator_that_died_is_said_in_one_sentence(
    terraform: Terraform, emulator: control.Emulator, tmp_path: Path
) -> None:
    control.stop(emulator.home)
    with pytest.raises(TerraformError, match="stopped answering"):
        terraform.plan(tmp_path / "plan")


def test_an_unknown_failure_keeps_terraforms_own_words(terraform: Terraform, tmp_path: Path) -> None:
    (terraform.folder / "wrong.tf").write_text('resource "aws_ssm_parameter" "wrong" {\n  nmae = "typo"\n}\n')
    with pytest.raises(TerraformError, match=r"Missing required argument|Unsupported argument") as caught:
        terraform.plan(tmp_path / "plan")
    assert caught.value.diagnostics
    assert "\n" not in str(caught.value)


def _applying(terraform: Terraform, plan: Path) -> subprocess.Popen[bytes]:
    """Apply in a process of its own, and wait until the slow resource is under way."""
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from scripts.terraform import InterruptedTerraformError, Terraform\n"
        "folder, logs, variables, plan = sys.argv[1:]\n"
        "terraform = Terraform(folder=Path(folder), logs=Path(logs), environment=json.loads(variables))\n"
        "try:\n"
        "    terraform.apply(Path(plan))\n"
        "except InterruptedTerraformError as error:\n"
        "    sys.exit(error.exit_code)\n"
    )
    arguments = [str(terraform.folder), str(terraform.logs), json.dumps(dict(terraform.environment)), str(plan)]
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=REPOSITORY)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for log in terraform.logs.glob("apply-*.log"):
            if '"aws_sqs_queue.slow: Creating..."' in log.read_text():
                return process
        time.sleep(0.1)
    process.kill()
    pytest.fail("the slow resource never began")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_us_lets_terraform_finish_what_it_began(
    number: signal.Signals, terraform: Terraform, tmp_path: Path
) -> None:
    """What is under way is finished and saved, nothing more is begun, the lock is free, and the next apply goes on."""
    (terraform.folder / "slow.tf").write_text(SLOW)
    plan = tmp_path / "plan"
    terraform.plan(plan)
    process = _applying(terraform, plan)
    process.send_signal(number)
    assert process.wait(timeout=90) == 130
    assert addresses(terraform.state())[0] == {"aws_ssm_parameter.greeting", "aws_sqs_queue.slow"}
    assert terraform.plan(plan)
    terraform.apply(plan)
    assert not terraform.plan(plan)


def test_terraform_outlives_us_and_saves_its_state(terraform: Terraform, tmp_path: Path) -> None:
    """A SIGKILL of the verb loses nothing: Terraform writes to a file, not to a pipe that broke (decision 7)."""
    (terraform.folder / "slow.tf").write_text(SLOW)
    plan = tmp_path / "plan"
    terraform.plan(plan)
    process = _applying(terraform, plan)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and len(addresses(terraform.state())[0]) < 3:
        time.sleep(2)
    patient = dataclasses.replace(terraform, lock_timeout="60s")
    assert not patient.plan(plan), "Terraform finished its apply by itself"
