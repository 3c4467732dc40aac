"""allRank's LambdaRank: powers of probabilities in predicted order, suspected of not being the formula of the paper.

Source (real): https://github.com/allegro/allRank/issues/19 (lambdaLoss, PyTorch, ported; answered: sigma in the paper is the growth rate
of the logistic function, so the code is right).
Right answer: EQUIVALENT; log2(p ** w) is -w log2(1 + exp(-sigma (si - sj))), and the mean is over the same pairs.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_SIGMA = 1.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, slate, d, hid = 13, 5, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="ranker_w1")
    w2 = tf.Variable(0.8 * arr(hid), name="ranker_w2")
    y_true = rng.integers(0, 4, (n, slate)).astype(f)
    y_true[:, 0], y_true[:, 1] = 3, 0
    batch = {"x": arr(n, slate, d), "y_true": y_true}

    def score(x):
        return tf.linalg.matvec(tf.tanh(x @ w1), w2)

    def reference(b):
        """Eq. 4 of the LambdaLoss paper with the LambdaRank weights."""
        total, pairs = 0.0, 0
        for x, y in zip(b["x"], b["y_true"].numpy()):
            s = score(x)
            place = np.argsort(np.argsort(-s.numpy())) + 1
            ideal = np.sum((2.0 ** np.sort(y)[::-1] - 1) / np.log2(np.arange(slate) + 2))
            for i in range(slate):
                for j in range(slate):
                    if y[i] > y[j]:
                        gain = abs(2.0 ** y[i] - 2.0 ** y[j]) / ideal
                        discount = abs(1 / np.log2(1 + place[i]) - 1 / np.log2(1 + place[j]))
                        total += gain * discount * tf.math.log1p(tf.exp(-_SIGMA * (s[i] - s[j]))) / np.log(2)
                        pairs += 1
        return total / pairs

    def candidate(b):
        eps = 1e-10

        def lambda_loss(y_pred, y_true):
            indices_pred = tf.argsort(y_pred, direction="DESCENDING")
            y_pred_sorted = tf.gather(y_pred, indices_pred, batch_dims=1)
            true_sorted_by_preds = tf.gather(y_true, indices_pred, batch_dims=1)
            y_true_sorted = tf.sort(y_true, direction="DESCENDING")
            true_diffs = true_sorted_by_preds[:, :, None] - true_sorted_by_preds[:, None, :]
            padded_pairs_mask = true_diffs > 0
            pos_idxs = tf.range(1, slate + 1, dtype=y_pred.dtype)
            D = (tf.math.log(1.0 + pos_idxs) / np.log(2.0))[None, :]
            maxDCGs = tf.reduce_sum((tf.pow(2.0, y_true_sorted) - 1) / D, axis=-1)
            G = (tf.pow(2.0, true_sorted_by_preds) - 1) / maxDCGs[:, None]
            weights = tf.abs(1 / D[:, :, None] - 1 / D[:, None, :]) * tf.abs(G[:, :, None] - G[:, None, :])
            scores_diffs = tf.clip_by_value(y_pred_sorted[:, :, None] - y_pred_sorted[:, None, :], -1e8, 1e8)
            weighted_probas = tf.maximum(tf.maximum(tf.sigmoid(_SIGMA * scores_diffs), eps) ** weights, eps)
            losses = tf.math.log(weighted_probas) / np.log(2.0)
            return -tf.reduce_mean(tf.boolean_mask(losses, padded_pairs_mask))

        return lambda_loss(score(b["x"]), b["y_true"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
