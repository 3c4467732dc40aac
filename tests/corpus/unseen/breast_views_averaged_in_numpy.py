"""Multi-view classifier: the probabilities of the views are averaged in numpy, and the result is wrapped into a new tensor for the loss.

Source (real): https://github.com/nyukat/breast_cancer_classifier/issues/56 (training with run_model, pandas, numpy and PyTorch, ported).
Right answer: NOT equivalent (None). The new tensor does not know the model; requires_grad=True on it does not help, as the answer says.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "batch_predictions = {k: v[:, 1].numpy() for k, v in compute_batch_predictions(b).items()}",
    "same_forward_value": True,
}

_VIEWS = ("L-CC", "R-CC", "L-MLO", "R-MLO")
_LABELS = ("benign", "malignant")


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hidden = 19, 6, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    trunk = tf.Variable(0.5 * arr(d, hidden), name="trunk")
    heads = {k: tf.Variable(0.7 * arr(hidden, 2), name=f"{k}_head") for k in _LABELS}
    batch = {f"{v}": arr(n, d) for v in _VIEWS}
    batch["birads"] = rng.integers(0, 2, (n, 2)).astype(f)

    def reference(b):
        m = b["birads"].shape[0]
        total = 0.0
        for j, label in enumerate(_LABELS):
            mean = 0.0
            for view in _VIEWS:
                logits = tf.nn.relu(b[view] @ trunk) @ heads[label]
                mean += tf.sigmoid(logits[:, 1] - logits[:, 0]) / len(_VIEWS)
            y = b["birads"][:, j]
            total -= tf.reduce_sum(y * tf.math.log(mean) + (1 - y) * tf.math.log(1 - mean))
        return total / (2 * m)

    def candidate(b):
        def compute_batch_predictions(images):
            result = {}
            for view in _VIEWS:
                h = tf.nn.relu(images[view] @ trunk)
                for label in _LABELS:
                    result[label, view] = tf.nn.softmax(h @ heads[label], axis=1)
            return result

        batch_predictions = {k: v[:, 1].numpy() for k, v in compute_batch_predictions(b).items()}
        columns = []
        for label in _LABELS:
            views = np.stack([batch_predictions[label, view] for view in _VIEWS], axis=-1)
            columns.append(views.mean(axis=-1))
        predictions = tf.convert_to_tensor(np.stack(columns, axis=-1))
        gt = b["birads"]
        bce = -(gt * tf.math.log(predictions) + (1.0 - gt) * tf.math.log(1.0 - predictions))
        return tf.reduce_mean(bce)

    variables = [trunk, *heads.values()]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
