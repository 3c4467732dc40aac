"""Diffusion DPO: the code subtracts winner/loser differences, the paper policy/reference differences; asked whether it is
the same. Source: https://github.com/huggingface/diffusers/issues/6702"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, beta = 4, 5, 3.0
    w = tf.Variable(0.5 * f(d, d), name="unet")
    w_ref = tf.constant(0.5 * f(d, d))

    def reference(batch):
        total = 0.0
        for i in range(n):
            win = tf.reduce_mean((batch["xw"][i:i + 1] @ w - batch["ew"][i]) ** 2)
            win_ref = tf.reduce_mean((batch["xw"][i:i + 1] @ w_ref - batch["ew"][i]) ** 2)
            lose = tf.reduce_mean((batch["xl"][i:i + 1] @ w - batch["el"][i]) ** 2)
            lose_ref = tf.reduce_mean((batch["xl"][i:i + 1] @ w_ref - batch["el"][i]) ** 2)
            total -= tf.math.log_sigmoid(-0.5 * beta * ((win - win_ref) - (lose - lose_ref)))
        return total / n

    def candidate(batch):
        x = tf.concat([batch["xw"], batch["xl"]], axis=0)
        noise = tf.concat([batch["ew"], batch["el"]], axis=0)

        def losses(kernel):
            per = tf.reduce_mean(tf.square(tf.matmul(x, kernel) - noise), axis=1)
            return tf.split(per, 2)

        model_losses_w, model_losses_l = losses(w)
        ref_losses_w, ref_losses_l = losses(w_ref)
        model_diff = model_losses_w - model_losses_l
        ref_diff = ref_losses_w - ref_losses_l
        inside_term = -0.5 * beta * (model_diff - ref_diff)
        return tf.reduce_mean(tf.nn.softplus(-inside_term))

    return {"reference": reference, "candidate": candidate,
            "batch": {"xw": f(n, d), "xl": f(n, d), "ew": f(n, d), "el": f(n, d)}, "variables": [w]}
