"""After a refactoring of how gradients are handled, the feature maps of the reconstructed network come
without gradient, so the feature distillation teaches the predictor nothing. Source: https://github.com/maorash/NeRN/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "student_maps.append(tf.stop_gradient(h))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, c, e = 4, 5, 3, 4
    pred1, pred2 = var("predictor_in", e, 8), var("predictor_out", 8, d)
    coords = rng.standard_normal((2 * d + c, e))
    batch = {"x": rng.standard_normal((n, d)).astype(fx), "coords": coords.astype(fx),
             "original": (0.6 * rng.standard_normal((2 * d + c, d))).astype(fx),
             "kd_weight": np.array(0.7, dtype=fx), "feat_weight": np.array(2.0, dtype=fx)}

    def predict_weights(coords):
        return tf.nn.elu(coords @ pred1) @ pred2

    def reference(batch):
        new, old = predict_weights(batch["coords"]), batch["original"]
        hs1, ht1 = tf.nn.relu(batch["x"] @ new[:d]), tf.nn.relu(batch["x"] @ old[:d])
        hs2, ht2 = tf.nn.relu(hs1 @ new[d:2 * d]), tf.nn.relu(ht1 @ old[d:2 * d])
        ls, lt = hs2 @ tf.transpose(new[2 * d:]), ht2 @ tf.transpose(old[2 * d:])
        feat = tf.reduce_mean(tf.square(hs1 - ht1)) + tf.reduce_mean(tf.square(hs2 - ht2))
        pt = tf.nn.softmax(lt)
        kd = tf.reduce_mean(tf.reduce_sum(pt * (tf.nn.log_softmax(lt) - tf.nn.log_softmax(ls)), axis=1))
        return tf.reduce_mean(tf.square(new - old)) + batch["kd_weight"] * kd + batch["feat_weight"] * feat

    def candidate(batch):
        student_maps, teacher_maps = [], []
        weights, original = predict_weights(batch["coords"]), batch["original"]
        h, g = batch["x"], batch["x"]
        for layer in range(2):
            rows = slice(layer * d, (layer + 1) * d)
            h = tf.nn.relu(tf.matmul(h, weights[rows]))
            g = tf.nn.relu(tf.matmul(g, original[rows]))
            student_maps.append(tf.stop_gradient(h))
            teacher_maps.append(tf.stop_gradient(g))
        logits = tf.matmul(h, weights[2 * d:], transpose_b=True)
        soft = tf.stop_gradient(tf.matmul(g, original[2 * d:], transpose_b=True))
        log_ratio = tf.nn.log_softmax(soft) - tf.nn.log_softmax(logits)
        kd = tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(soft) * log_ratio, axis=-1))
        feature_loss = tf.add_n([tf.reduce_mean((a - b) ** 2) for a, b in zip(student_maps, teacher_maps)])
        reconstruction = tf.reduce_mean((weights - original) ** 2)
        return reconstruction + batch["kd_weight"] * kd + batch["feat_weight"] * feature_loss

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [pred1, pred2]}
