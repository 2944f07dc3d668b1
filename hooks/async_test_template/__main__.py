"""`python -m async_test_template`, and the command of that name."""

import gc
import sys

from async_test_template.stopping import Stopped, ignore, listen


def main() -> int:
    """Run the command line and give its exit status.

    Python's garbage collector is off from the imports on, where it takes a sixth of the time of a
    short run: they make many objects and no garbage. What is left at the end goes with the process.
    """
    gc.disable()
    try:
        # Set before the imports that take time.
        listen()
        from async_test_template.cli import run

        status = run()
        ignore()
    except Stopped as stopped:
        return stopped.status
    finally:
        # Otherwise Python would go through every object once more before it ends.
        gc.freeze()
    return status


if __name__ == "__main__":
    sys.exit(main())
