"""What the studio page itself is made of: files of our own, short, and nothing from elsewhere."""

import re
from pathlib import Path

import pytest

import mien

WEB = Path(mien.__file__).parent / "web"
TEXTS = sorted(p for p in WEB.glob("*") if p.suffix in {".js", ".css", ".html", ".svg"})
PAGE = (WEB / "index.html").read_text("utf-8")
LONGEST_FILE = 400


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere_and_files_stay_short(path: Path) -> None:
    text = path.read_text("utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text))
    assert addresses <= {"http://www.w3.org"}
    assert text.count("\n") <= LONGEST_FILE
    if path.suffix == ".js":
        assert text.startswith("// @ts-check\n/**")


def test_the_page_allows_itself_nothing_from_elsewhere() -> None:
    assert "default-src 'self'" in PAGE
    assert not re.search(r"\son\w+=|style=", PAGE)  # the policy would not run them


def test_every_part_that_the_modules_ask_for_is_in_the_page() -> None:
    asked = set[str]()
    for path in WEB.glob("*.js"):
        calls = r"(?:byId|#press|#toggle|#select|#video|put)\('([a-z-]+)'"
        asked |= set(re.findall(calls, path.read_text("utf-8")))
    there = set(re.findall(r'\bid="([a-z-]+)"', PAGE))
    assert len(asked) > 25
    assert asked <= there


def test_every_field_and_button_has_a_name() -> None:
    for button in re.findall(r"<button\b.*?</button>", PAGE, re.DOTALL):
        words = re.sub(r"<[^>]+>", "", button).strip()
        assert words or "aria-label=" in button, button
    for field in re.finditer(r"<(?:select|input)\b", PAGE):
        before = PAGE[: field.start()]
        assert before.rfind("<label") > before.rfind("</label>"), PAGE[field.start() :][:80]


def test_the_sample_faces_are_credited() -> None:
    credits_ = (WEB / "faces" / "README.md").read_text("utf-8")
    pictures = [p.name for p in (WEB / "faces").iterdir() if p.suffix == ".jpg"]
    assert len(pictures) == 2
    assert all(f"| {name} |" in credits_ for name in pictures)
    assert credits_.count("public domain") == 2
