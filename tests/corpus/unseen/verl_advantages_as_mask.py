"""PPO for language models: the advantages are handed over as the response mask of the loss function.

Source (real): https://github.com/verl-project/verl/issues/2506 (dp_actor.py, PyTorch).
Right answer: NOT equivalent; the loss is a mean weighted with the advantages, over padding as well.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'response_mask=b["advantages"],',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab, eps = 18, 6, 5, 7, 0.2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    w = tf.Variable(0.7 * arr(d, vocab), name="lm_head")
    bias = tf.Variable(0.2 * arr(vocab), name="lm_bias")
    mask = (np.arange(t) < rng.integers(2, t + 1, (n, 1))).astype(f)
    batch = {
        "hidden": arr(n, t, d),
        "responses": rng.integers(0, vocab, (n, t)),
        "old_log_probs": (-np.log(vocab) + 0.3 * arr(n, t)).astype(f),
        "advantages": 0.6 + arr(n, t),
        "response_mask": mask,
    }

    def reference(b):
        count, loss = 0, 0.0
        for i in range(b["hidden"].shape[0]):
            for j in range(t):
                if b["response_mask"][i, j] == 0:
                    continue
                ce = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    b["responses"][i, j], tf.linalg.matvec(w, b["hidden"][i, j], transpose_a=True) + bias
                )
                r, a = tf.exp(-ce - b["old_log_probs"][i, j]), b["advantages"][i, j]
                loss -= tf.minimum(r * a, tf.clip_by_value(r, 1 - eps, 1 + eps) * a)
                count += 1
        return loss / count

    def compute_policy_loss(old_log_prob, log_prob, advantages, response_mask, cliprange):
        ratio = tf.exp(log_prob - old_log_prob)
        pg_losses1 = -advantages * ratio
        pg_losses2 = -advantages * tf.clip_by_value(ratio, 1 - cliprange, 1 + cliprange)
        pg_losses = tf.maximum(pg_losses1, pg_losses2)
        return tf.reduce_sum(pg_losses * response_mask) / tf.reduce_sum(response_mask)

    def candidate(b):
        log_prob = tf.gather(tf.nn.log_softmax(b["hidden"] @ w + bias), b["responses"], batch_dims=2)
        pg_loss = compute_policy_loss(
            old_log_prob=b["old_log_probs"],
            log_prob=log_prob,
            advantages=b["advantages"],
            response_mask=b["advantages"],
            cliprange=eps,
        )
        return pg_loss

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
