"""The choice of outputs that an endpoint wants. A filter is about the outputs that have what it is about."""

from collections.abc import Mapping
from typing import Any

from retention.policy import SEVERITIES
from streams.webhook_settings import EndpointSettings
from streams.webhooks.output import Output


def wants(endpoint: EndpointSettings, output: Output, standing: Mapping[str, str] | None = None) -> bool:
    """Report whether an endpoint wants an output. `standing` are the segments of its customer; None if not known.

    An opportunity has no severity, and a figure no signal: a filter by these does not leave them out. An output of a
    customer whose segments are not known yet is delivered: the loss of a signal is worse than one too many.
    """
    data = output.data
    return (
        _of_types(endpoint, output.type)
        and _among(endpoint.signals, data.get("signal", data.get("opportunity")))
        and _severe(endpoint, data.get("severity"))
        and _among(endpoint.editions, data.get("edition"))
        and _among(endpoint.metrics, data.get("metric"))
        and _among(endpoint.bands, data.get("band"))
        and _of_segments(endpoint, data, standing)
    )


def _of_types(endpoint: EndpointSettings, kind: str) -> bool:
    return kind in endpoint.types or f"{kind.partition('.')[0]}.*" in endpoint.types


def _among(wanted: tuple[str, ...], found: object) -> bool:
    return not wanted or found is None or found in wanted


def _severe(endpoint: EndpointSettings, found: object) -> bool:
    return found not in SEVERITIES or SEVERITIES.index(str(found)) >= SEVERITIES.index(endpoint.severity)


def _of_segments(endpoint: EndpointSettings, data: Mapping[str, Any], standing: Mapping[str, str] | None) -> bool:
    if not endpoint.segments:
        return True
    if "metric" in data:
        segment = data.get("segment") or {}
        return segment.get("value") in endpoint.segments.get(str(segment.get("by")), ())
    known = data["segments"] if isinstance(data.get("segments"), dict) else standing
    return known is None or all(known.get(by) in values for by, values in endpoint.segments.items())
