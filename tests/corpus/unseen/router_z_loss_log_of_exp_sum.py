"""The router z-loss takes log(sum(exp(.))) literally and overflows for one token with large logits.

Source (real): https://github.com/databricks/megablocks/pull/133
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'log_z = tf.math.log(tf.reduce_sum(tf.exp(expert_logits), axis=-1))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e = 12, 6, 4
    router = tf.Variable((0.8 * rng.normal(size=(d, e))).astype(np.float32), name="router")
    experts = tf.Variable((0.4 * rng.normal(size=(e, d, d))).astype(np.float32), name="experts")
    tokens = rng.normal(size=(n, d)).astype(np.float32)
    direction = router.numpy()[:, 0]
    tokens[3] = direction / np.sum(direction ** 2) * 110.0          # an outlier token: one logit at 110
    batch = {"tokens": tokens, "target": rng.normal(size=(n, d)).astype(np.float32)}
    z_coef, lb_coef = 1e-3, 1e-1

    def mixture(x, probs):
        top = tf.one_hot(tf.argmax(probs, -1), e) * probs
        y = tf.einsum("nd,edf->nef", tf.tanh(x), experts)
        return tf.reduce_sum(top[..., None] * y, axis=1)

    def balance(probs):
        tokens_per_expert = tf.reduce_mean(tf.one_hot(tf.argmax(probs, -1), e), 0)
        return e * tf.reduce_sum(tokens_per_expert * tf.reduce_mean(probs, 0))

    def reference(b):
        logits = b["tokens"] @ router
        probs = tf.nn.softmax(logits, -1)
        mse = tf.reduce_mean(tf.square(mixture(b["tokens"], probs) - b["target"]))
        z = tf.reduce_mean(tf.square(tf.reduce_logsumexp(logits, axis=-1)))
        return mse + lb_coef * balance(probs) + z_coef * z

    def candidate(b):
        expert_logits = tf.matmul(b["tokens"], router)
        scores = tf.nn.softmax(expert_logits, axis=-1)
        out = mixture(b["tokens"], scores)
        log_z = tf.math.log(tf.reduce_sum(tf.exp(expert_logits), axis=-1))
        zloss = tf.reduce_sum(log_z ** 2) / n
        lbl = balance(scores)
        return tf.reduce_mean((out - b["target"]) ** 2) + lb_coef * lbl + z_coef * zloss

    return {"variables": [router, experts], "batch": batch, "reference": reference, "candidate": candidate}
