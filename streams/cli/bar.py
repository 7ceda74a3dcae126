"""A bar on the terminal for work that takes long; elsewhere nothing is shown."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from streams.progress import Progress


@contextmanager
def bar() -> Iterator[Progress]:
    """Show a bar on standard error while the context lasts; yield what moves it."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("starting", total=None)

        def show(stage: str, done: int, of: int) -> None:
            shown.update(task, description=stage, completed=done, total=of or None)

        yield show
