"""The student prediction of a consistency trajectory loss is pushed through the EMA net under no_grad, like the target.

Source (real): https://github.com/Aaditya-Prasad/consistency-policy/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'pred = tf.stop_gradient(apply(ema, pred, b["s"], start))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 12, 4, 8
    delta, t_min = 0.1, 0.02
    init = [rng.normal(0, 0.4, (d + 2, h)), rng.normal(0, 0.1, (h,)), rng.normal(0, 0.4, (h, d))]
    student = [tf.Variable(a.astype("float32"), name=f"student_{k}") for k, a in zip(("w1", "b1", "w2"), init)]
    ema = [(a + 0.05 * rng.normal(0, 1, a.shape)).astype("float32") for a in init]
    s = rng.uniform(0.05, 0.3, n)
    u = s + rng.uniform(0.1, 0.3, n)
    batch = {
        "traj": rng.normal(0, 1, (n, d)).astype("float32"),
        "eps": rng.normal(0, 1, (n, d)).astype("float32"),
        "s": s.astype("float32"), "u": u.astype("float32"), "t": (u + 0.2).astype("float32"),
    }

    def apply(params, x, t, s):
        w1, b1, w2 = params
        t, s = t[:, None], s[:, None]
        out = tf.nn.silu(tf.concat([x, t, s], axis=1) @ w1 + b1) @ w2
        return s / t * x + (1.0 - s / t) * out

    def pseudo_huber(x, y):
        return tf.reduce_mean(tf.sqrt(tf.reduce_sum((x - y) ** 2, axis=1) + delta ** 2) - delta)

    def noisy(b, t):
        return b["traj"] + t[:, None] * b["eps"]

    def dsm(b):
        zero = tf.zeros_like(b["t"])
        return tf.reduce_mean((apply(student, noisy(b, b["t"]), b["t"], zero) - b["traj"]) ** 2)

    def reference(b):
        start = tf.fill(tf.shape(b["t"]), t_min)
        jump = apply(student, noisy(b, b["t"]), b["t"], b["s"])
        teacher = tf.stop_gradient(apply(ema, noisy(b, b["u"]), b["u"], b["s"]))
        at_start = apply(ema, jump, b["s"], start)
        teacher_at_start = tf.stop_gradient(apply(ema, teacher, b["s"], start))
        return pseudo_huber(at_start, teacher_at_start) + 0.3 * dsm(b)

    def candidate(b):
        pred = apply(student, noisy(b, b["t"]), b["t"], b["s"])                               # t -> s
        target = tf.stop_gradient(apply(ema, noisy(b, b["u"]), b["u"], b["s"]))               # u -> s
        start = t_min * tf.ones_like(b["t"])
        pred = tf.stop_gradient(apply(ema, pred, b["s"], start))
        target = tf.stop_gradient(apply(ema, target, b["s"], start))
        loss_ctm = pseudo_huber(pred, target)
        loss_dsm = dsm(b)
        return loss_ctm + 0.3 * loss_dsm

    return {"variables": student, "batch": batch, "reference": reference, "candidate": candidate}
