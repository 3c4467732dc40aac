"""Precipitation nowcasting (DGMR): the hinge loss of the generator is applied to the generated rain itself, not to the discriminators' scores of it.

Source (real): https://github.com/openclimatefix/skillful_nowcasting/issues/12 (PyTorch, ported; also in DeepMind's pseudocode train.txt).
Right answer: NOT equivalent; the mean makes the shapes fit, but the generator is told to rain as much as possible.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "generator_disc_loss = loss_hinge_gen(tf.concat(generated_sequence, axis=0))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, past, future, cells, hid = 13, 3, 4, 6, 5
    num_samples, grid_lambda = 2, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gen = tf.Variable(0.4 * arr(past, future), name="generator_w")
    noise_w = tf.Variable(0.4 * arr(future), name="noise_w")
    spatial = [tf.constant(0.7 * arr(cells, hid)), tf.constant(0.7 * arr(hid))]
    temporal = [tf.constant(0.5 * arr((past + future) * cells, hid)), tf.constant(0.7 * arr(hid))]
    batch = {
        "images": np.abs(arr(n, past, cells)),
        "future_images": np.abs(arr(n, future, cells)),
        "z": arr(n, num_samples, cells),
    }

    def generator(x, z):
        return tf.nn.softplus(tf.einsum("npc,pf->nfc", x, gen) + tf.einsum("nc,f->nfc", z, noise_w))

    def discriminator(seq):
        per_frame = tf.linalg.matvec(tf.tanh(seq @ spatial[0]), spatial[1])
        flat = tf.reshape(seq, [seq.shape[0], -1])
        joint = tf.linalg.matvec(tf.tanh(flat @ temporal[0]), temporal[1])
        return tf.stack([tf.reduce_sum(per_frame, 1), joint], 1)

    def reference(b):
        adv, mean_pred = 0.0, 0.0
        for s in range(num_samples):
            pred = generator(b["images"], b["z"][:, s])
            scores = discriminator(tf.concat([b["images"], pred], 1))
            adv -= tf.reduce_mean(scores) / num_samples
            mean_pred += pred / num_samples
        weight = tf.clip_by_value(b["future_images"], 0.5, 2.0)
        return adv + grid_lambda * tf.reduce_mean(tf.abs(mean_pred - b["future_images"]) * weight)

    def candidate(b):
        def loss_hinge_gen(score_generated):
            return -tf.reduce_mean(score_generated)

        def grid_cell_regularizer(generated_samples, batch_targets):
            gen_mean = tf.reduce_mean(generated_samples, axis=0)
            weights = tf.clip_by_value(batch_targets, 0.5, 2.0)
            return tf.reduce_mean(tf.abs(gen_mean - batch_targets) * weights)

        images, future_images = b["images"], b["future_images"]
        predictions = [generator(images, b["z"][:, s]) for s in range(num_samples)]
        grid_cell_reg = grid_cell_regularizer(tf.stack(predictions, axis=0), future_images)
        # concatenate along the time dimension
        generated_sequence = [tf.concat([images, x], axis=1) for x in predictions]
        generator_disc_loss = loss_hinge_gen(tf.concat(generated_sequence, axis=0))
        return generator_disc_loss + grid_lambda * grid_cell_reg

    return {"variables": [gen, noise_w], "batch": batch, "reference": reference, "candidate": candidate}
