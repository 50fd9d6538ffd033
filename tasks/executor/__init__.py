"""Executors: the same contract in this process and over pools of warm Ray actors."""

from tasks.executor.contract import Executor
from tasks.executor.opening import open_executor, ray_session

__all__ = ["Executor", "open_executor", "ray_session"]
