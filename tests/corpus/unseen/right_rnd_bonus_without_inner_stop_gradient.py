"""Right: the RND bonus does not stop the gradient of the predictor, but it enters the policy loss only through a stopped advantage.

Source (real): https://github.com/openai/random-network-distillation/issues/11
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}
GAMMA_I = 0.9


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, n_act, k = 6, 5, 4, 3, 6

    def mat(*s):
        return rng.normal(0, 0.7, s).astype("float32")

    predictor = tf.Variable(mat(d, k), name="predictor")
    actor = tf.Variable(mat(d, n_act), name="actor")
    v_int = tf.Variable(mat(d, 1), name="v_int")
    fixed = mat(d, k)
    batch = {"obs": mat(n, t, d), "next_obs": mat(n, t, d), "act": rng.integers(0, n_act, (n, t)).astype("int32"),
             "adv_ext": mat(n, t), "keep": (rng.random((n, t)) < 0.6).astype("float32")}

    def returns(bonus):
        run, out = 0.0, []
        for i in reversed(range(t)):
            run = bonus[:, i] + GAMMA_I * run
            out.append(run)
        return tf.stack(out[::-1], axis=1)

    def reference(b):
        target = tf.stop_gradient(tf.nn.elu(b["next_obs"] @ fixed))
        guess = b["next_obs"] @ predictor
        bonus = tf.reduce_mean((target - tf.stop_gradient(guess)) ** 2, axis=-1)
        ret = returns(bonus)
        v = tf.squeeze(b["obs"] @ v_int, -1)
        adv = tf.stop_gradient(b["adv_ext"] + ret - v)
        logp = tf.gather(tf.nn.log_softmax(b["obs"] @ actor), b["act"], batch_dims=2)
        aux = tf.reduce_mean((target - guess) ** 2, axis=-1)
        aux = tf.reduce_sum(aux * b["keep"]) / tf.maximum(tf.reduce_sum(b["keep"]), 1.0)
        return -tf.reduce_mean(adv * logp) + 0.5 * tf.reduce_mean((v - ret) ** 2) + aux

    def candidate(b):
        X_r = tf.nn.elu(b["next_obs"] @ fixed)
        X_r_hat = b["next_obs"] @ predictor
        int_rew = tf.reduce_mean(tf.square(tf.stop_gradient(X_r) - X_r_hat), axis=-1)
        int_ret = tf.stop_gradient(returns(int_rew))
        value = (b["obs"] @ v_int)[..., 0]
        advantage = b["adv_ext"] + tf.stop_gradient(int_ret - value)
        neglogp = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["act"], logits=b["obs"] @ actor)
        aux_loss = tf.reduce_sum(int_rew * b["keep"]) / tf.maximum(tf.reduce_sum(b["keep"]), 1.0)
        return tf.reduce_mean(advantage * neglogp) + 0.5 * tf.reduce_mean(tf.square(int_ret - value)) + aux_loss

    return {"variables": [predictor, actor, v_int], "batch": batch, "reference": reference, "candidate": candidate}
