"""Ops that have no kernel for float64, written from their formulas so that they run in any precision.

A kernel takes the inputs of its op and the attributes by name, and returns the outputs. It stands in for
the op in float32 as well: that is how a wrong kernel is found out, since the tape's gradient is the op's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.attributes import flat_attributes

Kernel = Callable[[Sequence[Tensor], Mapping[str, Any]], list[Tensor]]


def float64_kernel(kind: str, inputs: Sequence[Tensor]) -> Kernel | None:
    """Return the kernel of the op `kind`, if it has one and needs it for these `inputs`."""
    if kind == "Conv2D":
        # Where channels come first this is asked of another axis: then the kernel is the op.
        # Slices, not elements: in a replay with something else in place, an input may have any rank.
        channels, taken = inputs[0].shape[-1:], inputs[1].shape[2:3]
        return grouped_convolution if channels != taken else None
    return _KERNELS.get(kind)


def attributes_by_name(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an op with its defaults filled in, as a kernel wants them."""
    flat = flat_attributes(kind, given, float64=False)
    return dict(zip(flat[::2], flat[1::2], strict=True))


def fused_batch_norm(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> list[Tensor]:
    """Normalise over all axes but the channels.

    Formula: Ioffe and Szegedy, "Batch Normalization" (2015), algorithm 1; the outputs, and Bessel's
    correction of the variance that is returned (not of the one that is divided by), are as documented
    for `tf.raw_ops.FusedBatchNormV3`. Its gradient takes the returned statistics as constants.
    """
    given, scale, offset, mean, variance = inputs
    x = tf.cast(given, scale.dtype)
    channels = _channels(x, attributes)
    axes = [axis for axis in range(x.shape.rank) if axis != channels]
    along = [-1 if axis == channels else 1 for axis in range(x.shape.rank)]
    used = returned = [tf.stop_gradient(mean), tf.stop_gradient(variance)]
    if attributes["is_training"]:
        mean = tf.reduce_mean(x, axes)
        used = [mean, tf.reduce_mean((x - tf.reshape(mean, along)) ** 2, axes)]
        returned = _statistics(returned, used, tf.size(x) / tf.size(scale), attributes)
    weight = scale * tf.math.rsqrt(used[1] + attributes["epsilon"])
    y = (x - tf.reshape(used[0], along)) * tf.reshape(weight, along) + tf.reshape(offset, along)
    return [tf.cast(y, given.dtype), *returned, *used, tf.zeros([0], scale.dtype)]


def _statistics(old: list[Any], batch: list[Any], count: Any, attributes: Mapping[str, Any]) -> list[Any]:
    """Return the mean and the variance that training returns: the batch's, or blended with the old ones."""
    count = tf.cast(count, batch[0].dtype)
    new = [tf.stop_gradient(batch[0]), tf.stop_gradient(batch[1]) * count / tf.maximum(count - 1, 1)]
    factor = attributes.get("exponential_avg_factor", 1.0)
    if factor == 1:
        return new
    return [(1 - factor) * before + factor * now for before, now in zip(old, new, strict=True)]


def grouped_convolution(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> list[Tensor]:
    """Convolve every group of channels with its own filters, as `tf.raw_ops.Conv2D` documents it.

    On CPUs the op has a gradient for groups in float32 only.
    """
    images, filters = inputs
    channels = _channels(images, attributes)
    groups = images.shape[channels] // filters.shape[2]
    convolve = functools.partial(tf.raw_ops.Conv2D, **_without_dtype(attributes))
    pairs = zip(tf.split(images, groups, channels), tf.split(filters, groups, -1), strict=True)
    return [tf.concat([convolve(input=image, filter=weights) for image, weights in pairs], channels)]


def _channels(images: Tensor, attributes: Mapping[str, Any]) -> int:
    """Return the axis of the channels."""
    first = tf.compat.as_bytes(attributes["data_format"]).startswith(b"NC")
    return 1 if first else images.shape.rank - 1


def _resize(kind: str) -> Kernel:
    """Return the kernel of an op that resizes images.

    All of them are linear in the image and act on rows and columns one after the other
    (`tf.raw_ops.ScaleAndTranslate`, `ResizeBilinear`, `ResizeBicubic`). So each is two matrices, and
    these are the op's own results for the columns of an identity matrix.
    """

    def resize(inputs: Sequence[Tensor], attributes: Mapping[str, Any]) -> list[Tensor]:
        images, size, *placement = inputs
        images = tf.cast(images, _at_least_float32(images.dtype))
        op = functools.partial(getattr(tf.raw_ops, kind), **_without_dtype(attributes))
        sides = []
        for axis in (0, 1):
            # A column is as wide as it was, and not moved.
            settings = zip(("scale", "translation"), placement, (1.0, 0.0), strict=False)
            along = {name: tf.stack([tf.cast(g[axis], tf.float32), other]) for name, g, other in settings}
            columns = tf.eye(images.shape[1 + axis])[:, :, None, None]
            made = op(images=columns, size=tf.stack([size[axis], 1]), **along)
            sides.append(tf.cast(tf.stop_gradient(made[:, :, 0, 0]), images.dtype))
        return [tf.einsum("iy,bijc,jx->byxc", sides[0], images, sides[1])]

    return resize


def _without_dtype(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name != "T"}


def _at_least_float32(dtype: Any) -> Any:
    return dtype if dtype in (tf.float32, tf.float64) else tf.float32


_KERNELS: dict[str, Kernel] = {
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), fused_batch_norm),
    **{kind: _resize(kind) for kind in ("ResizeBilinear", "ResizeBicubic", "ScaleAndTranslate")},
}
