"""The centre loss averages over the batch, its hand-written backward does so for the features only; the
centres' gradient is not divided by the batch size. Source: https://github.com/jxgu1016/MNIST_center_loss_pytorch/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'grad_centers = tf.math.unsorted_segment_sum(c_batch - f, batch["label"], k)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, e, k = 6, 4, 3, 3
    x_np = normal(n, d)
    label = np.array([0, 1, 2, 0, 0, 2], dtype="int32")
    w, centers = var("w", d, e), var("centers", k, e)

    def reference(batch):
        total = 0.0
        feats = batch["x"] @ w
        for i in range(n):
            gap = feats[i] - centers[int(batch["label"][i])]
            total += 0.5 * tf.reduce_sum(gap * gap)
        return total / n

    def candidate(batch):
        @tf.custom_gradient
        def center_loss(f, c):
            c_batch = tf.gather(c, batch["label"])

            def grad(upstream):
                grad_features = (f - c_batch) / n
                grad_centers = tf.math.unsorted_segment_sum(c_batch - f, batch["label"], k)
                return upstream * grad_features, upstream * grad_centers

            return tf.reduce_sum(tf.square(f - c_batch)) / 2.0 / n, grad

        return center_loss(tf.matmul(batch["x"], w), tf.convert_to_tensor(centers))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x_np, "label": label}, "variables": [w, centers]}
