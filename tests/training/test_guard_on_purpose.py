"""Architectures and losses in which everything meets everything on purpose: the guard leaves them alone.

Each runs eagerly, as a function whose batch size is known, and as one whose batch size is not; with as many
samples as there are features, classes and steps, so that lengths do not tell them apart.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from support.manifest import LONG

N = 6
"""Samples, features, classes, steps: as alike as they can be."""

weight = tf.Variable(tf.ones((N, N)))
gain, bias = tf.Variable(tf.ones((N, 1))), tf.Variable(tf.ones(N))


def attention_mask(x):
    steps = tf.range(tf.shape(x)[1])
    causal = steps[:, None] >= steps
    real = x[:, :, 0] > -9.0
    both = tf.logical_and(real[:, None, :], real[:, :, None])
    scores = tf.matmul(x, x, transpose_b=True)
    return tf.nn.softmax(tf.where(tf.logical_and(causal, both), scores, -1e9))


def rbf_kernel(x):
    return tf.exp(-tf.reduce_sum(tf.square(x[:, None] - x[None, :]), axis=-1))


def rbf_kernel_of_a_line(x):
    line = x[:, 0, 0]
    rows = tf.expand_dims(line, 1)
    return tf.exp(-tf.square(rows - line))


def squared_distances(x):
    flat = tf.reshape(x, (-1, N * N))
    return (
        tf.reduce_sum(flat**2, 1, keepdims=True) - 2.0 * flat @ tf.transpose(flat) + tf.reduce_sum(flat**2, 1)
    )


def squared_distances_summed_first(x):
    flat = tf.reshape(x, (-1, N * N))
    rows = tf.reduce_sum(tf.square(flat), axis=1, keepdims=True)
    columns = tf.reduce_sum(tf.square(flat), axis=1)
    return rows + columns - 2.0 * tf.matmul(flat, flat, transpose_b=True)


def maximum_mean_discrepancy(x):
    one, other = x[:, 0], tf.sin(x[:, 1])
    a, b = tf.reduce_sum(one * one, 1, keepdims=True), tf.reduce_sum(other * other, 1)
    return tf.reduce_mean(tf.exp(-(a + b - 2.0 * one @ tf.transpose(other))))


def simclr(x):
    z = tf.math.l2_normalize(tf.reshape(x, (-1, N * N)), axis=1)
    logits = z @ tf.transpose(z) / 0.5
    numbers = tf.range(tf.shape(x)[0])
    return tf.where(numbers[:, None] == numbers[None], -1e9, logits)


def supervised_contrastive_mask(x):
    labels = tf.cast(x[:, 0, 0] > 0.0, tf.int32)
    column = tf.reshape(labels, (-1, 1))
    return tf.cast(tf.equal(column, tf.transpose(column)), tf.float32)


def triplet_mask(x):
    labels = tf.cast(x[:, 0, 0] > 0.0, tf.int32)
    same = tf.expand_dims(labels, 0) == tf.expand_dims(labels, 1)
    return tf.logical_and(tf.expand_dims(same, 2), tf.logical_not(tf.expand_dims(same, 1)))


def layer_norm(x):
    flat = x[:, 0]
    mean = tf.reduce_mean(flat, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(flat - mean), axis=-1, keepdims=True)
    return (flat - mean) * tf.math.rsqrt(variance + 1e-6) * bias + bias


def batch_norm(x):
    mean, variance = tf.nn.moments(x[:, 0], axes=[0], keepdims=True)
    own = tf.reduce_mean(x[:, 0], axis=0)
    return (x[:, 0] - mean) * tf.math.rsqrt(variance + 1e-3) - own


def bias_add(x):
    return x[:, 0] @ weight + bias + tf.squeeze(gain, 1)


def positional_encoding(x):
    places = tf.cast(tf.range(N)[:, None], tf.float32)
    rates = 1.0 / 10000.0 ** (tf.range(N, dtype=tf.float32) / N)
    return x + tf.sin(places * rates)


def relative_positions(x):
    places = tf.range(tf.shape(x)[1])
    return x + tf.cast(tf.abs(places[None, :] - places[:, None]), tf.float32)


def pairwise_ranking(x):
    scores = tf.reduce_sum(x[:, 0] * bias, axis=1, keepdims=True)
    return tf.reduce_mean(tf.nn.softplus(-(scores - tf.transpose(scores))))


def pairwise_ranking_by_squeezing(x):
    scores = tf.reduce_sum(x[:, 0] * bias, axis=1, keepdims=True)
    return tf.reduce_mean(tf.nn.softplus(tf.squeeze(scores, 1) - scores))


def one_hot_comparison(x):
    labels = tf.cast(x[:, 0, :1] > 0.0, tf.int32)
    return tf.cast(labels == tf.range(N), tf.float32)


def box_iou(x):
    a, b = x[:, 0, :4], tf.cos(x[:, 1, :4])
    low = tf.maximum(a[:, None, :2], b[None, :, :2])
    high = tf.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = tf.reduce_prod(tf.nn.relu(high - low), axis=-1)
    areas = [tf.reduce_prod(each[:, 2:] - each[:, :2], axis=-1) for each in (a, b)]
    return overlap / (areas[0][:, tf.newaxis] + areas[1][tf.newaxis, :] - overlap + 1.0)


def box_overlap_by_slices(x):
    a, b = x[:, 0, :4], tf.cos(x[:, 1, :4])
    width = tf.minimum(a[:, 2:3], b[:, 2]) - tf.maximum(a[:, 0:1], b[:, 0])
    return tf.maximum(width, 0.0)


def radial_basis_network(x):
    return tf.exp(-tf.square(x[:, 0, :1] - bias)) @ gain


def mixture_density(x):
    means, target = x[:, 0], x[:, 1, :1]
    return tf.reduce_logsumexp(-0.5 * tf.square(target - means), axis=1)


def dueling_q(x):
    value, advantage = tf.reduce_sum(x[:, 0], 1, keepdims=True), x[:, 1]
    return value + advantage - tf.reduce_mean(advantage, axis=1, keepdims=True)


def quantile_huber(x):
    target, quantiles = x[:, 0], x[:, 1]
    levels = (tf.range(N, dtype=tf.float32) + 0.5) / N
    error = target[:, None, :] - quantiles[:, :, None]
    return tf.abs(levels[:, None] - tf.cast(error < 0.0, tf.float32)) * error**2


def sequence_mask(x):
    lengths = tf.cast(tf.abs(x[:, 0, 0]), tf.int32) + 1
    mask = tf.sequence_mask(lengths, N, dtype=tf.float32)
    return tf.reduce_sum(mask[:, :, None] * x, axis=1) / tf.cast(lengths, tf.float32)[:, None]


def discount_matrix(x):
    steps = tf.range(tf.shape(x)[1], dtype=tf.float32)
    distance = steps[None, :] - steps[:, None]
    return tf.where(distance >= 0.0, 0.9**distance, 0.0) @ x


def low_rank_scale(x):
    return x[:, 0] * (gain * bias)


def squeeze_and_excite(x):
    gate = tf.sigmoid(tf.reduce_mean(x, axis=1, keepdims=True))
    return x * gate


def cosine_schedule(x):
    grid = tf.reshape(tf.linspace(0.0, 1.0, N), (N, 1))
    return x * tf.cos(grid * tf.linspace(1.0, 2.0, N))


def graph_attention(x):
    nodes = x[:, 0]
    left, right = nodes @ gain, nodes @ gain
    return tf.nn.leaky_relu(left + tf.transpose(right))


def graph_attention_by_einsum(x):
    nodes = x[:, :1, :]
    left = tf.einsum("NHI,IHO->NHO", nodes, gain[:, None])
    right = tf.einsum("ABC->CBA", tf.einsum("NHI,IHO->NHO", nodes, gain[:, None]))
    return tf.nn.leaky_relu(left + right)


def scores_of_all_by_einsum(x):
    nodes = x[:, 0]
    return tf.squeeze(nodes @ gain, 1) - tf.einsum("nf,fo->on", nodes, gain) * tf.einsum(
        "nf,fo->no", nodes, gain
    )


def layers_of_keras(x):
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x = keras.layers.GroupNormalization(2)(keras.layers.BatchNormalization()(x, training=True))
    return keras.layers.LSTM(3)(x)


MEANT = (
    attention_mask,
    rbf_kernel,
    rbf_kernel_of_a_line,
    squared_distances,
    squared_distances_summed_first,
    maximum_mean_discrepancy,
    simclr,
    supervised_contrastive_mask,
    triplet_mask,
    layer_norm,
    batch_norm,
    bias_add,
    positional_encoding,
    relative_positions,
    pairwise_ranking,
    pairwise_ranking_by_squeezing,
    one_hot_comparison,
    box_iou,
    box_overlap_by_slices,
    radial_basis_network,
    mixture_density,
    dueling_q,
    quantile_huber,
    sequence_mask,
    discount_matrix,
    low_rank_scale,
    squeeze_and_excite,
    cosine_schedule,
    graph_attention,
    graph_attention_by_einsum,
    scores_of_all_by_einsum,
)


def some_data():
    return tf.constant(np.random.default_rng(0).normal(size=(N, N, N)), tf.float32)


def eagerly(function):
    differentiated(function, some_data())


def traced(function):
    tf.function(lambda x: differentiated(function, x))(some_data())


def differentiated(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.cast(function(x), tf.float32))
    return tape.gradient(loss, x)


def traced_for_any_size(function):
    signature = [tf.TensorSpec((None, N, N))]
    tf.function(lambda x: differentiated(function, x), input_signature=signature)(some_data())


WAYS = [eagerly, traced, traced_for_any_size]
MEANT_IN_A_WAY = [
    pytest.param(function, way, id=f"{function.__name__}-{way.__name__}")
    for number, function in enumerate(MEANT)
    for way in (WAYS if LONG else [WAYS[number % 3]])
]


@pytest.mark.parametrize(("function", "way"), MEANT_IN_A_WAY)
def test_what_meets_on_purpose_is_left_alone(function, way):
    with gradcheck.guard(on="raise"):
        way(function)


def test_the_layers_of_keras_are_left_alone():
    with gradcheck.guard(on="raise"):
        layers_of_keras(some_data())


def by_accident(x):
    scores = tf.reduce_sum(x[:, 0] * bias, axis=1, keepdims=True)
    return scores - x[:, 1, 1]


def by_accident_after_an_einsum(x):
    scores = tf.einsum("nf,fo->no", x[:, 0], gain)  # its axes are where they were
    return scores - x[:, 1, 1]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("function", [by_accident, by_accident_after_an_einsum])
def test_the_twin_what_meets_by_accident_is_not(way, function):
    with gradcheck.guard(on="collect") as guard:
        way(function)
    assert [finding.span.text for finding in guard.findings] == ["scores - x[:, 1, 1]"]


def test_all_that_is_listed_here_is_listed_in_the_documentation():
    from support.project import ROOT

    page = " ".join((ROOT / "docs" / "guard.md").read_text().split())
    assert [each.__name__ for each in MEANT if each.__name__.replace("_", " ") not in page] == []
