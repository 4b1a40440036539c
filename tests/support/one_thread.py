"""One thread for each test process, set before any library starts more: they would compete for the same cores.

Twice as many threads as cores made tests that train a little six times as slow.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
