"""The settings `[registry]`: where the schemas of records in Avro, Protobuf and JSON Schema are."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streams.setting_types import Section


class RegistrySettings(Section):
    """A schema registry with the interface of Confluent's."""

    url: str | None = Field(
        None, pattern=r"^https?://[^\s?#]+$", description="URL of the registry; unset: no record is framed"
    )
    username: str | None = Field(None, pattern="^[^:]+$", description="user of the registry, or the key of its API")
    password: SecretStr | None = Field(None, description="password of that user, or the secret of the key")
    token: SecretStr | None = Field(None, description="bearer token, in place of a user")
    ca_file: Path | None = Field(None, description="certificates that sign the registry's, in PEM; unset: the system's")
    timeout: float = Field(10.0, gt=0, le=30, description="seconds to wait for an answer of the registry")
    descriptors: Path | None = Field(
        None,
        description="a FileDescriptorSet, as protoc --include_imports --descriptor_set_out writes it, for a registry "
        "that has no descriptors of Protobuf (format=serialized)",
    )

    @field_validator("url")
    @classmethod
    def _without_user(cls, value: str | None) -> str | None:
        if value is not None and "@" in value.partition("//")[2].partition("/")[0]:
            raise ValueError("a user does not stand in the URL: set registry.username and registry.password")
        return value.rstrip("/") if value is not None else None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together: set both, or neither")
        if self.token is not None and self.username is not None:
            raise ValueError("set either token, or username and password")
        if self.url is None and self.model_fields_set - {"url", "timeout"}:
            raise ValueError("url is missing: the registry to ask")
        return self
