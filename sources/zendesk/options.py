"""The settings `[sources.zendesk]`."""

from typing import Literal

from pydantic import SecretStr

from sources.base import Options


class ZendeskOptions(Options):
    """Settings of the source `zendesk`."""

    customer: Literal["requester_id", "organization_id", "external_id"] = "requester_id"
    """Who a customer is: the person who asks, the organization (then the person is `user_id`), or what the company
    wrote into the external id of the ticket."""
    topics: dict[str, str] = {}
    """Topics of tickets by their tags, or by the value of `topic_field`; of several the first in this order."""
    topic_field: str | int | None = None
    """The id of the custom field whose value is the topic of a ticket. Only exports have custom fields: in webhooks
    a drop-down field shows as a tag."""
    texts: bool = True
    """Whether subject and description of a ticket are read for its topic and sentiment. They are never stored."""
    escalation_groups: tuple[str | int, ...] = ()
    """Ids of the groups to which a ticket is escalated when it is assigned to one of them."""
    bots: tuple[str | int, ...] = ()
    """Ids of the users whose comments are automatic: Zendesk does not say so itself."""
    pseudonym_key: SecretStr | None = None
    """Secret key by which e-mail addresses become pseudonyms, where they are external ids; unset:
    `privacy.pseudonym_key`."""
