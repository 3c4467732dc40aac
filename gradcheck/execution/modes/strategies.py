"""A formulation on several replicas, each with its share of the samples."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import CaseError, user_code
from gradcheck.execution.modes.subject import Subject, Taken, eagerly
from gradcheck.execution.ops.dense_gradients import dense
from gradcheck.execution.record.eagerly import compiled
from gradcheck.targets.batches import leaves, replace_leaves

REPLICAS = 2


def ask_for_devices(count: int = REPLICAS) -> None:
    """Split the processor into logical devices, where there are not enough GPUs. Before TensorFlow has started."""
    if len(tf.config.list_physical_devices("GPU")) >= count:
        return
    cpu = tf.config.list_physical_devices("CPU")[0]
    there = tf.config.get_logical_device_configuration(cpu) or ()
    if len(there) < count:
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)


@functools.cache
def mirrored(count: int = REPLICAS) -> Any:
    """Return the one strategy of this process: a second one may end it.

    Raises
    ------
    CaseError
        There are not enough devices: the user's file has said how many there are.
    """
    for kind in ("GPU", "CPU"):
        devices = [f"{kind}:{n}" for n in range(len(tf.config.list_logical_devices(kind)))]
        if len(devices) >= count:
            # Keys of the default reduction are shared within a process, and a second dtype under one ends it.
            one_device = tf.distribute.ReductionToOneDevice() if kind == "CPU" else None
            return tf.distribute.MirroredStrategy(devices[:count], cross_device_ops=one_device)
    raise CaseError(f"the file leaves TensorFlow fewer than {count} logical devices")


def on_replicas(subject: Subject, strategy: Any, rows: Sequence[Array]) -> list[Array | None]:
    """Take the gradient of the formulation on each replica, for its samples alone, and return their sum.

    Parameters
    ----------
    rows
        The numbers of the samples, by replica.
    """
    if subject.form == "step":
        raise CaseError("it is a training step, whose optimizer would apply gradients on the replicas")
    variables = subject.variables
    shares = [subject.rows(each) for each in rows]
    batch = _distributed(strategy, subject.batch(), shares)

    def replica(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = subject.scalar(subject.loss(**batch))
        gradients = tape.gradient(loss, variables)
        return [None if one is None else tf.convert_to_tensor(one) for one in gradients]

    @tf.function  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def step(batch: Any) -> Any:
        return strategy.run(replica, args=(batch,))

    with subject.at_rest(), compiled(), user_code("on the replicas, it raised:"):
        gradients = step(batch)
        added = [None if one is None else strategy.reduce("SUM", one, axis=None) for one in gradients]
    return [None if one is None else dense(one) for one in added]


def _distributed(strategy: Any, batch: Any, shares: Sequence[Any]) -> Any:
    """Return the batch with a value per replica in each place."""
    by_place = [dict(leaves(share)) for share in shares]

    def value(place: str) -> Any:
        return strategy.experimental_distribute_values_from_function(
            lambda context: by_place[context.replica_id_in_sync_group % len(by_place)][place]
        )

    return replace_leaves(batch, {place: value(place) for place, _ in leaves(batch)})


def halves(samples: int, first: int | None = None) -> list[Array]:
    """Return the numbers of the samples of two parts: of equal size, or `first` in the first of them."""
    cut = samples // 2 if first is None else first
    return [np.arange(cut), np.arange(cut, samples)]


def equal_parts(samples: int, count: int) -> list[Array]:
    """Return the numbers of the samples of `count` parts."""
    return list(np.array_split(np.arange(samples), count))


def share_of_this_worker(strategy: Any, rows: Sequence[Array]) -> Array:
    """Return the numbers of the samples of this process, one of several workers with one replica each."""
    own: Array = rows[strategy.cluster_resolver.task_id]
    return own


def has_gpu() -> bool:
    """Return whether there is a GPU."""
    return bool(tf.config.list_physical_devices("GPU"))


def with_tensor_float(subject: Subject) -> Taken:
    """Take the gradient with products of float32 in TF32, as GPUs compute them."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(True)
    try:
        return eagerly(subject)
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def multi_worker() -> Any:
    """Return the strategy of the processes that TF_CONFIG names. Before TensorFlow has started."""
    return tf.distribute.MultiWorkerMirroredStrategy()
