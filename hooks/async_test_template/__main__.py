"""`python -m async_test_template`, and the command of that name."""

import sys

from async_test_template.stopping import Stopped, ignore, listen


def main() -> int:
    """Run the command line and give its exit status."""
    try:
        # Set before the imports that take time.
        listen()
        from async_test_template.cli import run

        status = run()
        ignore()
    except Stopped as stopped:
        return stopped.status
    return status


if __name__ == "__main__":
    sys.exit(main())
