"""AWS CodeBuild."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on


@mend(
    "codebuild", reason="A project whose source and artifacts come from CodePipeline is refused for want of a location."
)
def codepipeline_as_source() -> None:
    """Ask for a location only where the type has one."""
    import moto.codebuild.responses as responses

    for name in ("_validate_required_params_source", "_validate_required_params_artifacts"):
        moto = getattr(responses, name)

        def validate(part: dict[str, Any], moto: Any = moto) -> None:
            if part.get("type") not in {"CODEPIPELINE", "NO_SOURCE"}:
                moto(part)

        setattr(responses, name, validate)


@mend("codebuild", reason="DeleteProject by ARN, as Terraform deletes, answers success and leaves the project.")
def deletion_by_arn() -> None:
    """Delete a project by its name or its ARN."""
    from moto.codebuild.models import CodeBuildBackend

    @wrap_on(CodeBuildBackend)
    def delete_project(moto: Any, self: Any, project_name: str) -> None:
        moto(self, project_name.rsplit(":project/", 1)[-1])


@mend("codebuild", reason="CreateProject forgets the encryption key.")
def encryption_key() -> None:
    """Keep the key with the project."""
    from moto.codebuild.responses import CodeBuildResponse

    @wrap_on(CodeBuildResponse)
    def create_project(moto: Any, self: Any) -> Any:
        answer = moto(self)
        key = self._get_param("encryptionKey")
        if key:
            project = self.codebuild_backend.codebuild_projects[self._get_param("name")]
            project.project_metadata["encryptionKey"] = key
        return answer
