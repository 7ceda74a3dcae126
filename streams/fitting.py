"""Fits a model to the first part of a history, and judges it by the last one. The only module that needs scikit-learn.

    first part     logistic regression, as strict as customers that it does not see say; calibrated by those, too
    last part      how it fares: beside recency alone, a regression on recency, frequency and money, and the rules

Weights are rounded to thousandths, and what is judged is the rounded model, by the arithmetic of a worker. So the same
log gives the same file.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from retention.fitted import MILLI, Model, Weighed
from retention.risk.arithmetic import STEPS
from retention.risk.factors import EVIDENCE, NAMES, OF_SIGNAL
from retention.risk.judgement import log_odds, risk_by
from schemas.outbound import Band
from streams.cases import Labelled, folds_of
from streams.errors import BadSettings
from streams.extras import missing

STRICTNESS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""How freely weights may differ from 0: the inverse of the penalty."""
FOLDS: Final = 5
HALF: Final = STEPS // 2
"""Of customers of the band high, at least half are lost."""
TIMES_BASE: Final = 3
"""Of customers of the band medium, at least three times as many as of all."""
_FREE: Final = 1e6
_HARDLY_STRICT: Final = 1_000.0
"""Of columns that are in units of their spread: just enough for those that say the same."""
_SLOPES: Final = (0.2, 2.0)
"""A calibration outside of that was fitted to chance: the model stays as it is."""
_MOST_WEIGHT: Final = 50.0

Matrix = list[list[float]]


class Fitted(NamedTuple):
    """A model, and the plain regression on recency, frequency and money, as a function of a case."""

    model: Model
    plain: Callable[[Labelled], float]


def fitted(trained: Sequence[Labelled], basis: str, horizon_days: int) -> Fitted:
    """Return a model of the first part of a history; raise `BadSettings` if scikit-learn is missing."""
    regression = _regression()
    columns = _columns(trained)
    rows: Matrix = [[one.case.values[place] / MILLI for place in columns] for one in trained]
    lost, folds = [one.lost for one in trained], folds_of(trained, FOLDS)
    strictness, unseen = _chosen(regression, rows, lost, folds)
    found = regression(C=strictness, solver="newton-cholesky", max_iter=200, tol=1e-8).fit(rows, lost)
    slope, offset = _calibration(regression, unseen, lost)
    factors = tuple(
        [
            Weighed(NAMES[place], weight, _usual(NAMES[place], trained, place))
            for place, raw in zip(columns, found.coef_[0], strict=True)
            if (weight := _thousandths(raw))
        ]
    )
    model = Model(
        "",
        basis,
        horizon_days,
        _thousandths(found.intercept_[0]),
        factors,
        _thousandths(slope),
        _thousandths(offset),
        *_bounds(lost),
    )
    return Fitted(model, _plain(regression, trained))


def require_package() -> None:
    """Raise `BadSettings` if scikit-learn is missing: before a history is replayed, which takes a while."""
    _regression()


def _regression() -> Any:  # noqa: ANN401 - a class of a package without types
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise BadSettings(f"{missing('learning', 'learn')}. Workers do not need them") from error
    return LogisticRegression


def _columns(cases: Sequence[Labelled]) -> list[int]:
    """Return the factors that differ between any two cases."""
    first = cases[0].case.values
    return [place for place in range(len(NAMES)) if any(one.case.values[place] != first[place] for one in cases)]


def _thousandths(value: float) -> int:
    return round(max(-_MOST_WEIGHT, min(_MOST_WEIGHT, float(value))) * MILLI)


def _usual(name: str, cases: Sequence[Labelled], place: int) -> int:
    """Return the mean value of a factor; of signals 0, so that one that is not open is no reason."""
    if name == EVIDENCE or name.startswith(OF_SIGNAL):
        return 0
    return sum(one.case.values[place] for one in cases) // len(cases)


def _bounds(lost: Sequence[bool]) -> tuple[int, int]:
    """Return the risks from which on a customer is in the bands medium and high."""
    base = STEPS * sum(lost) // len(lost)
    return min(HALF, TIMES_BASE * base), HALF


def _chosen(regression: Any, rows: Matrix, lost: list[bool], folds: list[int]) -> tuple[float, list[float]]:  # noqa: ANN401 - as above
    """Return the strictness whose models judge customers best that they have not seen, and those judgements."""
    best = (math.inf, STRICTNESS[0], list[float]())
    for strictness in STRICTNESS:
        unseen = _unseen(regression, rows, lost, folds, strictness)
        best = min(best, (_log_loss(unseen, lost), strictness, unseen))
    return best[1], best[2]


def _unseen(regression: Any, rows: Matrix, lost: list[bool], folds: list[int], strictness: float) -> list[float]:  # noqa: ANN401 - as above
    """Return the log-odds of each case by a model of the customers of all other folds."""
    found = [0.0] * len(rows)
    for fold in sorted(set(folds)):
        others = [place for place, one in enumerate(folds) if one != fold]
        own = [place for place, one in enumerate(folds) if one == fold]
        if len({lost[place] for place in others}) == 1:
            continue
        one = regression(C=strictness, solver="newton-cholesky", max_iter=200, tol=1e-8)
        one.fit([rows[place] for place in others], [lost[place] for place in others])
        for place, odds in zip(own, one.decision_function([rows[place] for place in own]), strict=True):
            found[place] = float(odds)
    return found


def _log_loss(odds: Sequence[float], lost: Sequence[bool]) -> float:
    return sum(math.log1p(math.exp(-one if left else one)) for one, left in zip(odds, lost, strict=True)) / len(odds)


def _calibration(regression: Any, unseen: Sequence[float], lost: list[bool]) -> tuple[float, float]:  # noqa: ANN401 - as above
    """Return slope and offset by which log-odds of unseen customers become what they turned out to be (Platt)."""
    one = regression(C=_FREE, solver="newton-cholesky", max_iter=200, tol=1e-8).fit([[odds] for odds in unseen], lost)
    slope, offset = float(one.coef_[0][0]), float(one.intercept_[0])
    return (slope, offset) if _SLOPES[0] <= slope <= _SLOPES[1] else (1.0, 0.0)


def _plain(regression: Any, trained: Sequence[Labelled]) -> Callable[[Labelled], float]:  # noqa: ANN401 - as above
    """Return the log-odds by a regression on recency, frequency and money alone, of the same cases."""
    rows = [_rfm(one) for one in trained]
    columns = [place for place in range(len(rows[0])) if len({row[place] for row in rows}) > 1]
    if not columns:
        return _same_for_all
    scales = [_scale([row[place] for row in rows]) for place in columns]
    one = regression(C=_HARDLY_STRICT, solver="newton-cholesky", max_iter=200, tol=1e-8)
    one.fit([_scaled(row, columns, scales) for row in rows], [case.lost for case in trained])
    weights = [float(weight) for weight in one.coef_[0]]

    def odds(case: Labelled) -> float:
        return math.fsum(w * v for w, v in zip(weights, _scaled(_rfm(case), columns, scales), strict=True))

    return odds


def _same_for_all(_case: Labelled) -> float:
    return 0.0


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean of values and their spread."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _scaled(row: list[float], columns: list[int], scales: list[tuple[float, float]]) -> list[float]:
    return [(row[place] - mean) / spread for place, (mean, spread) in zip(columns, scales, strict=True)]


def _rfm(one: Labelled) -> list[float]:
    """Return recency, frequency and money, as they are and by their logarithms."""
    found = (one.case.recency, one.case.frequency, one.case.money)
    return [*map(float, found), *[math.log1p(max(0, value)) for value in found]]


# Judging


class InBand(NamedTuple):
    """The cases of a band, and how many of them were lost."""

    cases: int
    lost: int


class Fared(NamedTuple):
    """The figures of a model in the last part: areas under the curve by what is judged with, Brier score, bands."""

    auc: dict[str, float]
    brier: float
    brier_of_base: float
    bands: dict[Band, InBand]


def fares(found: Fitted, judged: Sequence[Labelled]) -> Fared:
    """Return how a model fares on cases that it has not seen."""
    model, lost = found.model, [one.lost for one in judged]
    risks = [risk_by(model, one.case.values) for one in judged]
    base = sum(lost) / len(lost)
    return Fared(
        {
            "model": auc([log_odds(model, one.case.values) for one in judged], lost),
            "recency": auc([one.case.recency for one in judged], lost),
            "recency-frequency-money": auc([found.plain(one) for one in judged], lost),
            "rules": auc([one.case.rules for one in judged], lost),
        },
        _brier([risk / STEPS for risk in risks], lost),
        base * (1 - base),
        _bands(model, risks, lost),
    )


def auc(scores: Sequence[float], lost: Sequence[bool]) -> float:
    """Return how probable it is that of one lost and one that stays, the lost one has the higher score; half if equal.

    >>> auc([1, 2, 3, 3], [False, True, False, True])
    0.625
    """
    ordered = sorted(range(len(scores)), key=lambda place: scores[place])
    ranks, place = [0.0] * len(scores), 0
    while place < len(ordered):
        same = place
        while same < len(ordered) and scores[ordered[same]] == scores[ordered[place]]:
            same += 1
        for one in ordered[place:same]:
            ranks[one] = (place + same + 1) / 2
        place = same
    number = sum(lost)
    if not 0 < number < len(lost):
        return 0.5
    above = sum(rank for rank, left in zip(ranks, lost, strict=True) if left) - number * (number + 1) / 2
    return above / (number * (len(lost) - number))


def _brier(risks: Iterable[float], lost: Sequence[bool]) -> float:
    return sum((risk - left) ** 2 for risk, left in zip(risks, lost, strict=True)) / len(lost)


def _bands(model: Model, risks: Sequence[int], lost: Sequence[bool]) -> dict[Band, InBand]:
    found: dict[Band, InBand] = {}
    bounds: tuple[tuple[Band, int, int], ...] = (
        ("high", model.high_from, STEPS + 1),
        ("medium", model.medium_from, model.high_from),
        ("low", 0, model.medium_from),
    )
    for band, first, last in bounds:
        inside = [left for risk, left in zip(risks, lost, strict=True) if first <= risk < last]
        found[band] = InBand(len(inside), sum(inside))
    return found
