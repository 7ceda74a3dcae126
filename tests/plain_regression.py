"""Logistic regression by Newton's method, in plain Python: the part of scikit-learn that `backstay learn` uses.

One test holds both against each other.
"""

import math
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

Rows = Sequence[Sequence[float]]


class LogisticRegression:
    """Minimises half the square of the weights, plus `C` times the logistic loss. The intercept is free."""

    def __init__(self, C: float = 1.0, solver: str = "newton-cholesky", max_iter: int = 100, tol: float = 1e-8) -> None:
        self.strictness, self.rounds, self.tol = C, max_iter, tol
        assert solver == "newton-cholesky"
        self.coef_: list[list[float]] = []
        self.intercept_: list[float] = []

    def fit(self, rows: Rows, lost: Sequence[bool]) -> "LogisticRegression":
        whole = [[1.0, *row] for row in rows]
        width = len(whole[0])
        weights = [0.0] * width
        for _ in range(self.rounds):
            slope = [0.0] * width
            curve = [[0.0] * width for _ in range(width)]
            for row, left in zip(whole, lost, strict=True):
                risk = 1 / (1 + math.exp(-_dot(weights, row)))
                bend = self.strictness * risk * (1 - risk)
                for place, value in enumerate(row):
                    if value:
                        slope[place] += self.strictness * (risk - left) * value
                        line, times = curve[place], bend * value
                        for other in range(place + 1):
                            line[other] += times * row[other]
            for place in range(1, width):
                slope[place] += weights[place]
                curve[place][place] += 1.0
            step = _solved(curve, slope)
            weights = [weight - change for weight, change in zip(weights, step, strict=True)]
            if max(map(abs, step)) < self.tol:
                break
        self.intercept_, self.coef_ = [weights[0]], [weights[1:]]
        return self

    def decision_function(self, rows: Rows) -> list[float]:
        return [self.intercept_[0] + _dot(self.coef_[0], row) for row in rows]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _solved(curve: list[list[float]], slope: list[float]) -> list[float]:
    """Return the step, by Cholesky's decomposition of the lower triangle."""
    width = len(slope)
    root = [[0.0] * width for _ in range(width)]
    for i in range(width):
        for j in range(i + 1):
            rest = curve[i][j] - _dot(root[i][:j], root[j][:j])
            root[i][j] = math.sqrt(max(rest, 1e-12)) if i == j else rest / root[j][j]
    half: list[float] = []
    for i in range(width):
        half.append((slope[i] - _dot(root[i][:i], half)) / root[i][i])
    found = [0.0] * width
    for i in reversed(range(width)):
        found[i] = (half[i] - sum(root[j][i] * found[j] for j in range(i + 1, width))) / root[i][i]
    return found


def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this regression in the place of scikit-learn's."""
    package: Any = ModuleType("sklearn")
    package.linear_model = ModuleType("sklearn.linear_model")
    package.linear_model.LogisticRegression = LogisticRegression
    monkeypatch.setitem(sys.modules, "sklearn", package)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", package.linear_model)
