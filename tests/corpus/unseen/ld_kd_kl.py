"""kd_loss of the localisation distillation averages the KL over the bins before the weighted average, so it is
(reg_max+1) times too small against the other terms. Source: https://github.com/HikariTJU/LD/issues/74"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl = tf.reduce_mean(soft * (tf.math.log(soft + 1e-12) - log_p), axis=1) * (T * T)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, bins, T = 5, 7, 6, 10.0
    tower = keras.layers.Dense(16, activation="relu", name="tower")
    reg = keras.layers.Dense(4 * bins, name="reg")
    tower.build((n, d))
    reg.build((n, 16))

    def reference(batch):
        corners = tf.reshape(reg(tower(batch["feat"])), (-1, bins))
        teacher = tf.reshape(batch["teacher"], (-1, bins))
        labels = tf.reshape(batch["label"], (-1,))
        weight = tf.repeat(batch["score"], 4)
        avg = tf.reduce_sum(weight)
        p = tf.nn.log_softmax(corners / T)
        q = tf.nn.softmax(teacher / T)
        divergence = tf.reduce_sum(q * (tf.nn.log_softmax(teacher / T) - p), axis=-1) * T ** 2
        dfl = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=corners)
        return 0.25 * tf.reduce_sum(dfl * weight) / avg + 0.25 * tf.reduce_sum(divergence * weight) / avg

    def candidate(batch):
        def weighted_loss(loss, weight, avg_factor):
            return tf.reduce_sum(loss * weight) / avg_factor

        def knowledge_distillation_kl_div_loss(pred, soft_label, weight, avg_factor):
            soft = tf.stop_gradient(tf.nn.softmax(soft_label / T, axis=1))
            log_p = tf.nn.log_softmax(pred / T, axis=1)
            kl = tf.reduce_mean(soft * (tf.math.log(soft + 1e-12) - log_p), axis=1) * (T * T)
            return weighted_loss(kl, weight, avg_factor)

        def distribution_focal_loss(pred, label, weight, avg_factor):
            one_hot = tf.one_hot(label, bins, dtype=pred.dtype)
            ce = tf.nn.softmax_cross_entropy_with_logits(one_hot, pred)
            return weighted_loss(ce, weight, avg_factor)

        out = reg(tower(batch["feat"]))
        pred_corners = tf.reshape(out, (-1, bins))
        soft_corners = tf.reshape(batch["teacher"], (-1, bins))
        target_corners = tf.reshape(batch["label"], (-1,))
        weight = tf.reshape(tf.tile(batch["score"][:, None], (1, 4)), (-1,))
        avg_factor = 4.0 * tf.reduce_sum(batch["score"])
        loss_dfl = distribution_focal_loss(pred_corners, target_corners, weight, avg_factor)
        loss_ld = knowledge_distillation_kl_div_loss(pred_corners, soft_corners, weight, avg_factor)
        return 0.25 * loss_dfl + 0.25 * loss_ld

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx),
                      "teacher": (12 * rng.normal(size=(n, 4 * bins))).astype(fx),
                      "label": rng.integers(0, bins, size=(n, 4)),
                      "score": rng.uniform(0.2, 1, size=n).astype(fx)},
            "variables": tower.trainable_variables + reg.trainable_variables}
