"""Running out of memory: how it is told from other errors, and what is given back afterwards."""

import gc
import sys

OUT_OF_MEMORY = "OutOfMemory"
# torch.OutOfMemoryError (CUDA), Ray's own (its monitor ended a worker), and what allocators in C raise through Python.
NAMES = ("OutOfMemoryError", "MemoryError", "ArrowMemoryError", "_ArrayMemoryError")
SIGNS = ("out of memory", "running low on memory")


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an exception, or what it came from, says that host or GPU memory did not suffice."""
    found: BaseException | None = error
    while found is not None:
        kinds = {kind.__name__ for kind in type(found).__mro__}
        if kinds & set(NAMES) or (isinstance(found, RuntimeError) and says_so(str(found))):
            return True
        found = found.__cause__
    return False


def says_so(message: str) -> bool:
    """Whether a message speaks of memory that did not suffice."""
    return any(sign in message.lower() for sign in SIGNS)


def free_memory() -> None:
    """Drops what nothing refers to and what torch keeps for later, so that a smaller batch finds room."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
