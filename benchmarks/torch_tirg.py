"""TIRG with ResNet-18 in plain PyTorch: the other side of train_step.py.

The graph of `keras_cmr.models.ComposedRetriever`, layer by layer, as one
writes it in PyTorch. `copy_weights` gives it the weights of the Keras model,
so that `train_step.py` can show that both compute the same losses.

python -m benchmarks.torch_tirg '{"image_size": 64, ...}'   a worker
"""

import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks import measuring
from benchmarks import triplets


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    def __init__(self, dim_in, dim, stride, project):
        super().__init__()
        self.shortcut = None
        if project:
            self.shortcut = nn.Sequential(
                nn.Conv2d(dim_in, dim, 1, stride, bias=False),
                nn.BatchNorm2d(dim),
            )
        self.conv_1 = nn.Conv2d(dim_in, dim, 3, stride, 1, bias=False)
        self.norm_1 = nn.BatchNorm2d(dim)
        self.conv_2 = nn.Conv2d(dim, dim, 3, 1, 1, bias=False)
        self.norm_2 = nn.BatchNorm2d(dim)

    def forward(self, x):
        shortcut = x if self.shortcut is None else self.shortcut(x)
        x = functional.relu(self.norm_1(self.conv_1(x)), inplace=True)
        x = self.norm_2(self.conv_2(x))
        return functional.relu(x + shortcut, inplace=True)


class ResNet18(nn.Module):
    """7x7/2 stem, max pooling, two basic blocks a stage, average pooling."""

    def __init__(self, embedding_dim=512):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        blocks, dim_in = [], 64
        for stage, dim in enumerate((64, 128, 256, 512)):
            stride = 1 if stage == 0 else 2
            blocks.append(BasicBlock(dim_in, dim, stride, project=stage > 0))
            blocks.append(BasicBlock(dim, dim, 1, project=False))
            dim_in = dim
        self.blocks = nn.Sequential(*blocks)
        self.projection = nn.Linear(512, embedding_dim)

    def forward(self, pixels):
        x = pixels / 127.5 - 1.0
        return self.projection(self.blocks(self.stem(x)).mean((2, 3)))


class TextEncoder(nn.Module):
    """Word embeddings, an LSTM, its last real step, dropout, projection."""

    def __init__(self, num_words, dim=512, dropout=0.1):
        super().__init__()
        self.words = nn.Embedding(num_words, dim)
        self.lstm = nn.LSTM(dim, dim, batch_first=True)
        # PyTorch's LSTM has two biases that are only ever added up: one of
        # them stays at 0, so that both sides train equally many weights.
        self.lstm.bias_hh_l0.requires_grad_(False).zero_()
        self.dropout = nn.Dropout(dropout)
        self.projection = nn.Linear(dim, dim)

    def forward(self, tokens):
        steps, _ = self.lstm(self.words(tokens))
        last = (tokens != 0).sum(1) - 1
        x = steps[torch.arange(len(tokens)), last]
        return self.projection(self.dropout(x))


class TIRG(nn.Module):
    """`a0 * sigmoid(gate) * reference + a1 * residual`."""

    def __init__(self, dim=512):
        super().__init__()
        self.gate = nn.Sequential(
            nn.BatchNorm1d(2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim)
        )
        self.residual = nn.Sequential(
            nn.BatchNorm1d(2 * dim),
            nn.ReLU(),
            nn.Linear(2 * dim, 2 * dim),
            nn.ReLU(),
            nn.Linear(2 * dim, dim),
        )
        self.mix = nn.Parameter(torch.tensor([1.0, 10.0]))

    def forward(self, reference, text):
        joint = torch.cat([reference, text], 1)
        gate = torch.sigmoid(self.gate(joint))
        return self.mix[0] * gate * reference + self.mix[1] * self.residual(
            joint
        )


class Retriever(nn.Module):
    """The in-batch softmax loss of a batch of triplets."""

    def __init__(self, num_words, dropout=0.1):
        super().__init__()
        self.images = ResNet18()
        self.texts = TextEncoder(num_words, dropout=dropout)
        self.fusion = TIRG()
        self.scale = nn.Parameter(torch.tensor(4.0))

    def forward(self, reference, tokens, target):
        query = self.fusion(self.images(reference), self.texts(tokens))
        target = self.images(target)
        query = self.scale * functional.normalize(query)
        target = self.scale * functional.normalize(target)
        labels = torch.arange(len(query))
        return functional.cross_entropy(query @ target.T, labels)


def trained_parameters(model):
    return [p for p in model.parameters() if p.requires_grad]


def to_pixels(images, memory_format):
    """Float NCHW pixels of a uint8 NHWC array."""
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2)
    return pixels.to(torch.float32, memory_format=memory_format)


class Steps:
    """What a worker answers: see `measuring.serve`.

    Args:
        batch_size, image_size: int.
        layout: `"channels_last"` or `"contiguous_format"`.
        dropout: float. Of the text encoder.
        threads: int.
    """

    def __init__(self, batch_size, image_size, layout, dropout=0.1, threads=2):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.data = triplets.batch(batch_size, image_size)
        self.layout = getattr(torch, layout)
        model = Retriever(triplets.NUM_WORDS + 2, dropout=dropout)
        self.model = model.to(memory_format=self.layout).train()
        self.optimizer = torch.optim.SGD(
            trained_parameters(model), lr=1e-2, momentum=0.9
        )

    def step(self):
        reference, target = (
            to_pixels(self.data[name], self.layout)
            for name in ("reference", "target")
        )
        tokens = torch.from_numpy(self.data["modification"]).long()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.model(reference, tokens, target)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def run(self, steps):
        for _ in range(steps):
            self.step()

    def parameters(self):
        return sum(p.numel() for p in trained_parameters(self.model))

    def warm_up(self, steps):
        self.run(steps)

    def measure(self, steps):
        return measuring.timed(self.run, steps)

    def load(self, path):
        with np.load(path) as arrays:
            copy_weights(arrays, self.model)

    def losses(self, steps):
        """The loss of the batch before each of the next steps."""
        return [self.step() for _ in range(steps)]


@torch.no_grad()
def copy_weights(arrays, model):
    """Fills `model` from the weights of the Keras model.

    Args:
        arrays: dict from `keras_steps.named_weights`. Every one is used.
        model: `Retriever`.
    """
    left = dict(arrays)

    def fill(parameter, name, axes=None):
        array = torch.from_numpy(left.pop(name))
        parameter.copy_(array.permute(axes) if axes else array)

    def conv(module, name):
        fill(module.weight, f"{name}/kernel", (3, 2, 0, 1))

    def dense(module, name):
        fill(module.weight, f"{name}/kernel", (1, 0))
        fill(module.bias, f"{name}/bias")

    def norm(module, name):
        fill(module.weight, f"{name}/gamma")
        fill(module.bias, f"{name}/beta")

    conv(model.images.stem[0], "images/conv1_conv")
    norm(model.images.stem[1], "images/conv1_bn")
    for number, block in enumerate(model.images.blocks):
        name = f"images/stack{number // 2}_block{number % 2}"
        for i in (1, 2):
            conv(getattr(block, f"conv_{i}"), f"{name}_{i}_conv")
            norm(getattr(block, f"norm_{i}"), f"{name}_{i}_bn")
        if block.shortcut is not None:
            conv(block.shortcut[0], f"{name}_0_conv")
            norm(block.shortcut[1], f"{name}_0_bn")
    dense(model.images.projection, "images/projection")

    fill(model.texts.words.weight, "texts/words/embeddings")
    copy_lstm(model.texts.lstm, left)
    dense(model.texts.projection, "texts/projection")
    for branch in ("gate", "residual"):
        for i, module in enumerate(getattr(model.fusion, branch)):
            name = f"fusion/{branch}/{i}"
            if isinstance(module, nn.Linear):
                dense(module, name)
            elif isinstance(module, nn.BatchNorm1d):
                norm(module, name)
    fill(model.fusion.mix, "fusion/mix")
    fill(model.scale, "scale/scale")
    if left:
        raise ValueError(f"Weights without a place: {sorted(left)}")


def copy_lstm(lstm, arrays):
    """Gates have the order input, forget, cell, output on both sides."""
    for parameter, name in (
        (lstm.weight_ih_l0, "kernel"),
        (lstm.weight_hh_l0, "recurrent_kernel"),
        (lstm.bias_ih_l0, "bias"),
    ):
        array = torch.from_numpy(arrays.pop(f"texts/lstm/lstm_cell/{name}"))
        parameter.copy_(array.T if array.ndim == 2 else array)


if __name__ == "__main__":
    measuring.serve(Steps(**json.loads(sys.argv[1])))
