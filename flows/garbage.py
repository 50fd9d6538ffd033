"""``pam gc``: what a store holds in vain, said first and removed when told to."""

from flows.console import out
from tasks.gc import Count, collect_garbage
from tasks.store import Store

MIB = 2**20


def gc_here(store: str, abandoned: list[str], remove: bool) -> None:
    """Print what nothing refers to, and remove it where `remove` is set.

    Raises ConfigError for a build that cannot be given up, StoreError while a build is at work.
    """
    found = collect_garbage(Store(store), abandoned, remove=remove)
    lines = (
        ("media that no row names", found.media),
        ("parts that newer ones replaced", found.parts),
        ("leftovers of writers that died", found.leftovers),
        ("objects of builds given up", found.abandoned),
    )
    for what, count in lines:
        out().print(f"{_spoken(count)} {what}", highlight=False, soft_wrap=True)
    out().print(f"{_spoken(found.kept)} media in use are kept", highlight=False, soft_wrap=True)
    if not found.objects:
        out().print("Nothing to remove.")
    elif remove:
        out().print(f"Removed {found.objects} objects.", highlight=False)
    else:
        out().print("Nothing was removed; the same command with --delete removes them.")


def _spoken(count: Count) -> str:
    return f"{count.objects:>8} ({count.bytes / MIB:.1f} MiB)"
