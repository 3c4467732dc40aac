"""RLOO: the vectorised G/(G-1) * (r - mean of the whole group) looks like GRPO's baseline, which contains the sample itself,
but is exactly the leave-one-out advantage.
Source: https://github.com/redai-studio/Relax/pull/205"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

GROUPS, G, T, D, V = 5, 4, 6, 7, 9
N = GROUPS * G


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = keras.Variable(rng.normal(size=(D, V)) * 0.4, dtype=f, name="policy")
    b = keras.Variable(rng.normal(size=V) * 0.1, dtype=f, name="policy_bias")
    lengths = rng.integers(2, T + 1, size=N)

    def reference(batch):
        logp = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["hidden"], tf.convert_to_tensor(w)) + b)
        total = tf.zeros([], f)
        for g in range(GROUPS):
            for i in range(G):
                me = g * G + i
                others = [batch["rewards"][g * G + j] for j in range(G) if j != i]
                advantage = batch["rewards"][me] - tf.add_n(others) / (G - 1)
                taken = tf.gather(logp[me], batch["tokens"][me], batch_dims=1)
                total -= advantage * tf.reduce_sum(taken * batch["mask"][me])
        return total / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        def compute_rloo_leave_one_out_rewards(rewards):
            grouped = tf.reshape(rewards, [GROUPS, G])
            centred = grouped - tf.reduce_mean(grouped, axis=1, keepdims=True)
            return tf.reshape(centred * (G / (G - 1)), [-1])

        def compute_rloo_loss(log_probs, advantages):
            return -(tf.stop_gradient(advantages) * log_probs)

        flat = tf.reshape(batch["hidden"], [N * T, D]) @ tf.convert_to_tensor(w) + b
        log_probs = -tf.reshape(tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.reshape(batch["tokens"], [-1]), flat), [N, T])
        adv = compute_rloo_leave_one_out_rewards(batch["rewards"])
        pg_loss = compute_rloo_loss(log_probs, adv[:, None])
        valid = tf.boolean_mask(pg_loss, batch["mask"] > 0)
        return tf.reduce_mean(valid)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"hidden": rng.normal(size=(N, T, D)).astype(f), "tokens": rng.integers(0, V, size=(N, T)).astype("int32"),
                  "mask": (np.arange(T)[None] < lengths[:, None]).astype(f), "rewards": rng.normal(size=N).astype(f)},
        "variables": [w, b],
    }
