"""The entry point of the command line. It checks first that Python imports Backstay's own packages."""

import sys


def main() -> None:
    """Run the command line; exit with an error if another project's package shadows one of ours.

    Ctrl-C ends it without a traceback also while it imports what a command needs.
    """
    from streams import memory

    memory.begin()
    from streams import alone
    from streams.errors import BadSettings

    try:
        alone.check_packages()
        from streams.cli import commands
    except BadSettings as error:
        sys.stderr.write(f"backstay: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        commands.main()
    finally:
        memory.end()
