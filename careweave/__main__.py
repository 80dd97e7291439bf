"""python -m careweave: the command line of the product."""

import sys

from careweave.wiring import main

if __name__ == "__main__":
    sys.exit(main())
