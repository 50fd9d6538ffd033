"""The dataset card: what a build is, how to read it, under which terms, and what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2
import yaml

from tasks.report.data import ReportData
from tasks.report.headline import error_ratio, mean_of, millimetres
from tasks.report.licences import is_permissive, licence_sentences, noncommercial, unclear
from tasks.report.load import load_report
from tasks.report.reading import PublishedBuild
from tasks.tables.registry import TABLES
from tasks.tables.table import COMMON

MAX_LISTED_PARTS = 20
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


def render_card(published: PublishedBuild) -> str:
    """The card of a published build as Markdown with YAML front matter, free of clocks and of how the build was run.

    Raises:
        StoreError, TableError: a part is missing or altered.
    """
    data = load_report(published)
    first = data.trajectories[0] if data.trajectories else None
    return _template().render(
        front_matter=front_matter(data, [entry.path for entry in published.snapshot.steps.get("samples", ())]),
        data=data,
        first=first,
        clip_mm=millimetres(mean_of(data.clip_scores.mpjpe_mm)),
        reference_mm=millimetres(mean_of(data.reference_mm)),
        ratio=error_ratio(data),
        threshold=data.candidate_scores.threshold_mm,
        objects=sorted({row.object_word for row in data.quality}),
        sources=sorted({row.source for row in data.quality}),
        terms=licence_sentences(data.license_tags),
        warn_terms=bool(noncommercial(data.license_tags) or unclear(data.license_tags)) or not data.license_tags,
        common=COMMON,
        tables=[(count, TABLES[count.step]) for count in data.counts if count.step in TABLES],
        settings=flat(published.build.subset),
    )


def front_matter(data: ReportData, sample_parts: list[str]) -> str:
    """What catalogues read: licence, size, tags, and where the labelled frames are."""
    free = bool(data.license_tags) and all(is_permissive(tag) for tag in data.license_tags)
    found = sorted({tag.rsplit(":", 1)[-1].lower() for tag in data.license_tags})
    licence: dict[str, Any] = {"license": found[0] if free and len(found) == 1 else "other"}
    if licence["license"] == "other":
        licence["license_name"] = "mixed-see-below" if free else "mixed-with-restrictions"
    files = sample_parts if len(sample_parts) <= MAX_LISTED_PARTS else "manifests/samples/*.parquet"
    size = next((name for limit, name in SIZES if data.num_samples < limit), "n>10M")
    plain = {
        **licence,
        "pretty_name": f"PAM build {data.build_id}",
        "task_categories": ["keypoint-detection"],
        "tags": ["hand-pose", "hand-object-interaction", "synthetic", "video"],
        "size_categories": [size],
        "configs": [{"config_name": "samples", "data_files": files}],
    }
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def flat(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as (dotted key, value) in order of key."""
    found: list[tuple[str, str]] = []
    for key in sorted(settings):
        value = settings[key]
        if isinstance(value, Mapping):
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", "–" if value is None else str(value)))
    return found


def cell(value: object) -> str:
    """Text that stays in its table cell; the template's escaping does the rest."""
    return " ".join(str(value).split()).replace("|", "∣").replace("`", "'")


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tasks.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = cell
    return environment.get_template("card.md")
