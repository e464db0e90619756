"""What is fast is shown here: each module measures us and our peers on the same work and prints ratios.

They import what the functions import, so the functions' root is put on the path, as pyproject.toml does for the tests.
"""

import sys

from local.layout import SERVICES

sys.path.insert(0, str(SERVICES))
