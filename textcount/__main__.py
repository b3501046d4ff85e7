"""``python -m textcount``."""

import sys

from textcount.cli import main

sys.exit(main())
