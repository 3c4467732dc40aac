"""Right: the backward root problem of the equilibrium layer needs no extra -x, since its vjp is already that of f(z) - z.
Source: https://github.com/locuslab/mdeq/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    b, d_in, d, classes = 6, 4, 5, 3
    x = rng.normal(size=(b, d_in)).astype("float32")
    y = rng.integers(0, classes, size=(b,)).astype("int32")

    recurrent = rng.normal(size=(d, d))
    recurrent *= 0.6 / np.linalg.norm(recurrent, 2)
    w = tf.Variable(recurrent.astype("float32"))
    u = tf.Variable(rng.normal(size=(d_in, d)).astype("float32") * 0.5)
    c = tf.Variable(rng.normal(size=(d,)).astype("float32") * 0.2)
    out = tf.Variable(rng.normal(size=(d, classes)).astype("float32"))

    def cell(z, injected, w, c):
        return tf.tanh(z @ w + injected + c)

    def reference(batch):
        # the same equilibrium by unrolling until it no longer moves
        z = tf.zeros((b, d))
        for _ in range(60):
            z = cell(z, batch["x"] @ u, w, c)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], z @ out)
        return tf.reduce_mean(nll)

    def find_root(g, start):
        """Picard steps: one routine for the forward and for the backward problem, both posed as g = 0."""
        root = start
        for _ in range(60):
            root = root + g(root)
        return root

    @tf.custom_gradient
    def deq(injected, w, c):
        z1 = find_root(lambda z: cell(z, injected, w, c) - z, tf.zeros((b, d)))

        def backward(grad):
            with tf.GradientTape(persistent=True) as tape:
                tape.watch([z1, injected, w, c])
                f = cell(z1, injected, w, c)
                y = f - z1

            def g(v):
                vjp = tape.gradient(y, z1, output_gradients=v)
                return vjp + grad

            dl_df_est = find_root(g, tf.zeros_like(grad))
            return tape.gradient(f, [injected, w, c], output_gradients=dl_df_est)

        return z1, backward

    def candidate(batch):
        z_star = deq(tf.matmul(batch["x"], u), tf.convert_to_tensor(w), tf.convert_to_tensor(c))
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return criterion(batch["y"], tf.matmul(z_star, out))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [w, u, c, out]}
