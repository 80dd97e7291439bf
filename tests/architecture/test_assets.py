"""What is sent to browsers: vendored files as they came, no third party, no dress that is not ours."""

import gzip
import hashlib
import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

from careweave.doors._frame._assets import assets, serve_static, static

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "careweave" / "doors" / "_frame" / "static"
VENDORED = tomllib.loads((STATIC / "VENDORED.toml").read_text(encoding="utf-8"))["package"]
FILES = sorted(p for p in (ROOT / "careweave" / "doors").glob("*/static/*") if p.suffix != ".toml")
OF_OTHERS = {name for package in VENDORED for name in package["files"]}
TEXTS = [p for p in FILES if p.suffix in {".css", ".js", ".svg", ".webmanifest"}]
TEMPLATES = sorted((ROOT / "careweave" / "doors").glob("*/templates/**/*.html"))


def _name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.name}"


def test_every_vendored_file_is_the_one_that_was_looked_at() -> None:
    for package in VENDORED:
        for name, digest in package["files"].items():
            assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest, name


def test_every_vendored_package_travels_with_its_licence() -> None:
    told = (STATIC / "LICENCES.txt").read_text(encoding="utf-8")
    for package in VENDORED:
        assert f"{package['name']} {package['version']}" in told
    assert "nhsuk-frontend-jinja 0.10.2" in told
    assert "MIT License" in told
    assert "Zero-Clause BSD" in told


def test_styles_and_macros_are_of_one_version() -> None:
    assert importlib.metadata.version("nhsuk-frontend-jinja") == "0.10.2"
    assert '--nhsuk-frontend-version: "10.6.1"' in (STATIC / "theme.css").read_text() or (
        '--nhsuk-frontend-version:"10.6.1"' in (STATIC / "theme.css").read_text()
    )


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_no_file_asks_a_third_party_or_brings_a_font(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(?i)frutiger|@font-face", text)
    assert not re.search(r"https?://|nhs\.uk", text)


@pytest.mark.parametrize("path", [*TEXTS, *TEMPLATES], ids=_name)
def test_nobody_is_dressed_as_the_nhs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "M200 0v80H0V0" not in text
    assert "nhsuk/template.jinja" not in text
    assert "nhsuk/components/header" not in text
    assert "nhsuk/components/footer" not in text
    assert not re.search(r"<title>\s*NHS", text)


def test_no_icon_of_the_nhs_is_shipped() -> None:
    names = {p.name for p in FILES}
    assert not names & {"favicon.ico", "nhsuk-icon-mask.svg", "nhsuk-opengraph-image.png"}
    assert not {n for n in names if re.fullmatch(r"nhsuk-icon-\d+\.png", n)}
    assert {n for n in names if n.startswith("nhsuk-icon")} == {
        f"nhsuk-icon-{which}.svg" for which in ("arrow-down", "arrow-up", "arrow-up-down", "cross")
    }


def test_our_scripts_and_styles_are_ours() -> None:
    ours = {p.name for p in FILES} - OF_OTHERS
    assert not {name for name in ours if name.endswith((".min.js", ".min.css"))}


def test_a_file_is_served_under_its_digest_alone() -> None:
    told: dict[str, object] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.update(dict(headers), status=status)

    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": static("theme.css"),
        "HTTP_ACCEPT_ENCODING": "gzip",
    }
    body = b"".join(serve_static(environ, start))
    assert told["status"] == "200 OK"
    assert told["Cache-Control"] == "public, max-age=31536000, immutable"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert gzip.decompress(body) == assets()["theme.css"].body
    list(serve_static({"REQUEST_METHOD": "GET", "PATH_INFO": "/static/theme.css"}, start))
    assert told["status"] == "404 Not Found"
    list(serve_static({"REQUEST_METHOD": "GET", "PATH_INFO": "/static/../_app.py"}, start))
    assert told["status"] == "404 Not Found"


def test_files_name_each_other_by_digest() -> None:
    for name in ("theme.css", "start.js"):
        named = re.findall(rb"/static/([\w.-]+)", assets()[name].body)
        assert named
        served = {one.served_as.encode() for one in assets().values()}
        assert set(named) <= served


@pytest.mark.parametrize(
    ("names", "most"),
    [
        (("card.css",), 8_000),
        (("theme.css", "cw.css", "brand.css", "print.css", "boot.js", "start.js", "htmx.min.js",
          "nhsuk-frontend.min.js", "favicon.svg"), 70_000),
    ],
)  # fmt: skip
def test_what_a_first_visit_loads_stays_within_its_bytes(names: tuple[str, ...], most: int) -> None:
    assert sum(len(assets()[name].packed) for name in names) <= most


def test_the_styles_of_the_card_ask_for_nothing_else() -> None:
    assert b"url(" not in assets()["card.css"].body
    assert b"@import" not in assets()["card.css"].body
