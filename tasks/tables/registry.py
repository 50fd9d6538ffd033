"""Every table of a build by its name."""

from tasks.tables.appearance import APPEARANCE
from tasks.tables.pose import POSE
from tasks.tables.samples import SAMPLES
from tasks.tables.score import CANDIDATE_SCORES, CLIP_SCORES
from tasks.tables.select import CANDIDATE_DECISIONS, CLIP_DECISIONS
from tasks.tables.table import Table
from tasks.tables.video import VIDEO

TABLES: dict[str, Table] = {
    table.name: table
    for table in (POSE, APPEARANCE, CANDIDATE_SCORES, CANDIDATE_DECISIONS, VIDEO, CLIP_SCORES, CLIP_DECISIONS, SAMPLES)
}
