"""Pools of warm workers, one for each step under way, opened side by side and ended together."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tasks.build import Build
from tasks.executor import Executor, open_executor
from tasks.executor.opening import overlapping
from tasks.executor.placement import Place
from tasks.stages import stage_factory
from tasks.steps import Step


class Pools:
    """The pools of some steps, each there as soon as its own models are loaded."""

    def __init__(self, build: Build, opening: ThreadPoolExecutor, places: Mapping[str, list[Place]]) -> None:
        self._build = build
        self._places = places
        self._opening = opening
        self._opened = ExitStack()
        self._pools: dict[str, Future[Executor]] = {}

    def open(self, step: Step) -> None:
        """Begin to open a step's pool."""
        self._pools[step.name] = self._opening.submit(self._open, step)

    def ready(self, step: Step) -> bool:
        """Whether a step's pool is there, or has failed to open. A step without workers waits for nothing."""
        return step.name not in self._pools or self._pools[step.name].done()

    def of(self, step: Step) -> Executor | None:
        """The pool of a step, None for one without workers. Raises what went wrong when it was opened."""
        return self._pools[step.name].result() if step.name in self._pools else None

    def wait_for(self, step: Step) -> None:
        """Wait until a pool is there, or has failed to open."""
        self._pools[step.name].exception()

    def close(self) -> None:
        """End every pool, those included that are still being opened; what has not begun is not begun."""
        for pool in self._pools.values():
            if not pool.cancel():
                pool.exception()
        self._opened.close()

    def _open(self, step: Step) -> Executor:
        execution = self._build.config.execution
        labels = {"step": step.name, "build": self._build.build_id}
        resources = getattr(execution.stages, str(step.resources))
        factory, places = stage_factory(self._build, step), self._places.get(step.name)
        return self._opened.enter_context(open_executor(execution, factory, resources, labels, places))


def resources_of(steps: Sequence[Step]) -> dict[str, str]:
    """The names of the resources of those steps that need workers."""
    return {step.name: step.resources for step in steps if step.resources is not None}


@contextmanager
def pools_of(build: Build, steps: Sequence[Step], *, first: int) -> Iterator[Pools]:
    """Pools for those of these steps that need workers, ended with the block. Several steps share the GPUs.

    At most `first` pools open at the same time, in order, so that later models do not hold up the first ones.
    """
    wanted = resources_of(steps)
    with (
        overlapping(build.config.execution, wanted) as places,
        ThreadPoolExecutor(max_workers=first, thread_name_prefix="pools") as opening,
    ):
        pools = Pools(build, opening, places)
        try:
            for step in steps:
                if step.name in wanted:
                    pools.open(step)
            yield pools
        finally:
            pools.close()
