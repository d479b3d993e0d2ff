"""What acts in the environments. Nothing here is imported by `import forgegym`."""

import os

# A waiting OpenMP thread spins by default. On a machine that does anything else, two threads then
# hold each other up (ten times slower here than one); one that sleeps at once wakes too late for
# the small products of decoding. An iteration of `forgegym train grpo` took 1.35 s on two idle
# cores and 2.6 s beside a busy process with 3,000 turns of waiting first; with none 1.85 and 2.0,
# with 20,000 1.1 and 4.7. Both count only when they are there before torch is imported; the first
# is GNU's own (libgomp, "GOMP_SPINCOUNT"), the second for other runtimes.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
