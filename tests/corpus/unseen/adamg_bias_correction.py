"""A learned initialization under AdamG: the bias correction takes "one minus" a second time.

Source (real): https://github.com/kozistr/pytorch_optimizer/pull/308 and issues/305 (PyTorch, ported with the optimizer unrolled).
Right answer: NOT equivalent. debias(beta, step) is already 1 - beta**step; the moments are divided by beta**step.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "update = (m / (1.0 - bias_correction1)) / (tf.sqrt(v / (1.0 - bias_correction2)) + eps)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, steps = 20, 4, 3
    p_num, q_num, eps, lr = 0.2, 0.24, 1e-6, 0.3
    beta1, beta2, beta3 = 0.95, 0.999, 0.95

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    init = tf.Variable(0.5 * arr(d), name="initial_weights")
    scale = tf.Variable(1.0 + 0.2 * arr(d), name="input_scale")
    batch = {"x": arr(n, d), "y": arr(n)}

    def residual(w, b):
        return tf.linalg.matvec(b["x"] * scale, w) - b["y"]

    def inner_grad(w, b):
        r = residual(w, b)
        return 2.0 * tf.linalg.matvec(b["x"] * scale, r, transpose_a=True) / r.shape[0]

    def reference(b):
        w = tf.convert_to_tensor(init)
        m = v = r = tf.zeros_like(w)
        for k in range(1, steps + 1):
            g = inner_grad(w, b)
            v = beta2 * v + (1 - beta2) * g**2
            r = beta3 * r + (1 - beta3) * p_num * v**q_num
            m = beta1 * m + (1 - beta1) * r * g
            m_hat = m / (1 - beta1**k)
            v_hat = v / (1 - beta2**k)
            w = w - min(lr, 1 / np.sqrt(k)) * m_hat / (tf.sqrt(v_hat) + eps)
        return tf.reduce_mean(residual(w, b) ** 2)

    def candidate(b):
        class AdamG:
            def __init__(self, param):
                self.state = {"step": 0, "m": tf.zeros_like(param), "v": tf.zeros_like(param), "r": tf.zeros_like(param)}

            @staticmethod
            def debias(beta, step):
                return 1.0 - beta**step

            @staticmethod
            def s(p):
                return p_num * tf.pow(p, q_num)

            def step(self, p, grad):
                state = self.state
                state["step"] += 1
                bias_correction1 = self.debias(beta1, state["step"])
                bias_correction2 = self.debias(beta2, state["step"])
                step_size = min(lr, 1.0 / np.sqrt(state["step"]))
                state["v"] = v = beta2 * state["v"] + (1.0 - beta2) * grad * grad
                state["r"] = r = beta3 * state["r"] + (1.0 - beta3) * self.s(v)
                state["m"] = m = beta1 * state["m"] + (1.0 - beta1) * r * grad
                update = (m / (1.0 - bias_correction1)) / (tf.sqrt(v / (1.0 - bias_correction2)) + eps)
                return p - step_size * update

        w = tf.convert_to_tensor(init)
        optimizer = AdamG(w)
        for _ in range(steps):
            w = optimizer.step(w, inner_grad(w, b))
        return tf.reduce_mean(tf.square(residual(w, b)))

    return {"variables": [init, scale], "batch": batch, "reference": reference, "candidate": candidate}
