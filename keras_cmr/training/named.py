"""Classes and functions that a config names."""


def named(key, name, module, names):
    """`name` of `module`; one that is not in `names` is a `ValueError`.

    Args:
        key: str. The config's key, for the error.
        name: str.
        module: Module that has them all.
        names: Sequence of str. Those that go.
    """
    if name not in names:
        raise ValueError(
            f"`{key}` must be one of {', '.join(sorted(names))}. "
            f"Received: {key}={name!r}"
        )
    return getattr(module, name)
