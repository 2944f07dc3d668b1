"""`python -m async_test_template`."""

import sys

from async_test_template.cli import main

sys.exit(main())
