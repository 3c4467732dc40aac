"""Policy with masked actions: the entropy is exp(logp) * logp, which is 0 * -inf = NaN for an action that is masked out.

Source (real): https://github.com/huggingface/trl/pull/7263 (PyTorch, entropy_from_logits, ported; fixes issue 7221).
Right answer: NOT equivalent. An action of probability zero should add nothing; here loss and gradient are NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "chunk_entropy = -tf.reduce_sum(tf.exp(logps) * logps, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts, chunk_size, coef = 24, 6, 5, 8, 0.1

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, acts), name="lm_head")
    bias = tf.Variable(0.1 * arr(acts), name="lm_bias")
    allowed = rng.random((n, acts)) < 0.7
    allowed[np.arange(n), rng.integers(0, acts, n)] = True
    taken = np.array([rng.choice(np.flatnonzero(row)) for row in allowed])
    batch = {"hidden": arr(n, d), "allowed": allowed, "action": taken, "advantage": arr(n)}

    def reference(b):
        loss = 0.0
        for i in range(b["hidden"].shape[0]):
            keep = np.flatnonzero(b["allowed"][i].numpy())
            row = tf.gather((b["hidden"][i : i + 1] @ w + bias)[0], keep)
            p = tf.nn.softmax(row)
            entropy = tf.reduce_sum(p * (tf.reduce_logsumexp(row) - row))
            chosen = int(np.flatnonzero(keep == int(b["action"][i]))[0])
            loss -= b["advantage"][i] * tf.math.log(p[chosen]) + coef * entropy
        return loss / b["hidden"].shape[0]

    def candidate(b):
        def entropy_from_logits(logits):
            entropies = []
            for chunk in tf.split(logits, logits.shape[0] // chunk_size):
                logps = tf.nn.log_softmax(chunk, axis=-1)
                chunk_entropy = -tf.reduce_sum(tf.exp(logps) * logps, axis=-1)
                entropies.append(chunk_entropy)
            return tf.concat(entropies, 0)

        logits = tf.where(b["allowed"], b["hidden"] @ w + bias, -np.inf)
        per_token_logps = tf.gather(tf.nn.log_softmax(logits), b["action"], batch_dims=1)
        return -tf.reduce_mean(b["advantage"] * per_token_logps + coef * entropy_from_logits(logits))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
