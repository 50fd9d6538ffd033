"""The flow ``pam-evaluate``: the numbers of one published build, part by part, with intervals and reasons."""

from dataclasses import dataclass

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.evaluation import opened_evaluation
from tasks.evaluation.shards import ClipShard, Evaluation
from tasks.evaluation.summary import Summary, summarise
from tasks.evaluation.writing import markdown, write_results


@dataclass(frozen=True)
class EvaluationSummary:
    """What an evaluation came to: its name, where its table is, and how many clips it is about."""

    name: str
    table: str
    clips: int
    failed: int


@flow(name="pam-evaluate", persist_result=False)
def evaluate(
    build: str,
    store: str = "./pam-data",
    reference: str | None = None,
    metrics: list[str] | None = None,
    name: str | None = None,
    weights: dict[str, str] | None = None,
    device: str = "cpu",
    seed: int = 0,
) -> EvaluationSummary:
    """Measure the clips of a published build; what is measured already is not measured again.

    Args:
        build: The build's name or hash, as `pam generate` printed it.
        store: Where the build lies. A folder, or s3://bucket/prefix with the usual AWS variables set for the worker.
        reference: What clips are compared with. Another build of the store, or a folder of clips named by id. Left
            empty it is the renderer's own clips of the same trajectories.
        metrics: Names of the metrics, such as fvd and mpjpe. Left empty it is all of them but kid.
        name: A name for the evaluation. Left empty it is named by what determines its numbers.
        weights: Files of yours for video (I3D), image (Inception), lpips (AlexNet) and tracker; stand-ins otherwise.
        device: Where the networks run, such as cpu or cuda.
        seed: Root of the draws for the intervals.
    """
    log = get_run_logger()
    evaluation = opened_evaluation(build, store, reference, metrics, name, weights or {}, device, seed)
    log.info("build=%s evaluation=%s: %d clips", build, evaluation.name, len(evaluation.clips))

    @task(name="measure", task_run_name="measure-{shard.shard_id}", cache_policy=NO_CACHE, persist_result=False)
    def measure(shard: ClipShard) -> int:
        return evaluation.measure(shard)

    for shard in evaluation.shards():
        measure(shard)
    return finished(evaluation, summarise(evaluation))


def finished(evaluation: Evaluation, summary: Summary) -> EvaluationSummary:
    """Write the results, and show them on the run's page."""
    table = write_results(evaluation, summary)
    create_markdown_artifact(
        markdown(evaluation, summary), key=f"pam-evaluate-{evaluation.build.build_id[:40].lower()}"
    )
    return EvaluationSummary(evaluation.name, table, summary.clips, summary.failed)
