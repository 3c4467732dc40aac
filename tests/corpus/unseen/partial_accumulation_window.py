"""ms-swift divides each micro-batch loss by the configured number of accumulation steps, also in the last window of an
epoch, which has fewer micro-batches; the gradient comes out too small.
Source: https://github.com/modelscope/ms-swift/pull/10084"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss / self.args.gradient_accumulation_steps",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, classes = 20, 6, 4
    w = keras.Variable((0.5 * rng.standard_normal((feat, classes))).astype(f), name="w")
    b = keras.Variable((0.1 * rng.standard_normal(classes)).astype(f), name="b")
    batch = {"x": rng.standard_normal((n, feat)).astype(f), "labels": rng.integers(0, classes, n).astype("int32")}

    def reference(batch):
        z = batch["x"] @ w + b
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=z))

    def candidate(batch):
        class Args:
            gradient_accumulation_steps = 4
            per_device_train_batch_size = 10

        class Trainer:
            def __init__(self, args):
                self.args = args

            def micro_batches(self, inputs):
                size = self.args.per_device_train_batch_size
                for s in range(0, inputs["x"].shape[0], size):
                    yield {key: val[s:s + size] for key, val in inputs.items()}

            def compute_loss(self, inputs):
                logp = tf.nn.log_softmax(tf.matmul(inputs["x"], w) + b)
                loss = -tf.reduce_mean(tf.gather(logp, inputs["labels"], axis=1, batch_dims=1))
                loss = loss / self.args.gradient_accumulation_steps
                return loss

            def train_window(self, inputs):
                return tf.add_n([self.compute_loss(mb) for mb in self.micro_batches(inputs)])

        return Trainer(Args()).train_window(batch)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
