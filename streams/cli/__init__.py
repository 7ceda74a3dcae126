"""The command line: what a person runs. Whether it is Backstay that runs is looked at before anything else."""

import sys


def main() -> None:
    """Run the command line, unless another project's package stands in the place of one of ours."""
    from streams import alone
    from streams.errors import BadSettings

    try:
        alone.check_packages()
    except BadSettings as error:
        sys.stderr.write(f"backstay: {error}\n")
        sys.exit(error.exit_code)
    from streams.cli import commands

    commands.main()
