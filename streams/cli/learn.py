"""`backstay learn`: fit the risk to a history, judge it by the last part, and write a file that people can read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from retention.fitted import Model
from retention.risk.arithmetic import STEPS
from streams.cases import History, Labelled, Parts, customers_of, day_of, parted, spans_of
from streams.cli.options import config_options, settings_from, source_option
from streams.cli.words import advised
from streams.fitting import Fared, fares, fitted, require_package
from streams.learning import EVERY_DAYS, WARM_UP_DAYS, replayed
from streams.model_file import Table, written
from streams.tables import print_line
from streams.writing import require_writable, writing


@click.command()
@click.argument(
    "files", metavar="LOG…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write, in TOML.")
@click.option(
    "--every",
    "every_days",
    default=EVERY_DAYS,
    show_default=True,
    type=click.IntRange(1, 90),
    help="Days between two instants at which all customers are assessed.",
)
@click.option(
    "--warm-up",
    "warm_up_days",
    default=WARM_UP_DAYS,
    show_default=True,
    type=click.IntRange(0, 3_650),
    help="Days at the beginning of the history that are not learned from.",
)
@source_option
@config_options
def learn(
    files: tuple[Path, ...],
    out: Path,
    every_days: int,
    warm_up_days: int,
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Fit the risk that a customer leaves to LOG, logs of events as `backstay replay` reads them.

    Losses are those on the basis metrics.basis, within risk.horizon_days. The last part of the history is not learned
    from: it shows how good the model is. Name the file in the setting risk.model. This needs the extra
    `backstay[learn]`; workers do not.
    """
    settings = settings_from(config, (*overrides, *_WITHOUT_MODEL), source)
    require_writable(out, *files, *[file for file in (config,) if file is not None])
    require_package()
    policy, names = settings.policy(), ", ".join(file.name for file in files)
    with advised(files, settings):
        history = replayed(files, settings, every_days, warm_up_days)
    parts = parted(history, settings.risk.horizon_days, every_days, names, warm_up_days)
    found = fitted(parts.trained, policy.basis, settings.risk.horizon_days)
    fared = fares(found, parts.judged)
    with writing(out):
        out.write_text(written(found.model, tables(history, parts, fared), _about(names)), encoding="utf-8")
    console = Console(highlight=False)
    for line in report(found.model, parts, fared, out):
        print_line(console, line)


_WITHOUT_MODEL: Final = ("risk.model=",)
"""A model that no longer fits is no reason not to learn it again."""


def _about(names: str) -> str:
    return (
        f"The risk that a customer leaves, learned from {names}.\n"
        "How it fared is in [judged], on a part of the history that it was not learned from.\n"
        "Its digest is on each card."
    )


def tables(history: History, parts: Parts, fared: Fared) -> Mapping[str, Table]:
    """Return the figures about a model that its file contains."""
    return {
        "history": {"first": day_of(history.first), "last": day_of(history.last), "events": history.events},
        "trained": _counts(parts.trained),
        "judged": _counts(parts.judged)
        | {f"auc_{name.replace('-', '_')}": value for name, value in fared.auc.items()}
        | {"brier": fared.brier, "brier_of_base_rate": fared.brier_of_base}
        | {f"{band}_{what}": number for band, one in fared.bands.items() for what, number in one._asdict().items()},
    }


def _counts(cases: Sequence[Labelled]) -> dict[str, int | str | float]:
    first, last = spans_of(cases)
    return {
        "first": first,
        "last": last,
        "cases": len(cases),
        "losses": sum(one.lost for one in cases),
        "customers_lost": customers_of(cases, lost=True),
    }


def report(model: Model, parts: Parts, fared: Fared, out: Path) -> Iterator[str]:
    """Yield what is printed about a model."""
    base = sum(one.lost for one in parts.judged) / len(parts.judged)
    yield (
        f"{out}: {len(model.factors)} factors, learned from {len(parts.trained):,} cases "
        f"({' to '.join(spans_of(parts.trained))}), judged by {len(parts.judged):,} later ones "
        f"({' to '.join(spans_of(parts.judged))}) of which {base:.1%} were lost within {model.horizon_days} days"
    )
    yield "AUC on them: " + ", ".join(f"{name} {value:.3f}" for name, value in fared.auc.items())
    yield f"Brier score {fared.brier:.4f}; of the base rate alone {fared.brier_of_base:.4f}"
    for band, one in fared.bands.items():
        since = {"high": f", from {model.high_from / STEPS:.4f}", "medium": f", from {model.medium_from / STEPS:.4f}"}
        share = f"{one.lost / one.cases:.1%}" if one.cases else "–"
        yield f"{band}{since.get(band, '')}: {one.cases:,} cases, {share} of them lost"
    if fared.auc["model"] <= max(value for name, value in fared.auc.items() if name != "model"):
        yield "warning: a plainer judgement orders these customers as well: a longer history may help"
    high = fared.bands["high"]
    if high.cases and 2 * high.lost < high.cases:
        yield "warning: of the band high, fewer than half were lost: it promises more than this history has shown"
    yield f"To use it: risk.model = '{out}'"
