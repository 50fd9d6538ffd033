"""tasks/report/build.py: page and card land beside the build, the same each time."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from tasks.build import Build
from tasks.report.build import write_card, write_report
from tasks.store import Store
from tests.tasks.report.published import publish


def test_page_of_a_published_build(published: tuple[Store, Build]) -> None:
    """Catches a page that lacks its media, an unescaped reason, and an address that does not lead to the page."""
    uri = write_report(published[0], "made-up")
    assert uri.startswith("file:///")
    assert uri.endswith("/builds/made-up/report/index.html")
    html = Path(unquote(urlsplit(uri).path)).read_text("utf-8")
    assert html.count("data:video/mp4;base64,") == 4
    assert html.count("data:image/jpeg;base64,") == 11
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "Approximate poses" in html
    assert "1.85 ×" in html


def test_two_stores_same_page_and_card(published: tuple[Store, Build], tmp_path: Path) -> None:
    """Catches the store's place, a clock or an order of dictionaries in what is written."""
    other, build = publish(tmp_path)
    for write, name in ((write_report, "report/index.html"), (write_card, "README.md")):
        write(other, "made-up")
        write(published[0], "made-up")
        assert other.read(build.key(name)) == published[0].read(build.key(name))
    assert str(tmp_path) not in other.read(build.key("README.md")).decode()
