"""The entry point of the command, which handles Ctrl-C before it imports the rest."""

import sys


def main() -> int:
    """Run the command and return its exit status."""
    try:
        from textcount import cli

        return cli.main()
    except KeyboardInterrupt:
        return 128 + 2


if __name__ == "__main__":
    sys.exit(main())
