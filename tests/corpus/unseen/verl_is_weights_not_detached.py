"""Policy gradient with truncated importance weights pi / pi_rollout: the weights are not detached, so they are optimised too.

Source (real): https://github.com/verl-project/verl/pull/4105 (section 3 of the pull request, "Fix IS Weight Gradient Flow"; PyTorch).
Right answer: NOT equivalent; the loss has the same value.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "rollout_is_weights = tf.minimum(rollout_is_weights, rollout_is_threshold)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab, rollout_is_threshold = 16, 5, 6, 8, 2.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    emb = tf.Variable(0.5 * arr(vocab, d), name="embedding")
    head = tf.Variable(0.6 * arr(d, vocab), name="lm_head")
    lengths = rng.integers(2, t + 1, (n, 1))
    batch = {
        "prompts": rng.integers(0, vocab, (n, t)),
        "responses": rng.integers(0, vocab, (n, t)),
        "rollout_log_probs": (-np.log(vocab) + 0.5 * arr(n, t)).astype(f),
        "advantages": arr(n, t),
        "response_mask": (np.arange(t) < lengths).astype(f),
    }

    def log_probs(b):
        return tf.gather(tf.nn.log_softmax(tf.gather(emb, b["prompts"]) @ head), b["responses"], batch_dims=2)

    def reference(b):
        logp = log_probs(b)
        frozen = tf.stop_gradient(logp)
        coef = b["response_mask"] * b["advantages"] / tf.reduce_sum(b["response_mask"])
        loss = 0.0
        for i in range(logp.shape[0]):
            for j in range(logp.shape[1]):
                w = tf.minimum(tf.exp(frozen[i, j] - b["rollout_log_probs"][i, j]), rollout_is_threshold)
                loss -= w * coef[i, j] * logp[i, j]
        return loss

    def candidate(b):
        def compute_rollout_correction_weights(log_ratio, mask):
            rollout_is_weights = tf.exp(tf.clip_by_value(log_ratio, -20.0, 20.0)) * mask
            rollout_is_weights = tf.minimum(rollout_is_weights, rollout_is_threshold)
            return rollout_is_weights

        mask = b["response_mask"]
        log_prob = log_probs(b)
        weights = compute_rollout_correction_weights(log_prob - b["rollout_log_probs"], mask)
        pg_losses = -b["advantages"] * log_prob * weights
        return tf.reduce_sum(pg_losses * mask) / tf.reduce_sum(mask)

    return {"variables": [emb, head], "batch": batch, "reference": reference, "candidate": candidate}
