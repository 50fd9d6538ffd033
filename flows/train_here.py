"""``pam train``: the flow in this process with a Prefect server while it runs, or a rank of `torchrun`."""

import logging
import os
from collections.abc import Sequence

import typer

from flows.console import FAILED, complain, out


def train_here(arguments: Sequence[str]) -> None:
    """Read the options, do what they ask for, and say how it ended.

    Exits with 1 after one line where something is wrong, before any step for a wrong recipe or absent weights.
    """
    from pam_models.training.run import EXPECTED_ERRORS, wishes_of
    from pam_models.training.world import joined_world

    show_training()
    try:
        wishes = wishes_of("pam train", arguments)
        if int(os.environ.get("RANK", "0")) > 0 or wishes.export:
            from flows.training import carry_out_plainly

            with joined_world() as world:
                out().print(carry_out_plainly(wishes, world).line, highlight=False, soft_wrap=True)
            return
        from flows.prefect_server import reporting

        with reporting() as wait_for_server:
            from flows.training import train_as_wished

            wait_for_server()
            lines = train_as_wished(wishes)
    except EXPECTED_ERRORS as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None
    for line in lines.values():
        out().print(line, highlight=False, soft_wrap=True)


def show_training() -> None:
    """Let the training speak on the terminal, and Prefect on its page alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    training = logging.getLogger("pam_models")
    training.handlers, training.propagate = [handler], False
    training.setLevel(logging.INFO)
