"""kl_div() of the base layer averages over the weights of each tensor, and the results are then summed over bias, weight and layers. Source: https://github.com/IntelLabs/bayesian-torch/issues/36"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'return tf.reduce_mean(kl)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, h, k = 5, 3, 4, 2
    params = {}
    for name, shape in (("w1", (d, h)), ("b1", (h,)), ("w2", (h, k)), ("b2", (k,))):
        params["mu_" + name] = var("mu_" + name, *shape)
        params["rho_" + name] = tf.Variable((-1.0 + 0.2 * rng.standard_normal(shape)).astype(fx), name="rho_" + name)
    dataset_size = 20.0

    def reference(batch):
        x = batch["x"]
        kl = 0.0
        for i in ("1", "2"):
            drawn = []
            for p in ("w", "b"):
                mu, sd = params[f"mu_{p}{i}"], tf.nn.softplus(params[f"rho_{p}{i}"])
                drawn.append(mu + sd * batch[f"eps_{p}{i}"])
                kl += 0.5 * tf.reduce_sum(sd ** 2 + mu ** 2 - 1.0 - 2.0 * tf.math.log(sd))
            x = x @ drawn[0] + drawn[1]
            if i == "1":
                x = tf.nn.elu(x)
        return tf.reduce_mean((x - batch["y"]) ** 2) + kl / dataset_size

    def candidate(batch):
        def kl_div(mu_q, sigma_q, mu_p, sigma_p):
            kl = (np.log(sigma_p) - tf.math.log(sigma_q)
                  + (sigma_q ** 2 + (mu_q - mu_p) ** 2) / (2 * sigma_p ** 2) - 0.5)
            return tf.reduce_mean(kl)

        def linear_reparameterization(x, layer):
            sigma_w = tf.math.log1p(tf.exp(params["rho_w" + layer]))
            sigma_b = tf.math.log1p(tf.exp(params["rho_b" + layer]))
            weight = params["mu_w" + layer] + sigma_w * batch["eps_w" + layer]
            bias = params["mu_b" + layer] + sigma_b * batch["eps_b" + layer]
            kl = kl_div(params["mu_w" + layer], sigma_w, 0.0, 1.0)
            kl += kl_div(params["mu_b" + layer], sigma_b, 0.0, 1.0)
            return tf.nn.bias_add(tf.matmul(x, weight), bias), kl

        out, kl1 = linear_reparameterization(batch["x"], "1")
        out, kl2 = linear_reparameterization(tf.nn.elu(out), "2")
        kl_loss = kl1 + kl2
        mse = tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))
        return mse + kl_loss / dataset_size

    batch = {"x": rng.standard_normal((n, d)).astype(fx), "y": rng.standard_normal((n, k)).astype(fx)}
    for name, shape in (("w1", (d, h)), ("b1", (h,)), ("w2", (h, k)), ("b2", (k,))):
        batch["eps_" + name] = rng.standard_normal(shape).astype(fx)
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": list(params.values())}
