"""The results of an evaluation as Parquet, JSON and Markdown, the same bytes each time."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pam_models.metrics.result import MetricResult
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.summary import Summary

ARROWS = {"lower": "↓", "higher": "↑", "none": ""}
SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("unit", pa.string()),
        ("better", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
        ("reason", pa.string()),
        ("protocol", pa.string()),
    ]
)


def write_results(evaluation: Evaluation, summary: Summary) -> str:
    """Writes results.parquet, results.json and results.md, and says where the Markdown is."""
    store = evaluation.build.store
    rows = [_plain(result) for result in summary.results]
    sink = io.BytesIO()
    described = json.dumps(evaluation.described(), sort_keys=True)
    table = pa.Table.from_pylist(rows, schema=SCHEMA).replace_schema_metadata({"pam.evaluation": described})
    pq.write_table(table, sink, compression="zstd")
    store.replace(evaluation.key("results.parquet"), sink.getvalue())
    whole = {
        "build_id": evaluation.build.build_id,
        "name": evaluation.name,
        "settings": evaluation.described(),
        "clips": summary.clips,
        "failed": summary.failed,
        "failures": [{"clip_id": clip, "reason": reason} for clip, reason in summary.failures],
        "unmatched_references": list(summary.unmatched),
        "metrics": rows,
    }
    store.replace(evaluation.key("results.json"), (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode())
    key = evaluation.key("results.md")
    store.replace(key, markdown(evaluation, summary).encode())
    path = store.local_path(key)
    return str(path) if path is not None else f"{store.uri.rstrip('/')}/{key}"


def _plain(result: MetricResult) -> dict[str, Any]:
    spec = result.spec
    return {
        "metric": spec.name,
        "unit": spec.unit,
        "better": spec.better,
        "value": result.value,
        "low": result.low,
        "high": result.high,
        "n": result.n,
        "reason": result.reason,
        "protocol": spec.protocol,
    }


def figures(value: float) -> str:
    """A number with four significant digits, never in exponents for what people read."""
    return f"{value:.4g}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.3e}"


def interval(result: MetricResult) -> str:
    """The interval for reading; a dash where there is none."""
    if result.low is None or result.high is None:
        return "–"
    return f"{figures(result.low)} to {figures(result.high)}"


def markdown(evaluation: Evaluation, summary: Summary) -> str:
    """The table for people: value, 95 % interval, number of clips, and how each number was made."""
    lines = [
        f"# Evaluation {evaluation.name} of build {evaluation.build.build_id}",
        "",
        f"{summary.clips - summary.failed} of {summary.clips} clips against {evaluation.reference.label}.",
        "",
        "| metric | value | 95 % interval | n | protocol |",
        "|---|---|---|---|---|",
    ]
    for result in summary.results:
        unit = "" if result.spec.unit == "1" else f" {result.spec.unit}"
        value = f"not computed: {result.reason}" if result.value is None else f"{figures(result.value)}{unit}"
        name = f"{result.spec.name} {ARROWS[result.spec.better]}".strip()
        cells = (name, value, interval(result), str(result.n), result.spec.protocol)
        lines.append("| " + " | ".join(cell.replace("|", "∣").replace("\n", " ") for cell in cells) + " |")
    if summary.failures:
        lines += ["", "Clips that could not be measured:", ""]
        lines += [f"- `{clip}`: {reason}" for clip, reason in summary.failures]
        if summary.failed > len(summary.failures):
            lines.append(f"- and {summary.failed - len(summary.failures)} more; all stand in `clips/`")
    if summary.unmatched:
        named = ", ".join(f"`{name}`" for name in summary.unmatched[:20])
        lines += ["", f"{len(summary.unmatched)} references belong to no clip of this build: {named}"]
    return "\n".join(lines) + "\n"
