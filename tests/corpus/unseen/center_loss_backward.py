"""Center loss with a hand-written backward: the forward is averaged over the batch, the gradient of the features is not divided
by the batch size. Source: https://github.com/jxgu1016/MNIST_center_loss_pytorch/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return -upstream * diff, None, grad_centers",
    "same_forward_value": True,
}


def delta_rule(diff, label, centers):
    counts = tf.ones([centers.shape[0]])
    counts = tf.tensor_scatter_nd_add(counts, label[:, None], tf.ones(tf.shape(label)))
    grad_centers = tf.tensor_scatter_nd_add(tf.zeros_like(centers), label[:, None], diff)
    return grad_centers / counts[:, None]


@tf.custom_gradient
def center_loss_averaged(feature, label, centers):
    diff = tf.gather(centers, label) - feature
    m = tf.cast(tf.shape(feature)[0], tf.float32)
    value = tf.reduce_sum(diff ** 2) / 2.0 / m

    def grad(upstream):
        return -upstream * diff / m, None, delta_rule(diff, label, centers)

    return value, grad


@tf.custom_gradient
def center_loss_func(feature, label, centers):
    centers_batch = tf.gather(centers, label)
    loss = tf.reduce_sum((feature - centers_batch) ** 2) / 2.0 / tf.cast(tf.shape(feature)[0], tf.float32)

    def backward(upstream):
        diff = centers_batch - feature
        grad_centers = delta_rule(diff, label, centers)
        return -upstream * diff, None, grad_centers

    return loss, backward


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, classes, dim = 10, 4, 2
    x = rng.normal(size=(n, 6, 6, 1)).astype("float32")
    y = rng.integers(0, classes, size=n).astype("int32")
    body = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(4, 3, activation="relu"),
                             keras.layers.Flatten(), keras.layers.Dense(dim)])
    head = keras.layers.Dense(classes, use_bias=False)
    head.build((None, dim))
    centers = tf.Variable(rng.normal(size=(classes, dim)).astype("float32"), name="centers")
    loss_weight = 0.5

    def nll(feat, labels):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=head(feat)))

    def reference(batch):
        feat = body(batch["x"])
        c = tf.convert_to_tensor(centers)
        return nll(feat, batch["y"]) + loss_weight * center_loss_averaged(feat, batch["y"], c)

    def candidate(batch):
        feat = body(batch["x"])
        c = tf.convert_to_tensor(centers)
        return nll(feat, batch["y"]) + loss_weight * center_loss_func(feat, batch["y"], c)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": body.trainable_variables + head.trainable_variables + [centers]}
