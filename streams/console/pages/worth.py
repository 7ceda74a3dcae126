"""The page of signals: how often each was right, as a bar beside the mark of chance."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from markupsafe import Markup

from retention.policy import SEVERITIES
from retention.wording import Language
from schemas.outbound import Severity
from streams.console.documents import Signals, SignalWorth
from streams.console.pages.asking import UnknownWord
from streams.console.pages.charts.bars import Span, bar
from streams.console.pages.render import count
from streams.console.pages.words import said
from streams.console.pages.words.names import name_of

HORIZONS: Final = (30, 60, 90, 120, 180)
LEAST, MOST = 7, 365
"""Days within which a loss may make an alarm right."""


def asked(query: Mapping[str, str]) -> tuple[Severity, int]:
    """Return the severity and the horizon that an address asks for; raise `UnknownWord` for one that there is not."""
    severity, days = query.get("severity") or "medium", query.get("days") or "90"
    if severity not in SEVERITIES:
        raise UnknownWord("severity", severity, SEVERITIES)
    if not days.isdecimal() or len(days) > len(str(MOST)) or not LEAST <= int(days) <= MOST:
        raise UnknownWord("days", days, [f"{LEAST} – {MOST}"])
    return severity, int(days)


def shown(found: Signals, language: Language) -> dict[str, Any]:
    """Return what the template needs besides the document: the most often right first, then those of few alarms."""
    rows, bands = sorted(found.rows, key=_rank), [one for one in found.bands if one.raised]
    return {
        "found": found,
        "rows": rows,
        "bands": bands,
        "band_bars": [_bar(one) for one in bands],
        "days": lambda text: count("days", round(Fraction(text)), language),
        "bars": [_bar(one) for one in rows],
        "share_of": lambda part, whole: (
            None if not whole else str(Fraction(part, whole).limit_denominator(10**6).__float__())
        ),
        "selects": [
            {
                "label": said("signals.severity", language),
                "field": "severity",
                "options": [(one, name_of("severity", one, language)) for one in SEVERITIES],
                "chosen": found.severity,
            },
            {
                "label": said("signals.horizon", language),
                "field": "days",
                "options": [
                    (str(one), count("days", one, language)) for one in sorted({*HORIZONS, found.horizon_days})
                ],
                "chosen": str(found.horizon_days),
            },
        ],
    }


def _rank(row: SignalWorth) -> tuple[bool, Fraction, str]:
    return row.few, -Fraction(row.precision or 0), row.name


def _bar(row: SignalWorth) -> Markup:
    """Return the share of right alarms as a bar, with a line where chance is."""
    right = Fraction(row.precision) if row.precision is not None else Fraction(0)
    base = Fraction(row.base_rate) if row.base_rate is not None else None
    return bar([Span(Fraction(0), right, "level" if row.few or row.no_better_than_chance else "gain")], zero=base)
