"""The documents say what the program does."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_page_of_the_configuration_is_the_registry() -> None:
    generator = runpy.run_path(str(DOCS / "generate_configuration.py"))
    written = (DOCS / "configuration.md").read_text("utf-8")
    assert written == generator["page"](), "run: python docs/generate_configuration.py"
