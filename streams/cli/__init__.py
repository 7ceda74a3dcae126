"""The entry point of the command line. It checks first that Python imports Backstay's own packages."""

import sys


def main() -> None:
    """Run the command line; exit with an error if another project's package shadows one of ours."""
    from streams import alone
    from streams.errors import BadSettings

    try:
        alone.check_packages()
    except BadSettings as error:
        sys.stderr.write(f"backstay: {error}\n")
        sys.exit(error.exit_code)
    from streams.cli import commands

    commands.main()
