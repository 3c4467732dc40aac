"""SkyRL's importance_sampling_loss was the only loss with a raw exp of the difference of log probabilities; the others clamp it
(safe_exp_delta). One token with a broken rollout log probability makes the ratio infinite.
Source: https://github.com/NovaSky-AI/SkyRL/pull/1261"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "ratio = tf.exp(log_probs - old_log_probs)",
    "same_forward_value": False,
}


def safe_exp_delta(delta, clip=20.0):
    return tf.exp(tf.clip_by_value(delta, -clip, clip))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, d, v = 14, 5, 6, 9
    embed = keras.Variable(rng.normal(size=(d, v)) * 0.4, dtype=f, name="unembed")
    tokens = rng.integers(0, v, size=(n, t)).astype("int32")
    old = rng.uniform(-3.0, -1.5, size=(n, t))
    old[4, 2] = -1e4
    adv = np.repeat(rng.normal(size=(n, 1)), t, axis=1)
    adv[4] = 1e-9
    mask = (rng.uniform(size=(n, t)) < 0.8).astype(f)
    mask[4, 2] = 1.0

    def reference(batch):
        logits = tf.einsum("ntd,dv->ntv", batch["hidden"], tf.convert_to_tensor(embed))
        logp = -tf.nn.sparse_softmax_cross_entropy_with_logits(batch["tokens"], logits)
        w = safe_exp_delta(logp - batch["old_log_probs"])
        seq = tf.reduce_sum(-w * batch["advantages"] * batch["loss_mask"], axis=1)
        return tf.reduce_sum(seq) / tf.reduce_sum(batch["loss_mask"])

    def candidate(batch):
        def masked_mean(x, m):
            return tf.reduce_sum(x * m) / tf.maximum(tf.reduce_sum(m), 1.0)

        flat = tf.matmul(tf.reshape(batch["hidden"], [-1, d]), embed)
        all_logp = flat - tf.reduce_logsumexp(flat, axis=-1, keepdims=True)
        picked = tf.gather(all_logp, tf.reshape(batch["tokens"], [-1]), batch_dims=1)
        log_probs = tf.reshape(picked, [n, t])
        old_log_probs = batch["old_log_probs"]
        ratio = tf.exp(log_probs - old_log_probs)
        loss = -(ratio * batch["advantages"])
        return masked_mean(loss, batch["loss_mask"])

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"hidden": rng.normal(size=(n, t, d)).astype(f), "tokens": tokens, "old_log_probs": old.astype(f),
                  "advantages": adv.astype(f), "loss_mask": mask},
        "variables": [embed],
    }
