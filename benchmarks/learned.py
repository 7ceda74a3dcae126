"""The worth of a fitted risk on simulated companies whose leavers are known, beside plainer judgements. No Kafka.

    python -m benchmarks.learned [--kinds saas shop b2b] [--seeds 1 2 3] [--customers 400] [--days 548]
                                 [--horizon-days 90] [--out DIR]

Of each company a model is learned from the first part of its history, and judged by the last part, as `backstay learn`
does. One line for each company, one for all of a kind together, and one in which each is judged by the models of the
others, of which none has seen it. `look_us` is what a look at one customer takes of a processor at midnight.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from retention.risk.judgement import is_at_risk, log_odds
from retention.risk.scene import HEARD
from streams.cases import Labelled, Parts, parted
from streams.companies import KINDS
from streams.companies.base import Company, Kind
from streams.fitting import Fared, Fitted, auc, fares, fitted
from streams.learning import EVERY_DAYS, WARM_UP_DAYS, Replay, kinds_and_events
from streams.model_file import written
from streams.setting_sources import read_settings

START: Final = datetime(2024, 1, 1, tzinfo=UTC)


class Learned:
    """One company, and what was learned of it."""

    def __init__(self, kind: Kind, seed: int, customers: int, days: int, horizon: int) -> None:
        self.kind, self.seed = kind, seed
        settings = read_settings(None, {"metrics.basis": kind.basis, "risk.horizon_days": str(horizon)})
        policy = settings.policy()
        replay = Replay(policy, EVERY_DAYS, WARM_UP_DAYS)
        with TemporaryDirectory() as folder:
            log = Path(folder) / "log.jsonl"
            with log.open("wb") as file:
                company = Company(kind, seed, START, days, customers)
                file.writelines(arrival.line() + b"\n" for arrival in company.history())
            for name, text in kinds_and_events([log]):
                replay.take(name, text)
        history = replay.end()
        self.parts: Parts = parted(history, horizon, EVERY_DAYS, f"{kind.name}-{seed}", WARM_UP_DAYS)
        self.found: Fitted = fitted(self.parts.trained, kind.basis, horizon)
        self.fared: Fared = fares(self.found, self.parts.judged)
        self.look_us = _look_us(replay, settings, self.found)

    def by(self, other: "Learned") -> float:
        """Return the area under the curve of another company's model on this one's last part."""
        judged = self.parts.judged
        return auc([log_odds(other.found.model, one.case.values) for one in judged], [one.lost for one in judged])


def _look_us(replay: Replay, settings: Any, found: Fitted) -> float:  # noqa: ANN401 - the settings
    policy = replace(settings.policy(), model=found.model, medium_from=found.model.medium_from)
    store, at = replay.store, replay.history.last
    names = store.names()
    begun = time.process_time()
    for name in names:
        is_at_risk(store.look(name), at, policy, HEARD)
    return (time.process_time() - begun) / len(names) * 1e6


def _line(one: Learned) -> dict[str, Any]:
    judged = one.parts.judged
    return {
        "trained": len(one.parts.trained),
        "judged": len(judged),
        "base": _share(sum(case.lost for case in judged), len(judged)),
        "auc": {name: round(value, 3) for name, value in one.fared.auc.items()},
        "brier": f"{one.fared.brier:.4f} of {one.fared.brier_of_base:.4f}",
        "bands": {band: _share(inside.lost, inside.cases) for band, inside in one.fared.bands.items()},
        "medium_from": one.found.model.medium_from / 10_000,
        "look_us": round(one.look_us),
    }


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part}/{whole})" if whole else "–"


def _pooled(each: Sequence[Learned]) -> dict[str, Any]:
    """Return the mean areas under the curve, and the bands of all companies together."""
    mean: dict[str, float] = defaultdict(float)
    bands: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in each:
        for name, value in one.fared.auc.items():
            mean[name] += value / len(each)
        for band, inside in one.fared.bands.items():
            bands[band][0] += inside.lost
            bands[band][1] += inside.cases
    judged: list[Labelled] = [case for one in each for case in one.parts.judged]
    across = [one.by(other) for one in each for other in each if other is not one]
    return {
        "base": _share(sum(case.lost for case in judged), len(judged)),
        "mean_auc": {name: round(value, 3) for name, value in mean.items()},
        "mean_auc_by_models_of_others": round(sum(across) / len(across), 3) if across else None,
        "bands": {band: _share(*both) for band, both in bands.items()},
    }


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--days", type=int, default=548)
    parser.add_argument("--horizon-days", type=int, default=90)
    parser.add_argument("--out", type=Path, help="folder for the files of the models")
    chosen = parser.parse_args()
    for name in chosen.kinds:
        each: list[Learned] = []
        for seed in chosen.seeds:
            one = Learned(KINDS[name], seed, chosen.customers, chosen.days, chosen.horizon_days)
            each.append(one)
            print(json.dumps({"kind": name, "seed": seed, **_line(one)}, ensure_ascii=False), flush=True)
            if chosen.out is not None:
                (chosen.out / f"{name}-{seed}.toml").write_text(written(one.found.model, {}), encoding="utf-8")
        print(json.dumps({"kind": name, "seeds": chosen.seeds, **_pooled(each)}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
