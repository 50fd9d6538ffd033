"""How many items each step will have, as far as the configuration says so before the work."""

from tasks.config import GenerateConfig
from tasks.config.stages import SelectRule
from tasks.cut import drop_count


def expected_items(config: GenerateConfig, trajectories: int) -> dict[str, int]:
    """Items of each step if nothing fails and no trajectory is rejected; `samples` counts clips, as its items are."""
    candidates = trajectories * config.appearance.candidates
    kept = _kept(candidates, config.select.candidates)
    wanted = config.video.clips_per_trajectory
    clips = kept if wanted is None else min(kept, trajectories * wanted)
    return {
        "pose": trajectories,
        "appearance": candidates,
        "score-candidates": candidates,
        "select-candidates": candidates,
        "video": clips,
        "score-clips": clips,
        "select-clips": clips,
        "samples": _kept(clips, config.select.clips),
    }


def _kept(items: int, rule: SelectRule | None) -> int:
    """At most so many are kept: what a threshold drops is not known before the scores are."""
    if rule is None or rule.threshold_mm is not None:
        return items
    return items - drop_count(items, rule.drop_fraction)
