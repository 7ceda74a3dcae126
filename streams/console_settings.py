"""The settings of the console, and what makes it safe to be reached from other machines."""

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from streams.hosts import checked
from streams.setting_types import Listed, Section

Role = Literal["see", "act", "forget"]
"""What a person may do: look; take data away and report what became of actions; erase customers. None includes another,
but that each may look."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)
LEAST_TOKEN: Final = 20
"""Characters of a token: one of random letters of that length cannot be guessed."""
MOST_TOKENS: Final = 100
_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}$"


def _lowered(value: object) -> object:
    """Read names of variables as they are meant: the environment writes TOKENS__ANNA."""
    return {str(name).lower(): said for name, said in value.items()} if isinstance(value, dict) else value


def _known_roles(value: tuple[str, ...]) -> tuple[str, ...]:
    for role in value:
        if role not in ROLES:
            raise ValueError(f"{role!r} is no role: write {', '.join(ROLES)}")
    return value


class TokenSettings(Section):
    """A token, and what may be done with it. It is given here or in a file, which is read at start."""

    token: SecretStr | None = Field(None, description="the token; best set in the environment")
    token_file: Path | None = Field(None, description="file that holds the token, and nothing else")
    roles: Listed = Field(("see",), min_length=1, description="what it allows: see, act, forget")

    _are_known = field_validator("roles")(_known_roles)

    @field_validator("token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and 0 < len(value.get_secret_value()) < LEAST_TOKEN:
            raise ValueError(f"shorter than {LEAST_TOKEN} characters: take one of `openssl rand -hex 24`")
        return value if value is not None and value.get_secret_value() else None

    @model_validator(mode="after")
    def _not_both(self) -> "TokenSettings":
        if self.token is not None and self.token_file is not None:
            raise ValueError("token and token_file are both set: which of them counts? Remove one")
        return self


class ConsoleSettings(Section):
    """The console: where it listens, who may look, and where its store is."""

    host: str = Field("127.0.0.1", description="address to listen on; any but loopback needs tokens or a proxy")
    port: int = Field(6068, ge=0, le=65_535, description="0 takes any free port")
    allowed_hosts: Listed = Field(
        (),
        max_length=50,
        description="names that it answers for besides console.host and loopback, as console.example.com",
    )
    dir: Path | None = Field(
        None, description="folder for the store, which is personal data; unset: in memory, and read again at each start"
    )
    tokens: Annotated[dict[Annotated[str, Field(pattern=_NAME)], TokenSettings], BeforeValidator(_lowered)] = Field(
        default_factory=dict,
        max_length=MOST_TOKENS,
        description="who may sign in, by name, as in tokens.anna.token; `audit` records the name",
    )
    cert_file: Path | None = Field(None, description="certificate for TLS")
    key_file: Path | None = Field(None, description="private key of the certificate")
    proxy_header: str | None = Field(
        None, pattern=r"^[A-Za-z][A-Za-z0-9-]{0,62}$", description="header in which a proxy of yours names the person"
    )
    proxy_addresses: Listed = Field(
        (), max_length=50, description="addresses or networks of that proxy; the header is believed from no others"
    )
    proxy_roles: Listed = Field(("see",), min_length=1, description="what a person named by the proxy may do")
    keep_days: int = Field(400, ge=1, le=3_650, description="days of event time after which records are deleted")
    owner: str = Field("owner", description="the segment that names who looks after a customer")
    horizon_days: int = Field(90, ge=7, le=365, description="days within which a loss makes an alarm right")

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(checked, value))

    @field_validator("proxy_addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ipaddress.ip_network(one, strict=False)
            except ValueError as error:
                raise ValueError(f"{one!r} is no address and no network: write 10.0.0.7 or 10.0.0.0/8") from error
        return value

    _are_known = field_validator("proxy_roles")(_known_roles)

    @model_validator(mode="after")
    def _together(self) -> "ConsoleSettings":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together: set both, or neither")
        if (self.proxy_header is None) != (not self.proxy_addresses):
            raise ValueError("proxy_header and proxy_addresses belong together: set both, or neither")
        return self
