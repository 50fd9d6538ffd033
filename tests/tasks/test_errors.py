"""Which errors are whose fault."""

from tasks.errors import (
    ConfigError,
    ExecutorError,
    InfrastructureError,
    PamError,
    StoreError,
    TableError,
    TooManyFailuresError,
)


def test_only_store_and_workers_are_infrastructure() -> None:
    """Catches a wrong family: the executor fails an item for one kind and stops the shard for the other."""
    assert issubclass(StoreError, InfrastructureError) and issubclass(ExecutorError, InfrastructureError)
    for error in (ConfigError, TableError, TooManyFailuresError):
        assert issubclass(error, PamError) and not issubclass(error, InfrastructureError)
