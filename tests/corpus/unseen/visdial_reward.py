"""Visual dialog REINFORCE: the reward comes from the feature regression net and is multiplied with the log-probability
without a detach. Source: https://github.com/batra-mlp-lab/visdial-rl/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "loss += -1.0 * log_prob[:, t] * (reward * mask[:, t])",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, T, V, h, d = 4, 5, 6, 3, 3
    dec = tf.Variable(rng.normal(size=(h, V)).astype(fx), name="decoder")
    reg = tf.Variable(rng.normal(size=(h, d)).astype(fx), name="regressor")

    def regress(state):
        return tf.tanh(state @ reg)

    def reference(batch):
        before = tf.reduce_sum((regress(batch["h_prev"]) - batch["img"]) ** 2, -1)
        after = tf.reduce_sum((regress(batch["h_last"]) - batch["img"]) ** 2, -1)
        r = tf.stop_gradient(before - after)
        logp = tf.nn.log_softmax(tf.einsum("nth,hv->ntv", batch["states"], dec))
        chosen = tf.gather(logp, batch["tokens"], axis=2, batch_dims=2)
        pg = -tf.reduce_sum(chosen * batch["mask"], 1) * r
        return tf.reduce_mean(pg) + tf.reduce_mean(after)

    def candidate(batch):
        mask = batch["mask"]
        prev_dist = tf.reduce_sum(tf.square(regress(batch["h_prev"]) - batch["img"]), axis=-1)
        curr_dist = tf.reduce_sum(tf.square(regress(batch["h_last"]) - batch["img"]), axis=-1)
        feature_loss = tf.reduce_mean(curr_dist)
        reward = prev_dist - curr_dist

        logits = tf.tensordot(batch["states"], dec, axes=1)
        one_hot = tf.one_hot(batch["tokens"], V, dtype=fx)
        log_prob = tf.reduce_sum(tf.nn.log_softmax(logits, axis=-1) * one_hot, axis=-1)
        loss = tf.zeros([n], dtype=fx)
        for t in range(T):
            loss += -1.0 * log_prob[:, t] * (reward * mask[:, t])
        return tf.reduce_mean(loss) + feature_loss

    f = lambda *s: rng.normal(size=s).astype(fx)
    lengths = np.array([5, 3, 4, 2])
    return {"reference": reference, "candidate": candidate,
            "batch": {"h_prev": f(n, h), "h_last": f(n, h), "img": f(n, d), "states": f(n, T, h),
                      "tokens": rng.integers(0, V, size=(n, T)).astype("int32"),
                      "mask": (np.arange(T)[None] < lengths[:, None]).astype(fx)},
            "variables": [dec, reg]}
