"""What a stage's operator does by hand: look at the dead letters, and send them back to work."""

import sys

from local.layout import SERVICES

sys.path.append(str(SERVICES))  # keys, ids and jobs have their names there; services/ is no distribution
