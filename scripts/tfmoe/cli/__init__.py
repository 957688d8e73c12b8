"""The command `tfmoe`: a trained mixture applied from the command line."""

import sys


def main() -> None:
    """Run the command; the entry point of the package.

    Ctrl-C ends it with one line even while its modules are still being imported.
    """
    try:
        from tfmoe.cli.app import app
        from tfmoe.cli.shell import run

        run(app)
    except KeyboardInterrupt:
        sys.stderr.write("tfmoe: interrupted\n")
        sys.exit(130)
