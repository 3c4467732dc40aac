"""DAM: KL and entropy losses between merged and individual models also counted padded tokens; the PR
computes the non-padded token count once and divides by it. Source: https://github.com/arcee-ai/DAM/pull/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = tf.reduce_sum(kl) / tf.cast(tf.size(kl), kl.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, D, V = 4, 6, 5, 7
    lens = np.array([6, 4, 3, 2])
    mask = (np.arange(T)[None] < lens[:, None]).astype("int32")
    coef = tf.Variable(rng.normal(1.0, 0.2, (2, D)).astype(fx), name="merge_coef")
    head = tf.Variable(rng.normal(0, 0.7, (D, V)).astype(fx), name="head")

    def reference(batch):
        temperature, lam = 2.0, 0.05
        keep = tf.cast(tf.reshape(batch["attention_mask"], [-1]), bool)
        x = tf.boolean_mask(tf.reshape(batch["hidden"], [-1, D]), keep)
        teacher = tf.boolean_mask(tf.reshape(batch["teacher_logits"], [-1, V]), keep)
        student = tf.matmul(x * coef[0] + tf.tanh(x) * coef[1], head)
        p = tf.nn.softmax(teacher / temperature)
        logq = tf.nn.log_softmax(student / temperature)
        per_token = tf.reduce_sum(p * (tf.math.log(p) - logq), axis=1)
        sim = tf.reduce_sum(coef[0] * coef[1]) / (tf.norm(coef[0]) * tf.norm(coef[1]))
        return tf.reduce_mean(per_token) * temperature ** 2 + lam * sim

    def candidate(batch):
        temperature, lam = 2.0, 0.05
        merged = batch["hidden"] * coef[0] + tf.tanh(batch["hidden"]) * coef[1]
        merged_logits = tf.einsum("btd,dv->btv", merged, head)
        mask = tf.cast(batch["attention_mask"], merged_logits.dtype)
        log_p = tf.nn.log_softmax(batch["teacher_logits"] / temperature, axis=-1)
        log_q = tf.nn.log_softmax(merged_logits / temperature, axis=-1)
        kl = tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), axis=-1) * mask
        kl_loss = tf.reduce_sum(kl) / tf.cast(tf.size(kl), kl.dtype)
        unit = tf.math.l2_normalize(coef, axis=1)
        similarity = tf.reduce_sum(unit[0] * unit[1])
        return kl_loss * temperature ** 2 + lam * similarity

    return {"reference": reference, "candidate": candidate,
            "batch": {"hidden": rng.normal(size=(B, T, D)).astype(fx),
                      "teacher_logits": rng.normal(0, 2, (B, T, V)).astype(fx), "attention_mask": mask},
            "variables": [coef, head]}
