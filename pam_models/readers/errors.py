"""What can be wrong with a build that is read, or with a place that is written to: one clear line each."""


class ReadError(ValueError):
    """A build that cannot be read as it is: which file or row, what is wrong, what would be right."""


class EmptySelectionError(ReadError):
    """A selection that leaves nothing over; the message counts what each condition left."""


class ExportError(ReadError):
    """An export that cannot be made, or a destination that does not hold what was written to it."""
