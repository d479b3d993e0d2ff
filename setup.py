"""Makes editable installs visible to type checkers and editors; the rest is in pyproject.toml.

The repository root is the package, and for that shape setuptools' own editable install is an
import hook, which mypy, pyright and editors cannot follow. A link `.editable/forgegym -> ..` on a
plain path entry shows every one of them the same tree, new files included.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel

TREE = ".editable"


class EditableWheel(editable_wheel):
    def initialize_options(self) -> None:
        super().initialize_options()
        link = Path(__file__).resolve().parent / TREE / "forgegym"
        link.parent.mkdir(exist_ok=True)
        if not link.is_symlink():
            link.symlink_to("..")
        self.distribution.package_dir = {"": TREE}


setup(script_name="setup.py", cmdclass={"editable_wheel": EditableWheel})
