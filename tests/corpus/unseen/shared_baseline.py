"""POMO-style shared baseline: the reward is averaged over everything; a reviewer says the mean
must be taken over the starts of each instance only.
Source: https://github.com/ai4co/rl4co/pull/99"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'baseline = tf.reduce_mean(reward, keepdims=True)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    bsz, starts, steps, dim, nodes = 3, 4, 5, 4, 6
    w_q = tf.Variable((rng.standard_normal((dim, dim)) * 0.6).astype(fx), name="w_q")
    w_k = tf.Variable((rng.standard_normal((dim, dim)) * 0.6).astype(fx), name="w_k")

    def reference(batch):
        loss = tf.zeros((), fx)
        for i in range(bsz):
            keys = tf.matmul(batch["nodes"][i], w_k)
            avg = tf.reduce_sum(batch["reward"][i]) / starts
            for s in range(starts):
                logp = tf.nn.log_softmax(tf.matmul(tf.matmul(batch["context"][i, s], w_q), keys, transpose_b=True) / dim ** 0.5)
                taken = tf.gather(logp, batch["actions"][i, s], batch_dims=1)
                ll = tf.reduce_sum(taken * batch["step_mask"][i, s])
                loss -= (batch["reward"][i, s] - avg) * ll
        return loss / (bsz * starts)

    def candidate(batch):
        query = tf.einsum("bstd,de->bste", batch["context"], w_q)
        key = tf.einsum("bnd,de->bne", batch["nodes"], w_k)
        compat = tf.einsum("bste,bne->bstn", query, key) / dim ** 0.5
        logp = tf.nn.log_softmax(compat, axis=-1)
        picked = tf.gather(logp, batch["actions"], batch_dims=3)
        log_likelihood = tf.reduce_sum(picked * batch["step_mask"], axis=-1)
        reward = batch["reward"]
        baseline = tf.reduce_mean(reward, keepdims=True)
        advantage = tf.stop_gradient(reward - baseline)
        return -tf.reduce_mean(advantage * log_likelihood)

    lens = rng.integers(3, steps + 1, (bsz, starts))
    return {"reference": reference, "candidate": candidate,
            "batch": {"nodes": rng.standard_normal((bsz, nodes, dim)).astype(fx),
                      "context": rng.standard_normal((bsz, starts, steps, dim)).astype(fx),
                      "actions": rng.integers(0, nodes, (bsz, starts, steps)).astype("int32"),
                      "step_mask": (np.arange(steps) < lens[..., None]).astype(fx),
                      "reward": (rng.standard_normal((bsz, starts)) + np.array([[-4.0], [0.0], [3.0]])).astype(fx)},
            "variables": [w_q, w_k]}
