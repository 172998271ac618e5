"""`python3 -m app`: the same as the console script `podwalk`."""

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main())
