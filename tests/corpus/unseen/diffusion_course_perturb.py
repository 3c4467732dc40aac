"""How-Diffusion-Models-Work, lesson 2: perturb_input adds (1 - ab_t) * noise where the DDPM paper has sqrt(1 - ab_t) * noise. Source: https://github.com/Ryota-Kawamura/How-Diffusion-Models-Work/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.sqrt(a) * x + (1.0 - a) * noise",
    "same_forward_value": False,
}


class ContextUnet(tf.keras.Model):
    def __init__(self, feat=6, n_cfeat=5, channels=3):
        super().__init__()
        self.init_conv = tf.keras.layers.Conv2D(feat, 3, padding="same", activation="gelu")
        self.time_embed = tf.keras.layers.Dense(feat)
        self.context_embed = tf.keras.layers.Dense(feat, use_bias=False)
        self.out = tf.keras.layers.Conv2D(channels, 3, padding="same")

    def call(self, x, t, c):
        h = self.init_conv(x)
        cemb = self.context_embed(c)[:, None, None, :]
        temb = self.time_embed(t[:, None])[:, None, None, :]
        return self.out(tf.nn.gelu(cemb * h + temb))


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, height, timesteps = 4, 6, 50
    beta1, beta2 = 1e-4, 0.05
    b_t = (beta2 - beta1) * np.linspace(0, 1, timesteps + 1) + beta1
    ab_t = np.exp(np.cumsum(np.log(1 - b_t))).astype(np.float32)
    ab_t[0] = 1.0
    ab_t = tf.constant(ab_t)
    nn_model = ContextUnet()

    def perturb_input(x, t, noise):
        a = tf.gather(ab_t, t)[:, None, None, None]
        return tf.sqrt(a) * x + (1.0 - a) * noise

    def train_loss(batch, x_pert):
        pred_noise = nn_model(x_pert, tf.cast(batch["t"], tf.float32) / timesteps, batch["c"] * batch["context_mask"][:, None])
        return tf.reduce_mean(tf.square(pred_noise - batch["noise"]))

    def reference(batch):
        a = tf.reshape(tf.gather(ab_t, batch["t"]), [-1, 1, 1, 1])
        return train_loss(batch, a ** 0.5 * batch["x"] + (1.0 - a) ** 0.5 * batch["noise"])

    def candidate(batch):
        return train_loss(batch, perturb_input(batch["x"], batch["t"], batch["noise"]))

    batch = {
        "x": rng.uniform(-1, 1, size=(n, height, height, 3)).astype(np.float32),
        "noise": rng.normal(size=(n, height, height, 3)).astype(np.float32),
        "t": rng.integers(5, timesteps + 1, size=n).astype(np.int32),
        "c": np.eye(5, dtype=np.float32)[rng.integers(0, 5, size=n)],
        "context_mask": (rng.uniform(size=n) > 0.1).astype(np.float32),
    }
    nn_model(batch["x"], batch["t"].astype(np.float32), batch["c"])
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": nn_model.trainable_variables}
