"""StyleGAN3 phase "Dboth": the logits loss (n, 1) plus the R1 penalty (n,) is an (n, n) matrix.

Source (real): https://github.com/NVlabs/stylegan3/issues/171 (PyTorch, ported; reported as a bug that changes the weight of R1,
then the reporter saw that the mean makes it harmless).
Right answer: EQUIVALENT; the mean over (i, j) of a_i + r_j is mean(a) + mean(r).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_GAMMA = 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 14, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="D_hidden")
    w2 = tf.Variable(0.5 * arr(hid, 1), name="D_out")
    batch = {"real_img": arr(n, d), "gen_img": 0.5 * arr(n, d) - 0.3}

    def run_D(img):
        return tf.nn.softplus(img @ w1) @ w2

    def reference(b):
        total = 0.0
        m = b["real_img"].shape[0]
        for i in range(m):
            x = b["real_img"][i : i + 1]
            gate = tf.sigmoid(x @ w1)[0]
            grad = tf.linalg.matvec(w1, gate * w2[:, 0])
            total += tf.math.log1p(tf.exp(run_D(b["gen_img"][i : i + 1])[0, 0]))
            total += tf.math.log1p(tf.exp(-run_D(x)[0, 0]))
            total += 0.5 * _GAMMA * tf.tensordot(grad, grad, 1)
        return total / m

    def candidate(b):
        loss_Dgen = tf.nn.softplus(run_D(b["gen_img"]))
        real_img_tmp = tf.identity(b["real_img"])
        with tf.GradientTape() as tape:
            tape.watch(real_img_tmp)
            real_logits = run_D(real_img_tmp)
        r1_grads = tape.gradient(real_logits, real_img_tmp)
        loss_Dreal = tf.nn.softplus(-real_logits)
        r1_penalty = tf.reduce_sum(tf.square(r1_grads), axis=1)
        loss_Dr1 = r1_penalty * (_GAMMA / 2)
        return tf.reduce_mean(loss_Dgen) + tf.reduce_mean(loss_Dreal + loss_Dr1)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
