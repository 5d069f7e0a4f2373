"""Classes and functions that a config names."""


def named(key, name, module):
    """`name` of `module`; an unknown one is a `ValueError` about `key`."""
    if name not in module.__all__:
        raise ValueError(
            f"`{key}` must name something of `{module.__name__}`. "
            f"Received: {key}={name!r}"
        )
    return getattr(module, name)
