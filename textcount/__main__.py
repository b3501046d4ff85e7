"""The entry point of the command, here so that Ctrl-C is silent from the start."""

import sys


def main() -> int:
    """Run the command and give its exit status."""
    try:
        from textcount import cli

        return cli.main()
    except KeyboardInterrupt:
        return 128 + 2


if __name__ == "__main__":
    sys.exit(main())
