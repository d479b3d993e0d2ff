"""Doors from ForgeGym's environments into trainers and harnesses of other people.

A door names a task by its id and key, and what is judged behind it is what `step` would judge: the
same verifier, the same reward, the same sandbox. Each imports what it leads to when it is used.
"""
