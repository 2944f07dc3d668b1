"""`python -m async_test_template`, and the command of that name."""

import gc
import sys

from async_test_template.cache import Cache, Result

_INTERRUPTED = 130


def main() -> int:
    """Run the command line and give its exit status; what is known is only printed again.

    Python's garbage collector is off from the imports on, where it takes a sixth of the time of a
    short run: they make many objects and no garbage. What is left at the end goes with the process.
    """
    gc.disable()
    try:
        cache = Cache(sys.argv[1:])
        known = cache.find()
        if known is not None:
            return _show(known)
        from async_test_template.stopping import ignore, listen

        # Set before the imports that take time.
        listen()
        from async_test_template.cli import run

        status = run(cache=cache)
        ignore()
    except KeyboardInterrupt as stopped:
        return int(getattr(stopped, "status", _INTERRUPTED))
    finally:
        # Otherwise Python would go through every object once more before it ends.
        gc.freeze()
    return status


def _show(known: Result) -> int:
    try:
        return known.show()
    except OSError as error:
        # Imported here: hardly ever is there nobody to read.
        from async_test_template.cli import give_up_output

        return give_up_output(error)


if __name__ == "__main__":
    sys.exit(main())
