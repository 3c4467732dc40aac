"""The distillation loss is normalised by the tokens of each micro batch by itself, so that the sum over
micro batches is no global token mean. Source: https://github.com/verl-project/verl/issues/7200"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'denom = tf.reduce_sum(micro_mask)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, t, v, d, micro = 4, 5, 4, 3, 2
    h = normal(b, t, d)
    teacher = normal(b, t, v)
    lengths = np.array([5, 1, 3, 2])
    mask = (np.arange(t)[None] < lengths[:, None]).astype(fx)
    lm_head = var("lm_head", d, v)
    lm_bias = var("lm_bias", v)

    def reference(batch):
        logq = tf.nn.log_softmax(tf.einsum("btd,dv->btv", batch["h"], lm_head) + lm_bias)
        logp = tf.nn.log_softmax(batch["teacher"])
        kl = tf.reduce_sum(tf.exp(logp) * (logp - logq), axis=-1)
        return tf.reduce_sum(kl * batch["mask"]) / tf.reduce_sum(batch["mask"])

    def candidate(batch):
        total = 0.0
        response_mask = batch["mask"]
        for start in range(0, b, micro):
            stop = start + micro
            micro_mask = response_mask[start:stop]
            logits = tf.tensordot(batch["h"][start:stop], lm_head, 1) + lm_bias
            student_logp = tf.nn.log_softmax(logits, axis=-1)
            teacher_logp = tf.nn.log_softmax(batch["teacher"][start:stop], axis=-1)
            forward_kl = tf.reduce_sum(tf.exp(teacher_logp) * (teacher_logp - student_logp), axis=-1)
            denom = tf.reduce_sum(micro_mask)
            total += tf.reduce_sum(forward_kl * micro_mask) / denom
        return total

    return {"reference": reference, "candidate": candidate,
            "batch": {"h": h, "teacher": teacher, "mask": mask}, "variables": [lm_head, lm_bias]}
