"""Errors whose message is one clear line: what was wrong, where, and what would be right."""


class PamError(Exception):
    """Base of the errors that a person reads: the command prints the message alone, without a traceback."""


class ConfigError(PamError):
    """A configuration that cannot be run; the message names the key and what would be right."""


class InfrastructureError(PamError):
    """Something around the work failed, not an item: the shard stops without a part and may be run again."""


class StoreError(InfrastructureError):
    """The store is unreachable, refuses the keys, or lost or shortened what was written."""


class ExecutorError(InfrastructureError):
    """The workers could not be started, or kept dying before they took any work."""


class ClusterGoneError(ExecutorError):
    """The Ray that the workers run on is gone: no shard of this run can be done any more."""


class TableError(PamError):
    """A part or a row that does not agree with its table's schema, or was written by a newer major version."""


class TooManyFailuresError(PamError):
    """A step in which more items failed than the configuration allows."""
