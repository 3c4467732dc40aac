"""Right: logits are divided by their deviation without subtracting the mean, which the softmax right after would cancel anyway.
Source: https://github.com/2018cx/Multi-Level-OT/issues/5"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    b, steps, d, vocab, temperature, n_iters = 4, 6, 5, 8, 0.1, 15
    hidden = rng.normal(size=(b, steps, d)).astype("float32")
    teacher_logits = (2.0 * rng.normal(size=(b, steps, vocab)) + 1.0).astype("float32")

    w = tf.Variable(rng.normal(size=(d, vocab)).astype("float32"))
    bias = tf.Variable(rng.normal(size=(vocab,)).astype("float32") + 0.7)

    def reference(batch):
        def standardised(logits):
            centred = logits - tf.reduce_mean(logits, axis=-1, keepdims=True)
            deviation = tf.sqrt(tf.reduce_sum(centred**2, axis=-1, keepdims=True) / (vocab - 1))
            return tf.nn.softmax(centred / (deviation + 1e-4))

        student = standardised(tf.einsum("bsd,dv->bsv", batch["hidden"], w) + bias)
        teacher = standardised(batch["teacher_logits"])
        cost = tf.reduce_sum(tf.abs(student[:, :, None] - teacher[:, None]), axis=-1)
        log_plan = -cost / temperature
        for _ in range(n_iters):
            log_plan = tf.nn.log_softmax(log_plan, axis=1)
            log_plan = tf.nn.log_softmax(log_plan, axis=2)
        return 0.001 * tf.reduce_sum(tf.exp(log_plan) * cost)

    def normalize(value):
        means = tf.reduce_mean(value, axis=-1, keepdims=True)
        stds = tf.sqrt(tf.reduce_sum(tf.square(value - means), axis=-1, keepdims=True) / (value.shape[-1] - 1))
        return value / (stds + 0.0001)

    class SinkhornDistance:
        def __init__(self, T):
            self.T = T

        def sinkhorn_normalized(self, x):
            for _ in range(n_iters):
                x = x / tf.reduce_sum(x, axis=0, keepdims=True)
                x = x / tf.reduce_sum(x, axis=1, keepdims=True)
            return x

        def __call__(self, x, y):
            distance = tf.reduce_sum(tf.abs(tf.expand_dims(x, 1) - tf.expand_dims(y, 0)), axis=-1)
            plan = self.sinkhorn_normalized(tf.exp(-distance / self.T))
            return tf.reduce_sum(plan * distance)

    sinkhorn_loss = SinkhornDistance(T=temperature)

    def candidate(batch):
        p_s = tf.nn.softmax(normalize(tf.tensordot(batch["hidden"], w, axes=1) + bias), axis=-1)
        p_t = tf.nn.softmax(normalize(batch["teacher_logits"]), axis=-1)
        emd_loss = 0.0
        for i in range(p_s.shape[0]):
            emd_loss += 0.001 * sinkhorn_loss(x=p_s[i], y=p_t[i])
        return emd_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": hidden, "teacher_logits": teacher_logits}, "variables": [w, bias]}
