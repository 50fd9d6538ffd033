"""tasks/report/page.py: the page is whole, safe, repeatable, and needs nothing but itself."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from tasks.media import read_frames
from tasks.report import page as page_module
from tasks.report.data import EvaluationShown, Failure, ReportData, StageTime
from tasks.report.page import MAX_VIDEO_BYTES, percent, render_page, seconds, short_id

VOID = {"meta", "img", "input", "br", "hr", "link"}
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Outline(HTMLParser):
    """Collects elements and refuses wrongly nested ones."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str, css_class: str = "") -> list[dict[str, str | None]]:
        return [
            attrs
            for name, attrs in self.elements
            if name == tag and css_class in [*(attrs.get("class") or "").split(), ""]
        ]


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser


@pytest.fixture(scope="module")
def html(report: ReportData) -> str:
    return render_page(report)


def test_everything_is_there(html: str, report: ReportData) -> None:
    """Catches a section, a clip, a thumbnail or a figure left out, and wrongly nested elements."""
    parsed = outline(html)
    assert [attrs["id"] for attrs in parsed.all("section")] == [
        "headline", "clips", "errors", "candidates", "trajectories", "propagation", "times", "failures",
        "configuration",
    ]  # fmt: skip
    assert len(parsed.all("video")) == 4
    assert len(parsed.all("img")) == 60
    assert len(parsed.all("li", "kept")) == 45
    assert len(parsed.all("li", "dropped")) == 15
    assert len(parsed.all("svg", "histogram")) == 1
    assert len(parsed.all("svg", "overtime")) == 2
    text = " ".join(parsed.text)
    for said in (
        "45 / 15",
        "wanted 48",
        "drop_fraction: 0.25",
        "compact/demo@1",
        "needs at least 3 pairs, there are 2",
        "14.2 s",
        "112",
    ):
        assert said in text


def test_correlation_appears_with_more_than_two_clips(report: ReportData) -> None:
    """Catches the figure missing from every report that could have it."""
    more = replace(report, trajectories=(), pairs_mm=np.array([[8.0, 11.0], [9.0, 12.0], [10.0, 14.0]]))
    page = render_page(more)
    assert len(outline(page).all("svg", "scatter")) == 1
    assert "= 0.98, 95 % interval" in page and "n = 3 clips" in page


def test_peaks_of_memory_stand_with_the_times(report: ReportData) -> None:
    """Catches table 1 of the paper without its memory: bytes become gigabytes, and what was not measured a dash."""
    times = (StageTime("appearance", 2, 60, 61.0, 61.0, 3_210_000_000, 41_400_000_000), StageTime("samples", 1, 2, 1.0))
    text = " ".join(outline(render_page(replace(report, trajectories=(), stage_times=times))).text)
    assert "3.21 GB" in text and "41.40 GB" in text and "–" in text


def test_evaluations_stand_on_the_page_with_their_reasons(report: ReportData) -> None:
    """Catches a number without its protocol, and a missing number that is shown as nothing."""
    rows = (
        {"metric": "fvd[random-r3d-seed0]", "unit": "1", "better": "lower", "value": 12.5, "low": 11.0, "high": 14.0,
         "n": 9, "reason": None, "protocol": "Frechet"},
        {"metric": "pve_mm", "unit": "mm", "better": "lower", "value": None, "low": None, "high": None,
         "n": 0, "reason": "no <vertices>", "protocol": "p"},
    )  # fmt: skip
    shown = EvaluationShown("mine", "the renderer", 9, 1, rows)
    page = render_page(replace(report, trajectories=(), evaluations=(shown,)))
    text = " ".join(outline(page).text)
    assert "fvd[random-r3d-seed0]" in text and "11 to 14" in text and "1 could not be measured" in text
    assert "not computed: no <vertices>" in text and "<vertices>" not in page


def test_candidates_best_first_then_dropped(html: str, report: ReportData) -> None:
    """Catches an order by index, and ranks that start at nought on the page."""
    alts = [attrs["alt"] or "" for attrs in outline(html).all("img")][:30]
    errors = [float(re.search(r"MPJPE ([\d.]+) mm", alt).group(1)) for alt in alts]  # type: ignore[union-attr]
    assert errors == sorted(errors)
    assert ["kept" in alt for alt in alts] == sorted(("kept" in alt for alt in alts), reverse=True)
    assert "✓ 1<" in html
    assert "✓ 0<" not in html


def test_same_data_same_page(report: ReportData) -> None:
    """Catches a clock, a set's order or an id in the page."""
    one = replace(report, trajectories=report.trajectories[:1])
    assert render_page(one) == render_page(one)


def test_needs_no_network_and_no_other_file(html: str) -> None:
    """Catches links to scripts, fonts, pictures or videos outside the page, and a policy that does not forbid them."""
    parsed = outline(html)
    for tag, attrs in parsed.elements:
        for name in ("src", "href", "poster", "srcset", "data"):
            address = attrs.get(name) or "#"
            assert address.startswith(("#", "data:")), (tag, name, address[:60])
        assert not [name for name in attrs if name.startswith("on")], tag
        assert "style" not in attrs, "the content policy would drop it"
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "default-src 'none'" in html


def test_policy_allows_exactly_our_script_and_style(html: str) -> None:
    """Catches a hash that does not fit, which leaves the page without controls or without its look."""
    import hashlib

    for element in ("script", "style"):
        bodies = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in html


def test_nothing_from_data_is_markup(report: ReportData) -> None:
    """Catches text from rows, configuration or errors that reaches the page unescaped."""
    trajectory = report.trajectories[0]
    poisoned = replace(
        report,
        build_id=ATTACK, profile=ATTACK, config_yaml=ATTACK,
        failures=(Failure(ATTACK, ATTACK, ATTACK, ATTACK, 1),), failure_groups={(ATTACK, ATTACK): 1},
        quality=(replace(report.quality[0], object_word=ATTACK, source=ATTACK, side=ATTACK, trajectory_id=ATTACK),),
        license_tags=(ATTACK,), provenance=((ATTACK, ATTACK),), splits={ATTACK: 3},
        trajectories=(replace(
            trajectory, quality=replace(trajectory.quality, object_word=ATTACK, trajectory_id=ATTACK), notes=(ATTACK,),
            phase=(ATTACK,) * 49,
            candidates=(replace(trajectory.candidates[0], prompt=ATTACK, candidate_id=ATTACK),
                        replace(trajectory.candidates[1], failure=ATTACK)),
            clips=(replace(trajectory.clips[0], prompt=ATTACK, clip_id=ATTACK, candidate_id=ATTACK,
                           video_uri=f"clip-missing/{ATTACK}"),),
        ),),
    )  # fmt: skip
    page = render_page(poisoned)
    parsed = outline(page)
    assert len(parsed.all("script")) == 1
    assert not [attrs for tag, attrs in parsed.elements if "onerror" in attrs]
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 15


def test_missing_media_leave_their_reason(report: ReportData) -> None:
    """Catches a report that cannot be made because one picture is gone, and a gap that nobody explains."""
    trajectory = report.trajectories[0]
    broken = replace(
        trajectory,
        candidates=(replace(trajectory.candidates[0], image_uri="image/missing"), *trajectory.candidates[1:]),
        clips=(replace(trajectory.clips[0], video_uri="clip/missing"),),
    )
    page = render_page(replace(report, trajectories=(broken,)))
    assert "No video here: FileNotFoundError: no object at clip/missing" in page
    assert "no object at image/missing" in page
    assert len(outline(page).all("svg", "overtime")) == 1


def test_embedded_video_is_the_clip_beside_its_conditions(html: str) -> None:
    """Catches a video that no browser decodes or of another length."""
    source = outline(html).all("video")[0]["src"] or ""
    frames = read_frames(base64.b64decode(source.removeprefix("data:video/mp4;base64,")))
    assert len(frames) == 49
    assert len({attrs["src"] for attrs in outline(html).all("video")}) == 4


def test_page_stays_small_and_says_what_it_left_out(report: ReportData, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a page of gigabytes for a big build, and a cut that is not admitted."""
    monkeypatch.setattr(page_module, "MAX_VIDEO_BYTES", 1000)
    counts = tuple(replace(count, ok=5000) if count.step in ("video", "pose") else count for count in report.counts)
    page = render_page(replace(report, counts=counts))
    assert len(outline(page).all("video")) == 3
    assert "left out to keep this page small" in page
    assert "shows 2 of 5 000 clips" in page
    assert "2 of 5 000 trajectories are shown" in page
    assert MAX_VIDEO_BYTES <= 64 * 2**20


def test_page_of_a_build_in_which_all_failed(report: ReportData) -> None:
    """Catches a crash exactly when a person needs the page most."""
    none = np.zeros(0)
    empty = replace(
        report, trajectories=(), quality=(), counts=(), stage_times=(), splits={}, num_samples=0,
        reference_mm=none, pairs_mm=np.zeros((0, 2)),
        candidate_scores=replace(report.candidate_scores, mpjpe_mm=none, kept=none.astype(bool), threshold_mm=None),
        clip_scores=replace(report.clip_scores, mpjpe_mm=none, kept=none.astype(bool)),
    )  # fmt: skip
    page = render_page(empty)
    outline(page)
    assert "This build has no clip." in page
    assert "wanted 48" in page


def test_values_for_reading() -> None:
    """Catches seconds that are hard to read and nan printed as such."""
    assert [seconds(value) for value in (None, 0.0412, 14.25, 125.2, 7325.0)] == [
        "–",
        "41 ms",
        "14.2 s",
        "2 min 05 s",
        "2 h 02 min",
    ]
    assert [percent(0.256), percent(float("nan"))] == ["26 %", "–"]
    assert short_id("0123456789abcdef") == "0123456789"
