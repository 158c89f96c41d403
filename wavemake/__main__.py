"""The console script: answers --version before anything heavier is imported."""

import sys

from wavemake import __version__


def main() -> None:
    """Run the command line; exits with the status documented in `wavemake --help`."""
    if sys.argv[1:] == ["--version"]:
        print(f"wavemake {__version__}")
        return
    from wavemake import cli

    cli.main()


if __name__ == "__main__":
    main()
