"""Room in the store: looked at before each shard, so that a build stops between shards, not in the middle of one."""

from tasks.build import Build
from tasks.errors import StoreError

GIB = 2**30


def check_space(build: Build, written_bytes: int) -> None:
    """Raises StoreError when the store's disk is nearly full, or the build has used up its quota.

    `written_bytes` is what the build has put into the store so far. What is committed stays, and the same command goes
    on when there is room again.
    """
    execution = build.config.execution
    free = build.store.free_bytes()
    if free is not None and free < execution.min_free_gib * GIB:
        raise StoreError(
            f"store {build.store.uri}: {free / GIB:.2f} GiB are free, execution.min_free_gib keeps "
            f"{execution.min_free_gib:g}; make room and run the same command again"
        )
    quota = execution.store_quota_gib
    if quota is not None and written_bytes > quota * GIB:
        raise StoreError(
            f"store {build.store.uri}: build {build.build_id} holds {written_bytes / GIB:.2f} GiB, "
            f"execution.store_quota_gib allows {quota:g}; raise it and run the same command again"
        )
