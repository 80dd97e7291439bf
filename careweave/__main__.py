"""python -m careweave: the command line of the product."""

import gc
import sys

# Nothing of what is loaded is garbage: looking for it takes a seventh of the start of a command.
gc.disable()
from careweave.wiring import main  # noqa: E402  the collector first

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
