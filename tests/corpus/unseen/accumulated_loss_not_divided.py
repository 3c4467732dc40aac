"""A training engine accumulates gradients over several iterations without dividing the loss by their number.
Source: https://github.com/fredzzhang/atlas/pull/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "state.loss = sum(loss_list)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, outs, steps = 18, 5, 3, 3
    w = keras.Variable((0.5 * rng.standard_normal((feat, outs))).astype(f), name="w")
    b = keras.Variable((0.1 * rng.standard_normal(outs)).astype(f), name="b")
    batch = {"x": rng.standard_normal((n, feat)).astype(f), "y": rng.integers(0, 2, (n, outs)).astype(f)}

    def reference(batch):
        z = tf.linalg.matmul(batch["x"], w) + b
        per = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["y"], logits=z), axis=1)
        return tf.reduce_sum(per) / n

    def candidate(batch):
        class State:
            loss = 0.0
            backward = 0.0

        class LearningEngine:
            def __init__(self, criterion, accumulate):
                self.criterion, self.accumulate = criterion, accumulate

            def forward_backward(self, state, x, y):
                loss_list = self.criterion(x, y)
                state.loss = sum(loss_list)
                state.backward += state.loss

            def __call__(self, x, y):
                state = State()
                for part_x, part_y in zip(tf.split(x, self.accumulate), tf.split(y, self.accumulate)):
                    self.forward_backward(state, part_x, part_y)
                return state.backward

        def criterion(x, y):
            out = x @ w + b
            return [tf.reduce_mean(tf.nn.softplus(out[:, c]) - y[:, c] * out[:, c]) for c in range(outs)]

        return LearningEngine(criterion, accumulate=steps)(batch["x"], batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
