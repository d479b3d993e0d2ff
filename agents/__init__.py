"""What acts in the environments. Nothing here is imported by `import forgegym`."""

import os

# A waiting OpenMP thread spins by default. On a machine that does anything else, two threads then
# hold each other up: ten times slower here than one, and 1.1 times faster when they sleep instead.
# The setting counts only if it is there before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
