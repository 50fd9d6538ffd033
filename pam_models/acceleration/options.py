"""The options of faster sampling, as configuration reads them. Nothing here loads torch: every worker reads it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

AttentionKernel = Literal["auto", "cudnn", "flash", "efficient", "math"]


class RunOptions(BaseModel):
    """How a transformer is run; the defaults change nothing. Kernels and compiling change rounding, fp8 precision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attention: AttentionKernel = Field(default="auto", description="Which kernel computes attention")
    compile_blocks: bool = Field(default=False, description="Whether every block is compiled on its own")
    fp8: bool = Field(default=False, description="Whether the blocks' linear layers multiply in fp8 (GPU only)")


class CacheOptions(BaseModel):
    """When a step may reuse the last computed one.

    Between steps the first block's effect changes by a relative mean difference; below `threshold` the later blocks
    are not run. Zero never reuses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.08, ge=0.0, description="Largest relative change of the first block's effect")
    warmup_steps: int = Field(default=4, ge=1, description="Steps at the start that are always computed")
    max_reused: int = Field(default=2, ge=1, description="Steps in a row that may reuse one computed step")


class SpeedOptions(RunOptions):
    """How the motion transformer is run; the defaults change nothing."""

    cache: CacheOptions | None = Field(default=None, description="The residual cache over steps; empty: none")
